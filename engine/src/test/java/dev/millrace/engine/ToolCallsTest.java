package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.Journal;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.DataPart;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.Role;
import dev.millrace.protocol.TaskState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/** What becomes of the tools that an agent asks its user's client to run. */
@ParameterizedClass
@EnumSource(Stores.class)
@Timeout(60)
class ToolCallsTest extends WithEngine {
    private static final JsonMapper JSON = new JsonMapper();
    private static final ToolCall NOW = new ToolCall("1", "now", object("{\"zone\":\"UTC\"}"));
    private static final ToolCall DIAL = new ToolCall("2", "dial", object("{}"));
    private static final String CALLS = "[calls 1 2]";
    private static final String INTERRUPTED = "[results 1=! 2=!]";

    @Parameter
    Stores kind;

    @TempDir
    Path folder;

    /** What each turn was told, its message last, by the task. */
    private final Map<String, List<String>> told = new ConcurrentHashMap<>();

    private static ObjectNode object(String json) {
        return (ObjectNode) JSON.readTree(json);
    }

    /**
     * {@code run} asks for two tools; results are told, and then fail if one of them is an error; {@code ask} asks in
     * words; {@code record} runs a tool itself, says so, and fails in the midst of it.
     */
    private void act(Turn turn) throws InterruptedException {
        told.put(
                turn.taskId(),
                Stream.concat(turn.history().stream(), Stream.of(turn.message()))
                        .map(ToolCallsTest::read)
                        .toList());
        List<ToolResult> results = ToolResult.in(turn.message());
        if (!results.isEmpty()) {
            turn.say("got " + results.size());
            if (results.getFirst().error() != null) {
                throw new IllegalStateException(results.getFirst().error());
            }
            return;
        }
        switch (turn.message().text()) {
            case "run" -> {
                turn.say("let me see");
                turn.ask("", List.of(NOW, DIAL));
            }
            case "ask" -> turn.ask("which?");
            case "record" -> {
                turn.emit(
                        new Artifact("calls", null, null, List.of(ToolCall.part(List.of(NOW, DIAL))), null, List.of()));
                turn.emit(new Artifact(
                        "results",
                        null,
                        null,
                        List.of(ToolResult.part(List.of(ToolResult.of("2", StringNode.valueOf("ok"))))),
                        null,
                        List.of()));
                turn.flush();
                throw new IllegalStateException("lost");
            }
            default -> turn.say("on " + turn.message().text());
        }
    }

    /** A message in short: its text, its calls by id, its results with {@code !} for an interrupted one. */
    private static String read(Message message) {
        var read = new StringBuilder(message.text());
        List<ToolCall> calls = ToolCall.in(message);
        if (!calls.isEmpty()) {
            read.append("[calls");
            calls.forEach(call -> read.append(' ').append(call.id()));
            read.append(']');
        }
        List<ToolResult> results = ToolResult.in(message);
        if (!results.isEmpty()) {
            read.append("[results");
            for (ToolResult result : results) {
                String error = ToolResult.INTERRUPTED.equals(result.error()) ? "!" : "error";
                read.append(' ').append(result.id()).append('=').append(result.result() == null ? error : "ok");
            }
            read.append(']');
        }
        return read.toString();
    }

    private void begin() throws InterruptedException {
        store = kind.open(folder);
        start(this::act);
    }

    private Sent asked() throws InterruptedException {
        Sent sent = chat("run");
        readUntil(sent, 0, TaskState.INPUT_REQUIRED);
        return sent;
    }

    private static List<ToolResult> results() {
        return List.of(
                ToolResult.of("2", object("{\"line\":\"busy\"}")), ToolResult.of("1", StringNode.valueOf("noon")));
    }

    private Sent answerTools(Sent asked, List<ToolResult> results) {
        return engine.chats().answerTools(ME, asked.contextId(), null, results, RequestKey.NONE);
    }

    private Standing standing(Sent sent) {
        return engine.standing(ME, sent.contextId()).orElseThrow();
    }

    private MessagePage page(String contextId) {
        return engine.chats().messages(ME, contextId, null, null, 100);
    }

    private List<String> said(String contextId) {
        return page(contextId).messages().stream()
                .map(each -> read(each.message()))
                .toList();
    }

    private List<String> toldNext(Sent chat, String text) throws InterruptedException {
        Sent next = next(chat, text);
        readToEnd(next, 0);
        return told.get(next.taskId());
    }

    private static void refused(Refused.Reason reason, Callable<?> call) {
        assertThatThrownBy(call::call)
                .isInstanceOfSatisfying(
                        Refused.class,
                        r -> assertThat(r.reason()).as(r.getMessage()).isEqualTo(reason));
    }

    @Test
    void the_agent_goes_on_with_the_results_of_the_tools_that_it_asked_for() throws Exception {
        begin();
        Sent asked = asked();
        assertThat(standing(asked).calls())
                .containsExactly(
                        new Standing.OpenCall(asked.taskId(), NOW), new Standing.OpenCall(asked.taskId(), DIAL));
        assertThat(engine.chats().list(ContextQuery.of(ME, 10, null)).items().getFirst())
                .isEqualTo(standing(asked));

        Sent answered = answerTools(asked, results());
        assertThat(answered.taskId()).isEqualTo(asked.taskId());
        readToEnd(answered, 0);

        assertThat(told.get(asked.taskId())).containsExactly("run", "let me see", CALLS, "[results 2=ok 1=ok]");
        assertThat(standing(asked).calls()).isEmpty();
        assertThat(said(asked.contextId())).containsExactly("run", "let me see", CALLS, "[results 2=ok 1=ok]", "got 2");
        assertThat(toldNext(asked, "more"))
                .containsExactly("run", "let me see", CALLS, "[results 2=ok 1=ok]", "got 2", "more");
        Consistency.check(store, ME);
    }

    @Test
    void a_client_of_the_protocol_finds_the_calls_in_the_status_and_answers_with_a_message() throws Exception {
        begin();
        Sent asked = asked();
        Message question = task(asked).status().message();
        assertThat(question).isNotNull();
        assertThat(question.extensions()).containsExactly(ToolCall.EXTENSION);
        assertThat(question.parts())
                .singleElement()
                .isInstanceOfSatisfying(
                        DataPart.class,
                        part -> assertThat(part.data())
                                .isEqualTo(JSON.readTree(
                                        "{\"toolCalls\":[{\"id\":\"1\",\"name\":\"now\",\"arguments\":{\"zone\":\"UTC\"}},"
                                                + "{\"id\":\"2\",\"name\":\"dial\",\"arguments\":{}}]}")));

        send(
                asked,
                Part.text("here"),
                data("{\"toolResults\":[{\"id\":\"1\",\"result\":null}]}"),
                data("{\"toolResults\":[{\"id\":\"2\",\"error\":\"no line\"}]}"));
        readToEnd(asked, 0);
        assertThat(told.get(asked.taskId())).last().isEqualTo("here[results 1=ok 2=error]");
    }

    private Sent send(Sent asked, Part... parts) {
        return engine.send(
                Send.next(ME, Message.of(engine.newId(), Role.USER, parts).in(asked.contextId(), asked.taskId())));
    }

    private static Part data(String json) {
        return Part.data(JSON.readTree(json));
    }

    @Test
    void an_answer_that_is_not_one_result_for_each_call_is_refused_and_nothing_is_stored() throws Exception {
        begin();
        Sent asked = asked();
        JsonNode ok = StringNode.valueOf("ok");
        List<List<ToolResult>> wrong = List.of(
                List.of(),
                List.of(ToolResult.of("1", ok)),
                List.of(ToolResult.of("1", ok), ToolResult.of("1", ok)),
                List.of(ToolResult.of("1", ok), ToolResult.of("2", ok), ToolResult.failed("2", "no")),
                List.of(ToolResult.of("1", ok), ToolResult.of("2", ok), ToolResult.of("3", ok)),
                List.of(ToolResult.of("1", ok), ToolResult.of("3", ok)));
        long before = standing(asked).context().lastOffset();
        for (List<ToolResult> each : wrong) {
            refused(Refused.Reason.WRONG_RESULTS, () -> answerTools(asked, each));
        }
        refused(Refused.Reason.WRONG_RESULTS, () -> answer(asked, "noon, and the line is busy"));
        for (String malformed : List.of(
                "{\"toolResults\":{}}",
                "{\"toolResults\":[1]}",
                "{\"toolResults\":[{\"result\":1}]}",
                "{\"toolResults\":[{\"id\":\"\",\"result\":1}]}",
                "{\"toolResults\":[{\"id\":1,\"result\":1}]}",
                "{\"toolResults\":[{\"id\":\"1\"}]}",
                "{\"toolResults\":[{\"id\":\"1\",\"result\":1,\"error\":\"no\"}]}",
                "{\"toolResults\":[{\"id\":\"1\",\"error\":{}}]}",
                "{\"toolResults\":[{\"id\":\"1\",\"output\":{}}]}")) {
            refused(Refused.Reason.INVALID, () -> send(asked, data(malformed)));
        }
        assertThat(standing(asked).context().lastOffset()).isEqualTo(before);
        assertThat(standing(asked).calls()).hasSize(2);
        readToEnd(answerTools(asked, results()), 0);
        assertThat(state(asked)).as("it waits on until it is answered").isEqualTo(TaskState.COMPLETED);
    }

    @Test
    void results_that_nobody_waits_for_are_refused() throws Exception {
        begin();
        Sent asked = asked();
        Chats chats = engine.chats();
        refused(
                Refused.Reason.NO_CONTEXT,
                () -> chats.answerTools("you", asked.contextId(), null, results(), RequestKey.NONE));
        Sent other = chat("ask");
        readUntil(other, 0, TaskState.INPUT_REQUIRED);
        refused(Refused.Reason.NOT_NOW, () -> answerTools(other, results()));
        refused(
                Refused.Reason.NO_TASK,
                () -> chats.answerTools(ME, other.contextId(), asked.taskId(), results(), RequestKey.NONE));
        refused(
                Refused.Reason.WRONG_RESULTS,
                () -> chats.answerTools(ME, other.contextId(), other.taskId(), results(), RequestKey.NONE));

        var key = new RequestKey("k", "print");
        Sent once = chats.answerTools(ME, asked.contextId(), null, results(), key);
        readToEnd(once, 0);
        assertThat(chats.answerTools(ME, asked.contextId(), null, results(), key))
                .isEqualTo(once.again());
        refused(Refused.Reason.NOT_NOW, () -> answerTools(asked, results()));
        refused(
                Refused.Reason.NOT_NOW,
                () -> chats.answerTools(ME, asked.contextId(), asked.taskId(), results(), RequestKey.NONE));
    }

    @Test
    void tasks_side_by_side_are_each_answered_by_name() throws Exception {
        begin();
        Sent one = engine.send(Send.task(ME, null, Message.user("a", "run")));
        Sent two = engine.send(Send.task(ME, null, Message.user("b", "run").in(one.contextId(), null)));
        readUntil(one, 0, TaskState.INPUT_REQUIRED);
        readUntil(two, 0, TaskState.INPUT_REQUIRED);
        assertThat(standing(one).calls()).hasSize(4);
        refused(Refused.Reason.INVALID, () -> answerTools(one, results()));
        engine.chats().answerTools(ME, one.contextId(), two.taskId(), results(), RequestKey.NONE);
        readToEnd(two, 0);
        assertThat(told.get(two.taskId()))
                .as("what another task still waits for is told as open no more than once, and never without an answer")
                .containsExactly(
                        "run", "let me see", CALLS, INTERRUPTED, "run", "let me see", CALLS, "[results 2=ok 1=ok]");
        readToEnd(answerTools(one, results()), 0);
    }

    @Test
    void whatever_ends_a_task_that_waits_for_tools_answers_its_calls() throws Exception {
        begin();
        Sent interrupted = asked();
        engine.interrupt(ME, interrupted.contextId());
        Sent cancelled = asked();
        engine.cancel(ME, cancelled.taskId());
        for (Sent each : List.of(interrupted, cancelled)) {
            List<String> history = List.of("run", "let me see", CALLS, INTERRUPTED);
            assertThat(said(each.contextId())).isEqualTo(history);
            assertThat(toldNext(each, "well")).isEqualTo(join(history, "well"));
            assertThat(state(each)).isEqualTo(TaskState.CANCELED);
        }
        Sent sentOver = asked();
        Sent over = engine.send(Send.next(ME, Message.user("o", "enough").in(sentOver.contextId(), null))
                .interrupting());
        readToEnd(over, 0);
        assertThat(told.get(over.taskId())).containsExactly("run", "let me see", CALLS, INTERRUPTED, "enough");
    }

    private static List<String> join(List<String> list, String last) {
        var all = new ArrayList<>(list);
        all.add(last);
        return all;
    }

    @Test
    void calls_that_nobody_answers_in_time_fail_and_are_answered_for() throws Exception {
        store = kind.open(folder);
        start(this::act, EngineSettings.defaults().withAnswerWithin(Duration.ofMillis(30)));
        Sent asked = chat("run");
        readUntil(asked, 0, TaskState.FAILED);
        refused(Refused.Reason.NOT_NOW, () -> answerTools(asked, results()));
        refused(Refused.Reason.NOT_NOW, () -> send(asked, ToolResult.part(results())));
        assertThat(toldNext(asked, "well")).containsExactly("run", "let me see", CALLS, INTERRUPTED, "well");
    }

    @Test
    void the_results_can_be_edited_into_words_and_the_calls_are_answered_for() throws Exception {
        begin();
        Sent asked = asked();
        readToEnd(answerTools(asked, results()), 0);
        String answer = page(asked.contextId()).messages().get(3).message().messageId();
        Sent edited =
                engine.chats().edit(ME, asked.contextId(), answer, Message.user("e", "never mind"), RequestKey.NONE);
        readToEnd(edited, 0);
        assertThat(told.get(edited.taskId())).containsExactly("run", "let me see", CALLS, INTERRUPTED, "never mind");
        assertThat(said(asked.contextId()))
                .containsExactly("run", "let me see", CALLS, INTERRUPTED, "never mind", "on never mind");
    }

    @Test
    void what_failed_on_its_results_is_tried_again_with_them() throws Exception {
        begin();
        Sent asked = asked();
        List<ToolResult> bad = List.of(ToolResult.failed("1", "no clock"), ToolResult.failed("2", "no line"));
        answerTools(asked, bad);
        readUntil(asked, 0, TaskState.FAILED);
        Sent again = engine.chats().retry(ME, asked.contextId(), RequestKey.NONE);
        readUntil(again, 0, TaskState.FAILED);
        List<String> history = List.of("run", "let me see", CALLS, "[results 1=error 2=error]");
        assertThat(told.get(again.taskId())).as("no call is answered twice").isEqualTo(history);
        assertThat(said(asked.contextId())).isEqualTo(join(history, "got 2"));
        String fork = engine.chats().fork(ME, asked.contextId(), null, null, RequestKey.NONE);
        assertThat(said(fork)).isEqualTo(join(history, "got 2"));

        Sent other = asked();
        engine.interrupt(ME, other.contextId());
        Sent retried = engine.chats().retry(ME, other.contextId(), RequestKey.NONE);
        readUntil(retried, 0, TaskState.INPUT_REQUIRED);
        assertThat(told.get(retried.taskId()))
                .as("what a user said is tried again")
                .containsExactly("run");
    }

    @Test
    void a_fork_waits_for_tools_by_itself_and_one_of_an_interrupted_call_does_not() throws Exception {
        begin();
        Sent asked = asked();
        String fork = engine.chats().fork(ME, asked.contextId(), null, null, RequestKey.NONE);
        Sent answered = engine.chats().answerTools(ME, fork, null, results(), RequestKey.NONE);
        readToEnd(answered, 0);
        assertThat(told.get(answered.taskId())).containsExactly("run", "let me see", CALLS, "[results 2=ok 1=ok]");
        assertThat(standing(asked).calls()).as("the original waits on").hasSize(2);

        engine.interrupt(ME, asked.contextId());
        String last = page(asked.contextId()).messages().getLast().message().messageId();
        String half = engine.chats().fork(ME, asked.contextId(), last, null, RequestKey.NONE);
        assertThat(said(half)).isEqualTo(said(asked.contextId())).endsWith(INTERRUPTED);
        assertThat(engine.chats().state(ME, half)).isEqualTo(ContextState.IDLE);
    }

    @Test
    void pages_meet_at_an_interrupted_call() throws Exception {
        begin();
        Sent asked = asked();
        engine.interrupt(ME, asked.contextId());
        toldNext(asked, "well");
        List<Said> all = page(asked.contextId()).messages();
        assertThat(all).hasSize(6);
        for (int i = 0; i < all.size(); i++) {
            String id = all.get(i).message().messageId();
            assertThat(engine.chats()
                            .messages(ME, asked.contextId(), id, null, 100)
                            .messages())
                    .isEqualTo(all.subList(0, i));
            assertThat(engine.chats()
                            .messages(ME, asked.contextId(), null, id, 100)
                            .messages())
                    .isEqualTo(all.subList(i + 1, all.size()));
        }
        Message interrupted = all.get(3).message();
        refused(
                Refused.Reason.INVALID,
                () -> engine.chats()
                        .edit(ME, asked.contextId(), interrupted.messageId(), Message.user("x", "x"), RequestKey.NONE));
    }

    @Test
    void a_call_that_an_agent_recorded_and_was_lost_in_is_answered_for() throws Exception {
        begin();
        Sent lost = chat("record");
        readUntil(lost, 0, TaskState.FAILED);
        assertThat(toldNext(lost, "well")).containsExactly("record", CALLS, "[results 1=!]", "[results 2=ok]", "well");
    }

    @Test
    void the_open_calls_are_there_after_a_restart_and_can_be_answered() throws Exception {
        if (kind == Stores.MEMORY) {
            return; // which outlives nothing
        }
        begin();
        Sent asked = asked();
        engine.close();
        begin();
        assertThat(standing(asked).calls()).extracting(Standing.OpenCall::call).containsExactly(NOW, DIAL);
        List<Journal.Entry<Event>> seen = readToEnd(answerTools(asked, results()), 0);
        assertThat(answer(fold(seen, asked.taskId()))).isEqualTo("got 2");
    }

    @Test
    void calls_need_ids_of_their_own() throws Exception {
        store = kind.open(folder);
        start(turn -> turn.ask("", turn.message().text().equals("none") ? List.of() : List.of(NOW, NOW)));
        assertThat(reason(ended(chat("none")))).contains("no tool call");
        assertThat(reason(ended(chat("twice")))).contains("two tool calls have the id 1");
    }
}
