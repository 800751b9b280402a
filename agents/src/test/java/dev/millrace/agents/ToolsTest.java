package dev.millrace.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineSettings;
import dev.millrace.engine.RequestKey;
import dev.millrace.engine.Send;
import dev.millrace.engine.Sent;
import dev.millrace.engine.Standing;
import dev.millrace.engine.ToolResult;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.Role;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.testkit.ModelServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

@Timeout(60)
class ToolsTest {
    private final ModelServer server = new ModelServer();
    private final List<String> ran = new CopyOnWriteArrayList<>();
    private volatile String account = "";
    private AgentConfig.Limits limits = AgentConfig.Limits.DEFAULT;
    private Engine engine;
    private ModelAgent agent;

    @AfterEach
    void close() {
        if (engine != null) {
            engine.close();
            agent.close();
        }
        server.close();
    }

    @Test
    void tools_of_one_step_run_at_once_and_their_results_go_back_in_order() throws Exception {
        var meet = new CyclicBarrier(2);
        ScriptedTool.Does does = call -> {
            meet.await(20, TimeUnit.SECONDS);
            return text("for " + call.arguments().path("to").asString());
        };
        server.then(call -> {
                    call.stream().tool(0, "a", "one", "{\"to\":\"x\"}").tool(1, "b", "two", "{\"to\":\"y\"}");
                    call.calls();
                })
                .then(call -> call.stream().words("done").done());
        start(ScriptedTool.of("one", does), ScriptedTool.of("two", does));
        Task task = ended(send("go"));
        assertThat(task.status().state()).isEqualTo(TaskState.COMPLETED);
        server.call();
        assertThat(told(server.call())).containsExactly("user: go", "assistant: one two", "tool: for x", "tool: for y");
    }

    @Test
    void what_a_tool_throws_is_told_to_the_model_and_so_are_bad_calls() throws Exception {
        server.then(call -> {
                    call.stream()
                            .tool(0, "a", "bad", "{}")
                            .tool(1, "b", "nosuch", "{}")
                            .tool(2, "c", "bad", "not json")
                            .tool(3, "d", "deep", "");
                    call.calls();
                })
                .then(call -> call.stream().words("sorry").done());
        start(
                ScriptedTool.of("bad", call -> {
                    throw new IllegalStateException("out of grain");
                }),
                ScriptedTool.of("deep", call -> {
                    throw new StackOverflowError();
                }));
        ended(send("go"));
        server.call();
        assertThat(told(server.call()))
                .contains(
                        "tool: Error: out of grain",
                        "tool: Error: there is no tool nosuch; there are: bad, deep",
                        "tool: Error: the arguments are not a JSON object",
                        "tool: Error: it failed: StackOverflowError");
    }

    @Test
    void a_tool_that_takes_too_long_is_interrupted_and_the_model_goes_on() throws Exception {
        var interrupted = new CountDownLatch(1);
        server.then(call -> {
                    call.stream().tool(0, "a", "slow", "{}");
                    call.calls();
                })
                .then(call -> call.stream().words("never mind").done());
        start(ScriptedTool.of("slow", call -> {
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        interrupted.countDown();
                    }
                    return text("too late");
                })
                .within(Duration.ofMillis(50)));
        assertThat(ended(send("go")).status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(interrupted.await(20, TimeUnit.SECONDS)).isTrue();
        server.call();
        assertThat(told(server.call())).anyMatch(line -> line.startsWith("tool: Error: given up after 50 ms"));
    }

    @Test
    void a_long_result_is_cut_with_a_note() throws Exception {
        limits = new AgentConfig.Limits(10, Duration.ofMinutes(1), 100, Duration.ofMinutes(1), 1);
        server.then(call -> {
                    call.stream().tool(0, "a", "much", "{}");
                    call.calls();
                })
                .then(call -> call.stream().words("a lot").done());
        start(ScriptedTool.of("much", call -> text("x".repeat(250))));
        ended(send("go"));
        server.call();
        assertThat(told(server.call()))
                .anyMatch(line -> line.contains("x".repeat(100) + "\n[The result is cut here: 150 of 250"));
    }

    @Test
    void a_model_that_never_stops_is_stopped() throws Exception {
        limits = new AgentConfig.Limits(3, Duration.ofMinutes(1), 1000, Duration.ofMinutes(1), 1);
        for (int i = 0; i < 3; i++) {
            server.then(call -> {
                call.stream().tool(0, "same", "again", "{}");
                call.calls();
            });
        }
        start(ScriptedTool.of("again", call -> {
            ran.add(call.key());
            return text("ok");
        }));
        Task task = ended(send("go"));
        assertThat(task.status().state()).isEqualTo(TaskState.FAILED);
        assertThat(task.status().message().text()).contains("called 3 times");
        // A model may use an id twice; a key is used once.
        assertThat(ran).hasSize(3).doesNotHaveDuplicates();
    }

    @Test
    void cancelling_a_task_interrupts_its_tools() throws Exception {
        var here = new CountDownLatch(1);
        var left = new CountDownLatch(1);
        server.then(call -> {
            call.stream().tool(0, "a", "slow", "{}");
            call.calls();
        });
        start(ScriptedTool.of("slow", call -> {
            here.countDown();
            try {
                new CountDownLatch(1).await();
            } finally {
                left.countDown();
            }
            return text("never");
        }));
        Sent sent = send("go");
        assertThat(here.await(20, TimeUnit.SECONDS)).isTrue();
        engine.cancel("me", sent.taskId());
        assertThat(left.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void the_next_message_has_the_calls_and_results_before_it() throws Exception {
        server.then(call -> {
                    call.stream().words("Looking.").tool(0, "a", "look", "{\"to\":\"x\"}");
                    call.calls();
                })
                .then(call -> call.stream().words("Found.").done())
                .then(call -> call.stream().words("Bye.").done());
        start(ScriptedTool.of("look", call -> text("a mouse")));
        Sent sent = engine.send(Send.chat("me", null, Message.user("m1", "go"), null));
        ended(sent);
        ended(engine.send(Send.next("me", Message.user("m2", "bye").in(sent.contextId(), null))));
        server.call();
        server.call();
        assertThat(told(server.call()))
                .containsExactly(
                        "user: go", "assistant: Looking. look", "tool: a mouse", "assistant: Found.", "user: bye");
    }

    @Test
    void tools_of_the_users_client_are_declared_with_the_chat_and_answered_by_it() throws Exception {
        server.then(call -> {
                    call.stream()
                            .words("Where?")
                            .tool(0, "a", "here", "{}")
                            .tool(1, "b", "locate", "{\"what\":\"cat\"}");
                    call.calls();
                })
                .then(call -> call.stream().words("On the roof.").done());
        start(ScriptedTool.of("here", call -> text("at home")));
        ObjectNode declared = Marks.object();
        declared.putArray("clientTools").addObject().put("name", "locate").put("description", "where something is");
        Sent sent = engine.send(Send.chat("me", null, withMetadata("where is the cat?", declared), null));
        Standing standing = asked(sent);
        assertThat(standing.calls()).singleElement().satisfies(open -> {
            assertThat(open.call().name()).isEqualTo("locate");
            assertThat(open.call().arguments().path("what").stringValue()).isEqualTo("cat");
        });
        assertThat(Asked.json(server.call()).path("tools").toString()).contains("locate", "here");
        engine.chats()
                .answerTools("me", sent.contextId(), null, List.of(ToolResult.of("b", text("roof"))), RequestKey.NONE);
        assertThat(ended(sent).status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(told(server.call()))
                .containsExactly(
                        "user: where is the cat?", "assistant: Where? here locate", "tool: at home", "tool: roof");
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "{\"approved\":true}"})
    void what_needs_leave_runs_once_its_user_gives_it(String yes) throws Exception {
        Sent sent = asksToPay();
        Standing standing = asked(sent);
        var question = standing.calls().getFirst().call();
        assertThat(question.name()).isEqualTo("millrace.approve");
        assertThat(question.arguments().path("target").stringValue()).isEqualTo("bob");
        assertThat(question.arguments().at("/call/name").stringValue()).isEqualTo("pay");
        assertThat(ran).isEmpty();
        answer(sent, question.id(), JsonMapper.shared().readTree(yes));
        assertThat(ended(sent).status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(ran).hasSize(1);
        server.call();
        assertThat(told(server.call())).containsExactly("user: go", "assistant: Paying. pay", "tool: paid bob");
    }

    @ParameterizedTest
    @ValueSource(strings = {"false", "{}", "\"yes\"", "{\"approved\":true,\"hash\":\"of another\"}"})
    void what_its_user_does_not_allow_does_not_run_and_the_model_is_told(String no) throws Exception {
        Sent sent = asksToPay();
        answer(
                sent,
                asked(sent).calls().getFirst().call().id(),
                JsonMapper.shared().readTree(no));
        assertThat(ended(sent).status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(ran).isEmpty();
        server.call();
        assertThat(told(server.call())).anyMatch(line -> line.startsWith("tool: Error: not run: the user"));
    }

    @Test
    void leave_is_for_what_was_asked_about_and_not_for_what_it_has_become() throws Exception {
        Sent sent = asksToPay();
        String question = asked(sent).calls().getFirst().call().id();
        account = "another account of ";
        answer(sent, question, JsonMapper.shared().readTree("{\"approved\":true}"));
        assertThat(ended(sent).status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(ran).isEmpty();
        server.call();
        assertThat(told(server.call()))
                .contains("tool: Error: not run: what the user allowed is not what would be done now");
    }

    @Test
    void leave_that_is_not_given_in_time_is_not_given() throws Exception {
        limits = new AgentConfig.Limits(10, Duration.ofMinutes(1), 1000, Duration.ofMillis(50), 1);
        Sent sent = asksToPay();
        assertThat(ended(sent).status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(ran).isEmpty();
        server.call();
        assertThat(told(server.call())).anyMatch(line -> line.contains("did not answer in time"));
    }

    private Sent asksToPay() throws Exception {
        server.then(call -> {
                    call.stream().words("Paying.").tool(0, "a", "pay", "{\"to\":\"bob\"}");
                    call.calls();
                })
                .then(call -> call.stream().words("Well.").done());
        start(ScriptedTool.of("pay", call -> {
                    ran.add(call.key());
                    return text("paid " + call.arguments().path("to").asString());
                })
                .withApproval()
                .on(to -> account + to));
        return engine.send(Send.chat("me", null, Message.user("m1", "go"), null));
    }

    @Test
    void a_model_is_chosen_for_a_message_and_stays_chosen() throws Exception {
        for (int i = 0; i < 3; i++) {
            server.then(call -> call.stream().words("ok").done());
        }
        start();
        Sent sent = engine.send(Send.chat("me", null, Message.user("m1", "one"), null));
        ended(sent);
        ended(engine.send(Send.next(
                "me", withMetadata("two", Marks.object().put("model", "large")).in(sent.contextId(), null))));
        ended(engine.send(Send.next("me", Message.user("m3", "three").in(sent.contextId(), null))));
        assertThat(List.of(server.call(), server.call(), server.call()))
                .extracting(call -> Asked.json(call).path("model").stringValue())
                .containsExactly("small", "big-1", "big-1");
    }

    @Test
    void a_model_that_is_not_there_is_refused_by_name() throws Exception {
        start();
        Task task = ended(engine.send(
                Send.chat("me", null, withMetadata("one", Marks.object().put("model", "huge")), null)));
        assertThat(task.status().state()).isEqualTo(TaskState.REJECTED);
        assertThat(task.status().message().text()).contains("no model \"huge\"; there are: small, large");
    }

    @Test
    void a_long_conversation_is_summed_up_before_it_is_too_long() throws Exception {
        server.then(call -> call.stream()
                        .words("A story.")
                        .chunk("{}", "stop")
                        .data(
                                "{\"id\":\"x\",\"choices\":[],\"usage\":{\"prompt_tokens\":1000,"
                                        + "\"completion_tokens\":10,\"total_tokens\":1010}}",
                                "[DONE]"))
                .then(call -> call.stream().words("They talked of mills.").done())
                .then(call -> call.stream().words("Yes.").done())
                .then(call -> call.stream().words("Still yes.").done());
        start();
        Sent sent = engine.send(Send.chat(
                "me", null, withMetadata("x".repeat(3_300), Marks.object().put("model", "large")), null));
        ended(sent);
        Task second = ended(engine.send(Send.next(
                "me", Message.user("m2", "and " + "y".repeat(300)).in(sent.contextId(), null))));
        assertThat(second.artifacts())
                .as(second.toString())
                .extracting(artifact -> artifact.name())
                .contains("summary");
        ended(engine.send(Send.next("me", Message.user("m3", "really?").in(sent.contextId(), null))));
        server.call();
        assertThat(told(server.call())).last().asString().startsWith("user: Sum up");
        assertThat(told(server.call()))
                .containsExactly(
                        "user: What was said before, summed up:\n\nThey talked of mills.",
                        "user: and " + "y".repeat(300));
        assertThat(told(server.call())).hasSize(4).last().isEqualTo("user: really?");
    }

    @Test
    void a_summary_that_does_not_help_ends_the_task_clearly() throws Exception {
        server.then(call -> call.stream()
                        .words("A story.")
                        .chunk("{}", "stop")
                        .data(
                                "{\"id\":\"x\",\"choices\":[],\"usage\":{\"prompt_tokens\":1000,"
                                        + "\"completion_tokens\":10,\"total_tokens\":1010}}",
                                "[DONE]"))
                .then(call -> call.stream().words("z".repeat(4_000)).done());
        start();
        Sent sent = engine.send(Send.chat(
                "me", null, withMetadata("x".repeat(3_300), Marks.object().put("model", "large")), null));
        ended(sent);
        Task second = ended(engine.send(Send.next(
                "me", Message.user("m2", "and " + "y".repeat(300)).in(sent.contextId(), null))));
        assertThat(second.status().state()).isEqualTo(TaskState.FAILED);
        assertThat(second.status().message().text()).contains("a summary of it is, too");
    }

    @Test
    void another_model_may_sum_up() throws Exception {
        server.then(call -> call.stream().words("A story.").end("stop", 1_400, 10))
                .then(call -> call.stream().words("They talked of mills.").done())
                .then(call -> call.stream().words("Yes.").done());
        assertThat(summedUp()).containsExactly("small", "cheap", "small");
    }

    @Test
    void where_the_other_model_fails_the_chats_own_sums_up() throws Exception {
        server.then(call -> call.stream().words("A story.").end("stop", 1_400, 10))
                .then(call -> {
                    call.stream().words("They ta");
                })
                .then(call -> call.stream().words("They talked of mills.").done())
                .then(call -> call.stream().words("Yes.").done());
        assertThat(summedUp()).containsExactly("small", "cheap", "small", "small");
    }

    /** The models that were asked, when a chat whose second message is one too many for it went well. */
    private List<String> summedUp() throws Exception {
        ModelConfig small = ModelConfig.of(server.baseUrl(), null, "small")
                .with(new ModelConfig.Options(null, null, 1_500, null, null));
        start(AgentConfig.of(small)
                .withSummaries(ModelConfig.of(server.baseUrl(), null, "cheap")
                        .withRetry((failure, attempt) -> Duration.ofHours(1))));
        Sent sent = engine.send(Send.chat("me", null, Message.user("m1", "Tell me one."), null));
        ended(sent);
        Task second =
                ended(engine.send(Send.next("me", Message.user("m2", "and?").in(sent.contextId(), null))));
        assertThat(second.status().state()).as(second.toString()).isEqualTo(TaskState.COMPLETED);
        assertThat(second.artifacts())
                .filteredOn(artifact -> "summary".equals(artifact.name()))
                .singleElement()
                .satisfies(summary -> assertThat(summary.text()).isEqualTo("They talked of mills."));
        var asked = new ArrayList<String>();
        while (server.callsWaiting() > 0) {
            asked.add(Asked.json(server.call()).path("model").stringValue());
        }
        return asked;
    }

    private void answer(Sent sent, String callId, JsonNode result) throws Exception {
        engine.chats()
                .answerTools("me", sent.contextId(), null, List.of(ToolResult.of(callId, result)), RequestKey.NONE);
    }

    private void start(AgentConfig config) throws Exception {
        agent = new ModelAgent(config);
        engine = new Engine(new MemoryStore(), AgentCatalog.of("test", agent), EngineSettings.defaults());
        engine.start();
    }

    private void start(Tool... tools) throws Exception {
        ModelConfig small = ModelConfig.of(server.baseUrl(), null, "small");
        ModelConfig large = ModelConfig.of(server.baseUrl(), null, "big-1")
                .withId("large")
                .with(new ModelConfig.Options(null, null, 1_500, null, null));
        start(AgentConfig.of(small)
                .with(new Models(List.of(small, large)))
                .withTools(tools)
                .with(limits));
    }

    private static Message withMetadata(String text, ObjectNode metadata) {
        return new Message(
                "m-" + text.hashCode(),
                null,
                null,
                Role.USER,
                List.of(Part.text(text)),
                metadata,
                List.of(),
                List.of());
    }

    private static StringNode text(String text) {
        return StringNode.valueOf(text);
    }

    private Sent send(String text) {
        return engine.send(Send.task("me", null, Message.user("m1", text)));
    }

    private Standing asked(Sent sent) {
        await().atMost(Duration.ofSeconds(20))
                .until(() -> !engine.standing("me", sent.contextId())
                        .orElseThrow()
                        .calls()
                        .isEmpty());
        return engine.standing("me", sent.contextId()).orElseThrow();
    }

    private Task ended(Sent sent) {
        await().atMost(Duration.ofSeconds(20))
                .until(() ->
                        engine.task("me", sent.taskId()).task().status().state().terminal());
        return engine.task("me", sent.taskId()).task();
    }

    /** What a request tells the model, a line for each message, with the names of the tools that it called. */
    private static List<String> told(ModelServer.Call call) {
        var lines = new ArrayList<String>();
        for (JsonNode message : Asked.json(call).path("messages")) {
            String names = message.path("tool_calls").values().stream()
                    .map(each -> each.at("/function/name").stringValue())
                    .collect(Collectors.joining(" "));
            String content = message.path("content").asString("");
            lines.add(message.path("role").stringValue() + ": " + content
                    + (content.isEmpty() || names.isEmpty() ? "" : " ") + names);
        }
        return lines;
    }
}
