package dev.millrace.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.Context;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineSettings;
import dev.millrace.engine.Send;
import dev.millrace.engine.Sent;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.protocol.Message;
import dev.millrace.testkit.ModelServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TitlesTest {
    private final ModelServer model = new ModelServer();
    private final ModelServer namer = new ModelServer();
    private final List<String> counted = new CopyOnWriteArrayList<>();
    private Engine engine;

    /** What is told of the model that names. */
    private final class Counting implements ModelObserver {
        @Override
        public void asked(
                String asked, ModelFailure.@Nullable Kind failure, @Nullable Duration firstWord, Duration whole) {
            if (asked.equals("cheap")) {
                counted.add((failure == null ? "asked" : failure.name()) + (firstWord == null ? "" : ", it spoke"));
            }
        }

        @Override
        public void used(String used, Tokens tokens, long costMicros) {
            if (used.equals("cheap")) {
                counted.add(tokens.input() + " in, " + tokens.output() + " out, " + costMicros);
            }
        }
    }

    @BeforeEach
    void start() throws Exception {
        model.then(call -> call.stream().words("Sure.").done())
                .then(call -> call.stream().words("Sure.").done());
        var agent = new ModelAgent(AgentConfig.of(ModelConfig.of(model.baseUrl(), null, "big"))
                .withTitles(ModelConfig.of(namer.baseUrl(), null, "cheap").withPrices(Prices.of(2, 3))));
        agent.observe(new Counting());
        engine = new Engine(new MemoryStore(), AgentCatalog.of("test", agent), EngineSettings.defaults());
        engine.start();
    }

    @AfterEach
    void close() {
        engine.close();
        model.close();
        namer.close();
    }

    private Sent chat(String title) {
        return engine.send(Send.chat("me", null, Message.user("m", "How do mills work? Tell me all."), title));
    }

    private String title(Sent sent) {
        return engine.context("me", sent.contextId()).map(Context::title).orElse("none");
    }

    private void ended(Sent sent) {
        await().atMost(Duration.ofSeconds(40))
                .until(() ->
                        engine.task("me", sent.taskId()).task().status().state().terminal());
    }

    @Test
    void a_chat_that_nobody_named_is_named_by_the_cheap_model_once() throws Exception {
        namer.then(call -> call.stream().words("\\\"How mills work.\\\"").done());
        Sent sent = chat("How do mills work? Tell…");
        await().atMost(Duration.ofSeconds(40)).until(() -> title(sent).equals("How mills work"));
        assertThat(Asked.json(namer.call()).path("model").stringValue()).isEqualTo("cheap");
        ended(sent);
        Sent next = engine.send(Send.next("me", Message.user("n", "Go on.").in(sent.contextId(), null)));
        ended(next);
        assertThat(namer.callsWaiting()).as("only the first message").isZero();
    }

    @Test
    void what_a_title_took_is_counted_also_when_the_turn_has_ended_by_then() throws Exception {
        var ended = new CountDownLatch(1);
        namer.then(call -> {
            call.stream().words("Mills");
            ended.await();
            call.end("stop", 100, 10);
        });
        Sent sent = chat("How do mills work? Tell…");
        ended(sent);
        assertThat(engine.chats().usage("me", sent.contextId()).inputTokens()).isEqualTo(1);
        ended.countDown();
        await().atMost(Duration.ofSeconds(40)).until(() -> title(sent).equals("Mills"));
        assertThat(engine.chats().usage("me", sent.contextId()).inputTokens()).isEqualTo(101);
        assertThat(engine.chats().usage("me", sent.contextId()).outputTokens()).isEqualTo(11);
        assertThat(counted).containsExactly("asked, it spoke", "100 in, 10 out, 230");
    }

    @Test
    void the_users_own_title_stays() {
        Sent sent = chat("Homework");
        ended(sent);
        assertThat(title(sent)).isEqualTo("Homework");
        assertThat(namer.callsWaiting()).isZero();
    }

    @Test
    void a_model_that_fails_leaves_the_first_words_and_the_turn_alone() throws Exception {
        var asked = new CountDownLatch(1);
        namer.then(call -> {
            call.error(500, "no", "x");
            asked.countDown();
        });
        Sent sent = chat("How do mills work? Tell…");
        asked.await();
        ended(sent);
        assertThat(engine.task("me", sent.taskId())
                        .task()
                        .artifacts()
                        .getFirst()
                        .text())
                .isEqualTo("Sure.");
        assertThat(title(sent)).isEqualTo("How do mills work? Tell…");
        await().atMost(Duration.ofSeconds(40)).until(() -> !counted.isEmpty());
        assertThat(counted).containsExactly("SERVER");
    }
}
