package dev.millrace.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.engine.Agent;
import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineSettings;
import dev.millrace.engine.Send;
import dev.millrace.engine.Sent;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TextPart;
import dev.millrace.testkit.ModelServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The agents in a real engine: what a reader of their tasks sees in the end. */
@Timeout(60)
class AgentsInEngineTest {
    private final ModelServer server = new ModelServer();
    private Engine engine;

    @AfterEach
    void close() {
        if (engine != null) {
            engine.close();
        }
        server.close();
    }

    @Test
    void an_echo_is_one_artifact() throws Exception {
        start(new EchoAgent());
        Task task = ended(send("hello big world"));
        assertThat(task.status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(task.artifacts()).hasSize(1);
        assertThat(text(task)).isEqualTo("Echo: hello big world");
    }

    @Test
    void a_model_remembers_the_conversation() throws Exception {
        server.then(call -> call.stream().words("Hello").words(" Ann").done())
                .then(call -> call.stream().words("Ann").done());
        start(new ModelAgent(ModelConfig.of(server.baseUrl(), null, "small")));
        Sent first = engine.send(Send.chat("me", null, Message.user("m1", "I am Ann"), null));
        assertThat(text(ended(first))).isEqualTo("Hello Ann");
        Sent second =
                engine.send(Send.next("me", Message.user("m2", "Who am I?").in(first.contextId(), null)));
        assertThat(text(ended(second))).isEqualTo("Ann");
        server.call();
        assertThat(Asked.json(server.call()).get("messages").values().stream()
                        .map(m -> m.get("content").stringValue()))
                .containsExactly("I am Ann", "Hello Ann", "Who am I?");
    }

    @Test
    void a_failed_model_fails_its_task_with_a_sentence() throws Exception {
        server.then(call -> call.error(401, "wrong", "x"));
        start(new ModelAgent(ModelConfig.of(server.baseUrl(), "sk", "small")));
        Task task = ended(send("hi"));
        assertThat(task.status().state()).isEqualTo(TaskState.FAILED);
        assertThat(task.status().message().text()).contains("does not accept the API key");
    }

    @Test
    void cancelling_a_task_closes_the_models_connection_before_its_first_word() throws Exception {
        var here = new CountDownLatch(1);
        var left = new CountDownLatch(1);
        server.then(call -> {
            here.countDown();
            call.awaitLeave();
            left.countDown();
        });
        start(new ModelAgent(ModelConfig.of(server.baseUrl(), null, "small")
                .with(new ModelConfig.Times(Duration.ofHours(1), Duration.ofHours(1), Duration.ofHours(1)))));
        Sent sent = send("hi");
        assertThat(here.await(20, TimeUnit.SECONDS)).isTrue();
        engine.cancel("me", sent.taskId());
        assertThat(left.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(ended(sent).status().state()).isEqualTo(TaskState.CANCELED);
    }

    @Test
    void a_cancel_between_two_tries_ends_the_wait_for_the_next() throws Exception {
        server.then(call -> call.error(503, "busy", "x"));
        start(new ModelAgent(
                ModelConfig.of(server.baseUrl(), null, "small").withRetry((failure, attempt) -> Duration.ofHours(1))));
        Sent sent = send("hi");
        await().atMost(Duration.ofSeconds(20))
                .until(() -> engine.task("me", sent.taskId()).task().status().message() != null);
        engine.cancel("me", sent.taskId());
        assertThat(ended(sent).status().state()).isEqualTo(TaskState.CANCELED);
        await().atMost(Duration.ofSeconds(20)).until(() -> engine.runningTurns() == 0);
    }

    @Test
    void a_cancel_ends_the_wait_for_a_connection_that_nobody_takes() throws Exception {
        try (var full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var taken = new Places(full)) {
            taken.fill();
            URI nobody = URI.create("http://127.0.0.1:" + full.getLocalPort() + "/v1");
            start(new ModelAgent(ModelConfig.of(nobody, null, "small")
                    .with(new ModelConfig.Times(Duration.ofHours(1), Duration.ofHours(1), Duration.ofHours(1)))));
            Sent sent = send("hi");
            await().atMost(Duration.ofSeconds(20)).until(() -> engine.runningTurns() == 1);
            engine.cancel("me", sent.taskId());
            assertThat(ended(sent).status().state()).isEqualTo(TaskState.CANCELED);
            await().atMost(Duration.ofSeconds(20)).until(() -> engine.runningTurns() == 0);
        }
    }

    /** Connections that a server has not taken: when there is no room for more, Linux answers no further one. */
    private record Places(ServerSocket server, List<SocketChannel> taken) implements AutoCloseable {
        Places(ServerSocket server) {
            this(server, new ArrayList<>());
        }

        void fill() throws IOException {
            for (int i = 0; i < 16; i++) {
                SocketChannel place = SocketChannel.open();
                place.configureBlocking(false);
                place.connect(server.getLocalSocketAddress());
                taken.add(place);
            }
        }

        @Override
        public void close() throws IOException {
            for (SocketChannel place : taken) {
                place.close();
            }
        }
    }

    @Test
    void a_second_try_leaves_only_its_own_words() throws Exception {
        server.then(call -> call.stream().words("I th"))
                .then(call -> call.stream().words("Good ").words("day").done());
        start(new ModelAgent(ModelConfig.of(server.baseUrl(), null, "small")
                .withRetry((failure, attempt) -> attempt == 1 ? Duration.ofMillis(1) : null)));
        assertThat(text(ended(send("hi")))).isEqualTo("Good day");
    }

    private void start(Agent agent) throws Exception {
        engine = new Engine(new MemoryStore(), AgentCatalog.of("test", agent), EngineSettings.defaults());
        engine.start();
    }

    private Sent send(String text) {
        return engine.send(Send.task("me", null, Message.user("m1", text)));
    }

    private Task ended(Sent sent) {
        await().atMost(Duration.ofSeconds(20))
                .until(() ->
                        engine.task("me", sent.taskId()).task().status().state().terminal());
        return engine.task("me", sent.taskId()).task();
    }

    private static String text(Task task) {
        return task.artifacts().stream()
                .map(Artifact::parts)
                .flatMap(List<Part>::stream)
                .map(part -> ((TextPart) part).text())
                .collect(Collectors.joining());
    }
}
