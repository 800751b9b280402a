package dev.millrace.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.AgentCatalog.Listing;
import dev.millrace.engine.Arrangement;
import dev.millrace.engine.Context;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineSettings;
import dev.millrace.engine.Send;
import dev.millrace.engine.Sent;
import dev.millrace.engine.Turn;
import dev.millrace.engine.store.sqlite.SqliteStore;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.testkit.ModelServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** An agent that sets others to work, in a real engine with a single place for turns. */
@Timeout(60)
class SubAgentsTest {
    private static final String ME = "me";

    @TempDir
    Path folder;

    private final ModelServer model = new ModelServer();
    private final Semaphore working = new Semaphore(0);
    private final Semaphore stopped = new Semaphore(0);
    private final Semaphore go = new Semaphore(0);
    private Engine engine;

    @BeforeEach
    void start() throws Exception {
        start(1);
    }

    private void start(int turns) throws Exception {
        var config = AgentConfig.of(ModelConfig.of(model.baseUrl(), null, "boss"))
                .withToolboxes(List.of(new SubAgents(List.of("helper"))));
        engine = new Engine(
                SqliteStore.open(folder),
                new AgentCatalog(List.of(
                        new Listing("boss", "sets others to work", new ModelAgent(config)),
                        new Listing("helper", "is set to work", this::help))),
                EngineSettings.defaults().withMaxTurns(turns));
        engine.start();
    }

    @AfterEach
    void stop() {
        engine.close();
        model.close();
    }

    private void help(Turn turn) throws InterruptedException {
        String task = turn.message().text();
        switch (task) {
            case "ask" -> turn.ask("Which one?");
            case "fail" -> throw new IllegalStateException("I can't.");
            case "hold" -> {
                working.release();
                try {
                    go.acquire();
                } catch (InterruptedException e) {
                    stopped.release();
                    throw e;
                }
                turn.say("held");
            }
            default -> {
                turn.used(10, 1, 100);
                turn.say("did " + task);
            }
        }
    }

    private Sent boss(String text) {
        return engine.send(Send.chat(ME, "boss", Message.user(engine.newId(), text), null));
    }

    private Task ended(Sent sent) {
        return await().atMost(Duration.ofSeconds(40))
                .until(
                        () -> engine.task(ME, sent.taskId()).task(),
                        task -> task.status().state().terminal());
    }

    private List<Context> parts(Sent sent) {
        return engine.chats().parts(ME, sent.contextId());
    }

    private static void spawn(ModelServer.Call call, String... tasks) throws Exception {
        call.stream();
        for (int i = 0; i < tasks.length; i++) {
            call.tool(i, "s" + i, "spawn", "{\"agent\":\"helper\",\"task\":\"" + tasks[i] + "\"}");
        }
        call.calls();
    }

    private static void tool(ModelServer.Call call, String name, String arguments) throws Exception {
        call.stream().tool(0, name + Asked.json(call).path("messages").size(), name, arguments);
        call.calls();
    }

    /** The result of the newest call, as the model is told it. */
    private static JsonNode told(ModelServer.Call call) {
        JsonNode messages = Asked.json(call).path("messages");
        return JsonMapper.shared()
                .readTree(messages.get(messages.size() - 1).path("content").stringValue());
    }

    private ModelServer.Call last(int calls) throws Exception {
        ModelServer.Call call = model.call();
        for (int i = 1; i < calls; i++) {
            call = model.call();
        }
        return call;
    }

    @Test
    void one_that_waits_lends_its_place_to_those_it_waits_for() throws Exception {
        model.then(call -> spawn(call, "one", "two"))
                .then(call -> tool(call, "wait", "{}"))
                .then(call -> call.stream().words("Both are done.").done());
        Sent sent = boss("do it");
        assertThat(ended(sent).status().state()).isEqualTo(TaskState.COMPLETED);
        JsonNode told = told(last(3));
        assertThat(told.values().stream().map(each -> each.path("says").asString()))
                .containsExactlyInAnyOrder("did one", "did two");
        assertThat(told.values()).allMatch(each -> each.path("state").asString().equals("done"));
        assertThat(parts(sent)).hasSize(2).allMatch(part -> part.agent().equals("helper"));
        assertThat(engine.chats().usage(ME, sent.contextId()).inputTokens()).isEqualTo(1);
        assertThat(engine.chats().usageOfTree(ME, sent.contextId()).inputTokens())
                .as("billed as one")
                .isEqualTo(21);
    }

    @Test
    void a_question_is_told_and_answered_and_a_failure_is_told() throws Exception {
        model.then(call -> spawn(call, "ask", "fail"))
                .then(call -> tool(call, "wait", "{}"))
                .then(call -> {
                    String asks = told(call).values().stream()
                            .filter(each -> each.path("state").asString().equals("asks"))
                            .findFirst()
                            .orElseThrow()
                            .path("chat")
                            .asString();
                    tool(call, "message", "{\"chat\":\"" + asks + "\",\"text\":\"this one\"}");
                })
                .then(call -> tool(call, "wait", "{}"))
                .then(call -> tool(call, "list", "{}"))
                .then(call -> call.stream().words("Well.").done());
        ended(boss("do it"));
        last(2);
        JsonNode first = told(model.call());
        assertThat(first.toString()).contains("Which one?").contains("\"error\":\"I can't.\"");
        model.call();
        JsonNode second = told(model.call());
        assertThat(second.toString()).contains("did this one");
        assertThat(told(model.call()).toString()).contains("\"state\":\"done\"", "\"state\":\"failed\"");
    }

    @Test
    void a_tree_is_interrupted_as_one() throws Exception {
        model.then(call -> spawn(call, "hold")).then(call -> tool(call, "wait", "{}"));
        Sent sent = boss("do it");
        assertThat(working.tryAcquire(40, TimeUnit.SECONDS)).isTrue();
        assertThat(engine.interrupt(ME, sent.contextId())).isTrue();
        assertThat(stopped.tryAcquire(40, TimeUnit.SECONDS)).isTrue();
        assertThat(ended(sent).status().state()).isEqualTo(TaskState.CANCELED);
        assertThat(engine.standing(ME, parts(sent).getFirst().id())
                        .orElseThrow()
                        .working())
                .isZero();
    }

    @Test
    void a_sub_agent_has_the_model_that_it_is_told_to_have() throws Exception {
        model.then(call -> tool(call, "spawn", "{\"task\":\"one\",\"model\":\"deep\"}"))
                .then(call -> tool(call, "wait", "{}"))
                .then(call -> call.stream().words("Done.").done());
        Sent sent = boss("do it");
        ended(sent);
        Message task = engine.chats()
                .messages(ME, parts(sent).getFirst().id(), null, null, 10)
                .messages()
                .getFirst()
                .message();
        assertThat(task.text()).isEqualTo("one");
        assertThat(Marks.asked(task, "model").stringValue()).isEqualTo("deep");
    }

    @Test
    void a_tree_is_archived_as_one() throws Exception {
        model.then(call -> spawn(call, "one"))
                .then(call -> tool(call, "wait", "{}"))
                .then(call -> call.stream().words("Done.").done());
        Sent sent = boss("do it");
        ended(sent);
        for (boolean archived : new boolean[] {true, false}) {
            engine.chats().arrange(ME, sent.contextId(), Arrangement.archived(archived));
            assertThat(parts(sent))
                    .singleElement()
                    .satisfies(part -> assertThat(part.shelf().archived()).isEqualTo(archived));
        }
    }

    @Test
    void a_sub_agent_is_interrupted_by_the_one_that_began_it() throws Exception {
        engine.close();
        start(2);
        model.then(call -> spawn(call, "hold"))
                .then(call -> {
                    assertThat(working.tryAcquire(40, TimeUnit.SECONDS)).isTrue();
                    tool(call, "wait", "{\"seconds\":0}");
                })
                .then(call -> {
                    String holds = told(call).values().stream()
                            .filter(each -> each.path("state").asString().equals("working"))
                            .findFirst()
                            .orElseThrow()
                            .path("chat")
                            .asString();
                    tool(call, "interrupt", "{\"chat\":\"" + holds + "\"}");
                })
                .then(call -> call.stream().words("Enough.").done());
        assertThat(ended(boss("do it")).status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(told(last(4)).path("state").asString()).isEqualTo("stopped");
    }

    @Test
    void a_wait_goes_on_after_a_restart_and_nothing_is_begun_twice() throws Exception {
        model.then(call -> spawn(call, "hold")).then(call -> tool(call, "wait", "{}"));
        Sent sent = boss("do it");
        assertThat(working.tryAcquire(40, TimeUnit.SECONDS)).isTrue();
        last(2);
        engine.close();
        model.then(call -> call.stream().words("There it is.").done());
        start();
        go.release();
        assertThat(ended(sent).status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(told(model.call()).get(0).path("says").asString()).isEqualTo("held");
        assertThat(parts(sent)).hasSize(1);
    }

    @Test
    void others_chats_are_none_of_its_business() throws Exception {
        Sent other = engine.send(Send.chat(ME, "helper", Message.user("x", "secret"), null));
        model.then(call -> tool(call, "wait", "{\"chats\":[\"" + other.contextId() + "\"]}"))
                .then(call -> call.stream().words("No.").done());
        ended(boss("look"));
        JsonNode messages = Asked.json(last(2)).path("messages");
        assertThat(messages.get(messages.size() - 1).path("content").asString()).contains("there is no sub-agent");
    }
}
