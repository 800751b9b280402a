package dev.millrace.server.a2a;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.ToolCall;
import dev.millrace.engine.ToolResult;
import dev.millrace.engine.Turn;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.json.JsonText;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** What a send is answered with, and when. */
class SendMessageTest {

    @Test
    void a_send_is_answered_with_the_whole_task_when_it_has_ended() throws Exception {
        try (var house = new A2aHouse(turn -> {
            for (int i = 0; i < 300; i++) {
                turn.say(i + " ");
            }
        })) {
            Task task = house.task(A2aHouse.say("count", "\"contextId\":\"c\""));
            assertThat(task.status().state()).isEqualTo(TaskState.COMPLETED);
            assertThat(task.contextId()).isEqualTo("c");
            assertThat(task.artifacts()).hasSize(1);
            assertThat(A2aHouse.answer(task)).startsWith("0 1 2 ").endsWith(" 298 299 ");
            assertThat(task.history()).extracting(Message::text).containsExactly("count");
            assertThat(house.get(task.id())).isEqualTo(task);
        }
    }

    @Test
    void the_answer_waits_for_the_agent_and_keeps_its_client_awake() throws Exception {
        var gate = new Gate();
        var go = new CountDownLatch(1);
        try (var house = new A2aHouse(
                        new MemoryStore(),
                        AgentCatalog.of("gate", gate),
                        settings -> settings.withHeartbeat(Duration.ofMillis(20)));
                var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            String body = A2aHouse.rpc("SendMessage", A2aHouse.say("one two"));
            try (Socket socket = raw(house, body)) {
                InputStream in = socket.getInputStream();
                // The head of the response, and spaces after it, come before the agent has said a word.
                String seen = "";
                while (!seen.endsWith("\r\n \r\n")) {
                    int b = in.read();
                    assertThat(b).isNotNegative();
                    seen += (char) b;
                }
                var opened = pool.submit(() -> {
                    go.await();
                    gate.openAll();
                    return null;
                });
                go.countDown();
                opened.get();
                String rest = new String(in.readNBytes(1), StandardCharsets.UTF_8);
                while (!rest.endsWith("0\r\n\r\n")) {
                    int b = in.read();
                    assertThat(b).isNotNegative();
                    rest += (char) b;
                }
                assertThat(rest).contains("\"TASK_STATE_COMPLETED\"").contains("one two ");
            }
        }
    }

    private static Socket raw(A2aHouse house, String body) throws Exception {
        var socket = new Socket("127.0.0.1", house.server.port());
        socket.setSoTimeout(20_000);
        socket.getOutputStream()
                .write(("POST /a2a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nA2A-Version: 1.0\r\n"
                                + "Content-Length: " + A2aHouse.bytes(body).length + "\r\n\r\n" + body)
                        .getBytes(StandardCharsets.UTF_8));
        return socket;
    }

    @Test
    void a_client_that_leaves_ends_its_wait_and_not_the_task() throws Exception {
        var gate = new Gate();
        try (var house = new A2aHouse(
                new MemoryStore(),
                AgentCatalog.of("gate", gate),
                settings -> settings.withHeartbeat(Duration.ofMillis(20)))) {
            String body = A2aHouse.rpc("SendMessage", A2aHouse.say("one two", "\"contextId\":\"left\""));
            try (Socket _ = raw(house, body)) {
                gate.open(1);
            }
            Awaitility.await().atMost(A2aHouse.PATIENCE).until(() -> house.server.open() == 0);
            gate.openAll();
            String id = house.result("ListTasks", "{\"contextId\":\"left\"}")
                    .get("tasks")
                    .get(0)
                    .get("id")
                    .stringValue();
            assertThat(A2aHouse.answer(house.awaitState(id, TaskState.COMPLETED)))
                    .isEqualTo("one two ");
        }
    }

    @Test
    void returned_at_once_the_task_goes_on_by_itself() throws Exception {
        var gate = new Gate();
        try (var house = new A2aHouse(gate)) {
            Task task = house.task(
                    A2aHouse.say("one two", "\"contextId\":\"c\"", "\"configuration\":{\"returnImmediately\":true}"));
            assertThat(task.status().state().terminal()).isFalse();
            assertThat(task.contextId()).isEqualTo("c");
            gate.openAll();
            assertThat(A2aHouse.answer(house.awaitState(task.id(), TaskState.COMPLETED)))
                    .isEqualTo("one two ");
        }
    }

    @Test
    void calls_of_a_batch_do_not_wait_for_the_sends_before_them() throws Exception {
        var gate = new Gate();
        try (var house = new A2aHouse(
                new MemoryStore(),
                new AgentCatalog(java.util.List.of(new AgentCatalog.Listing("agent", "Opens the gate.", turn -> {
                    if (turn.message().text().equals("open")) {
                        gate.openAll();
                    } else {
                        gate.run(turn);
                    }
                }))))) {
            JsonNode both = JsonText.parse(A2aHouse.bytes(house.post("["
                            + A2aHouse.rpc("SendMessage", A2aHouse.say("waits")) + ","
                            + A2aHouse.rpc("SendMessage", A2aHouse.say("open")) + "]")
                    .body()));
            assertThat(both.get(0).toString()).contains("waits ").contains("COMPLETED");
            assertThat(both.get(1).toString()).contains("COMPLETED");
        }
    }

    @Test
    void a_follow_up_by_task_alone_finds_its_context_and_keeps_what_was_made() throws Exception {
        try (var house = new A2aHouse(SendMessageTest::asks)) {
            Task asked = house.task(A2aHouse.say("paint"));
            assertThat(asked.status().state()).isEqualTo(TaskState.INPUT_REQUIRED);
            assertThat(asked.status().message()).extracting(Message::text).isEqualTo("which colour?");
            Task done = house.task(A2aHouse.say("red", "\"taskId\":\"" + asked.id() + "\""));
            assertThat(done.id()).isEqualTo(asked.id());
            assertThat(done.contextId()).isEqualTo(asked.contextId());
            assertThat(done.status().state()).isEqualTo(TaskState.COMPLETED);
            assertThat(A2aHouse.answer(done)).isEqualTo("a wall, red");
            assertThat(done.history()).extracting(Message::text).containsExactly("paint", "which colour?", "red");
            assertThat(house.get(done.id())).isEqualTo(done);
        }
    }

    private static void asks(dev.millrace.engine.Turn turn) {
        if (turn.message().text().equals("paint")) {
            turn.artifact("what").say("a wall, ");
            turn.ask("which colour?");
        } else {
            turn.artifact("colour").say(turn.message().text());
        }
    }

    @Test
    void a_client_runs_the_tools_that_a_task_asks_for() throws Exception {
        try (var house = new A2aHouse(SendMessageTest::asksForTools)) {
            Task asked = house.task(A2aHouse.say("what time is it?"));
            assertThat(asked.status().state()).isEqualTo(TaskState.INPUT_REQUIRED);
            Message question = asked.status().message();
            assertThat(ToolCall.in(question)).extracting(ToolCall::name).containsExactly("now");

            for (String wrong : List.of("", "{\"id\":\"2\",\"result\":1}", "{\"id\":\"1\"}")) {
                JsonNode error =
                        house.call("SendMessage", results(asked, wrong)).get("error");
                assertThat(error.get("code").intValue()).as(wrong).isEqualTo(-32602);
            }
            assertThat(house.get(asked.id())).isEqualTo(asked);
            Task done = house.task(results(asked, "{\"id\":\"1\",\"result\":\"noon\"}"));
            assertThat(done.id()).isEqualTo(asked.id());
            assertThat(A2aHouse.answer(done)).isEqualTo("\"noon\"");
        }
    }

    private static String results(Task asked, String results) {
        return "{\"message\":{\"messageId\":\"" + UUID.randomUUID() + "\",\"role\":\"ROLE_USER\",\"taskId\":\""
                + asked.id() + "\",\"parts\":[{\"data\":{\"toolResults\":[" + results + "]}}]}}";
    }

    private static void asksForTools(Turn turn) {
        List<ToolResult> results = ToolResult.in(turn.message());
        if (results.isEmpty()) {
            turn.ask("", List.of(new ToolCall("1", "now", JsonNodeFactory.instance.objectNode())));
        } else {
            turn.say(String.valueOf(results.getFirst().result()));
        }
    }

    @Test
    void a_task_and_a_context_that_do_not_belong_together_are_refused() throws Exception {
        try (var house = new A2aHouse(SendMessageTest::asks)) {
            Task asked = house.task(A2aHouse.say("paint"));
            JsonNode error = house.call(
                            "SendMessage",
                            A2aHouse.say("red", "\"taskId\":\"" + asked.id() + "\",\"contextId\":\"another\""))
                    .get("error");
            assertThat(error.get("code").intValue()).isEqualTo(-32602);
            assertThat(error.toString()).contains("message.contextId");
            JsonNode unknown = house.call("SendMessage", A2aHouse.say("red", "\"taskId\":\"nope\""))
                    .get("error");
            assertThat(unknown.get("code").intValue()).isEqualTo(-32001);
        }
    }

    @Test
    void an_ended_task_takes_no_more_messages() throws Exception {
        try (var house = new A2aHouse(turn -> turn.say("done"))) {
            Task task = house.task(A2aHouse.say("x"));
            JsonNode error = house.call("SendMessage", A2aHouse.say("more", "\"taskId\":\"" + task.id() + "\""))
                    .get("error");
            assertThat(error.get("code").intValue()).isEqualTo(-32004);
        }
    }

    @Test
    void the_same_message_again_gives_the_same_task() throws Exception {
        try (var house = new A2aHouse(turn -> turn.say("done"))) {
            String params = A2aHouse.say("x", "\"contextId\":\"c\"");
            Task first = house.task(params);
            assertThat(house.task(params)).isEqualTo(first);
            try (Frames again = house.open("SendStreamingMessage", params)) {
                assertThat(again.rest())
                        .singleElement()
                        .satisfies(frame -> assertThat(frame.event()).isEqualTo(first));
            }
            assertThat(house.result("ListTasks", "{}").get("totalSize").intValue())
                    .isEqualTo(1);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    [] | true
                    ["text/plain"] | true
                    ["application/json","text/plain"] | true
                    ["text/*"] | true
                    ["*/*"] | true
                    ["TEXT/PLAIN; charset=utf-8"] | true
                    ["application/json"] | false
                    ["image/*","text/html"] | false
                    """)
    void output_modes_are_refused_only_if_nothing_fits(String modes, boolean fits) throws Exception {
        try (var house = new A2aHouse(turn -> turn.say("done"))) {
            String params =
                    A2aHouse.say("x", "\"metadata\":{}", "\"configuration\":{\"acceptedOutputModes\":" + modes + "}");
            JsonNode response = house.call("SendMessage", params);
            if (fits) {
                assertThat(response.has("result")).isTrue();
            } else {
                assertThat(response.get("error").get("code").intValue()).isEqualTo(-32005);
                assertThat(house.result("ListTasks", "{}").get("totalSize").intValue())
                        .isZero();
            }
        }
    }

    @Test
    void a_webhook_is_refused_before_anything_is_done() throws Exception {
        try (var house = new A2aHouse(turn -> turn.say("done"))) {
            for (String method : new String[] {"SendMessage", "SendStreamingMessage"}) {
                JsonNode error = house.call(
                                method,
                                A2aHouse.say(
                                        "x",
                                        "\"metadata\":{}",
                                        "\"configuration\":{\"taskPushNotificationConfig\":{\"url\":\"http://localhost/\"}}"))
                        .get("error");
                assertThat(error.get("code").intValue()).isEqualTo(-32003);
            }
            assertThat(house.result("ListTasks", "{}").get("totalSize").intValue())
                    .isZero();
        }
    }

    @Test
    void history_is_as_long_as_was_asked_for() throws Exception {
        try (var house = new A2aHouse(SendMessageTest::asks)) {
            Task asked =
                    house.task(A2aHouse.say("paint", "\"metadata\":{}", "\"configuration\":{\"historyLength\":0}"));
            assertThat(asked.history()).isEmpty();
            Task done = house.task(A2aHouse.say(
                    "red", "\"taskId\":\"" + asked.id() + "\"", "\"configuration\":{\"historyLength\":2}"));
            assertThat(done.history()).extracting(Message::text).containsExactly("which colour?", "red");
            for (int length = 0; length < 5; length++) {
                JsonNode task =
                        house.result("GetTask", "{\"id\":\"" + done.id() + "\",\"historyLength\":" + length + "}");
                assertThat(A2aJson.TASK.read(task).history()).hasSize(Math.min(length, 3));
                assertThat(task.has("history")).isEqualTo(length > 0);
            }
            try (Frames frames = house.open(
                    "SendStreamingMessage",
                    A2aHouse.say("paint", "\"metadata\":{}", "\"configuration\":{\"historyLength\":0}"))) {
                assertThat(frames.take(1).getFirst().event())
                        .isInstanceOfSatisfying(
                                Task.class, task -> assertThat(task.history()).isEmpty());
            }
        }
    }

    @Test
    void an_agent_that_fails_is_an_answer_too() throws Exception {
        try (var house = new A2aHouse(turn -> {
            throw new IllegalStateException("no more paper");
        })) {
            Task task = house.task(A2aHouse.say("x"));
            assertThat(task.status().state()).isEqualTo(TaskState.FAILED);
            assertThat(task.status().message()).extracting(Message::text).isEqualTo("no more paper");
        }
    }

    @Test
    void a_cancel_ends_the_wait_of_the_send_and_comes_once() throws Exception {
        var gate = new Gate();
        try (var house = new A2aHouse(gate);
                var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var waiting = pool.submit(() -> house.task(A2aHouse.say("one two", "\"contextId\":\"c\"")));
            gate.open(1);
            String id = house.result("ListTasks", "{\"contextId\":\"c\"}")
                    .get("tasks")
                    .get(0)
                    .get("id")
                    .stringValue();
            JsonNode cancelled = house.result("CancelTask", "{\"id\":\"" + id + "\"}");
            assertThat(A2aJson.TASK.read(cancelled).status().state()).isEqualTo(TaskState.CANCELED);
            assertThat(A2aHouse.answer(waiting.get())).isEqualTo("one ");
            assertThat(waiting.get().status().state()).isEqualTo(TaskState.CANCELED);
        }
    }

    @Test
    void a_stopping_server_answers_with_the_task_as_it_is() throws Exception {
        var gate = new Gate();
        try (var house = new A2aHouse(gate);
                var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var waiting = pool.submit(() -> house.task(A2aHouse.say("one two")));
            gate.open(1);
            house.server.stop(Duration.ofSeconds(20));
            assertThat(waiting.get().status().state()).isEqualTo(TaskState.WORKING);
            assertThat(A2aHouse.answer(waiting.get())).isEqualTo("one ");
        }
    }
}
