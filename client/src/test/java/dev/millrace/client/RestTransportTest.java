package dev.millrace.client;

import static dev.millrace.client.Events.bareTask;
import static dev.millrace.client.Events.chunk;
import static dev.millrace.client.Events.status;
import static dev.millrace.client.Events.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.operation.GetTaskRequest;
import dev.millrace.protocol.operation.ListTasksRequest;
import dev.millrace.protocol.push.TaskPushNotificationConfig;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** HTTP+JSON on the wire: where requests go, and what is made of answers. */
@Timeout(60)
class RestTransportTest {
    private final ScriptedServer server = new ScriptedServer();

    @AfterEach
    void close() {
        server.close();
    }

    private A2aClient client() {
        return A2aClient.atInterface(server.uri("/agent/"))
                .bindings(Binding.HTTP_JSON)
                .reconnect(Duration.ofMillis(1), Duration.ofMillis(5), Duration.ofSeconds(20))
                .connect();
    }

    @Test
    void each_operation_has_its_route() throws Exception {
        String config = "{\"taskId\":\"t1\",\"id\":\"c1\",\"url\":\"http://h/\"}";
        server.then(call -> call.status(200, "application/a2a+json", "{\"task\":" + bareTask("COMPLETED", "") + "}"))
                .then(call -> call.status(200, "application/json", bareTask("WORKING", "")))
                .then(call -> call.status(
                        200,
                        "application/json",
                        "{\"tasks\":[],\"nextPageToken\":\"\",\"pageSize\":7,\"totalSize\":0}"))
                .then(call -> call.status(200, "application/json", bareTask("CANCELED", "")))
                .then(call -> call.status(200, "application/json", config))
                .then(call -> call.status(200, "application/json", config))
                .then(call -> call.status(200, "application/json", "{\"configs\":[" + config + "]}"))
                .then(call -> call.status(204, "application/json", ""));
        try (A2aClient client = client()) {
            client.send(Message.user("m1", "hello"));
            client.getTask(new GetTaskRequest("a tenant", "t/1?", 3));
            client.listTasks(new ListTasksRequest(null, "c 1", TaskState.WORKING, 7, "p&q", null, null, true));
            client.cancel("t1");
            client.createPushConfig(new TaskPushNotificationConfig(null, null, "t1", "http://h/", null, null));
            client.getPushConfig("t1", "c1");
            client.listPushConfigs("t1");
            client.deletePushConfig("t1", "c1");
        }
        ScriptedServer.Call send = server.call();
        assertThat(send.line).startsWith("POST /agent/message:send ");
        assertThat(send.json.at("/message/parts/0/text").stringValue()).isEqualTo("hello");
        assertThat(send.headers).containsEntry("A2A-Version", "1.0").containsEntry("Content-Type", "application/json");
        assertThat(server.call().line).startsWith("GET /agent/a%20tenant/tasks/t%2F1%3F?historyLength=3 ");
        assertThat(server.call().line)
                .startsWith("GET /agent/tasks?")
                .contains("contextId=c%201", "status=TASK_STATE_WORKING", "pageSize=7", "pageToken=p%26q")
                .contains("includeArtifacts=true");
        assertThat(server.call().line).startsWith("POST /agent/tasks/t1:cancel ");
        ScriptedServer.Call create = server.call();
        assertThat(create.line).startsWith("POST /agent/tasks/t1/pushNotificationConfigs ");
        assertThat(create.json.get("url").stringValue()).isEqualTo("http://h/");
        assertThat(server.call().line).startsWith("GET /agent/tasks/t1/pushNotificationConfigs/c1 ");
        assertThat(server.call().line).startsWith("GET /agent/tasks/t1/pushNotificationConfigs ");
        assertThat(server.call().line).startsWith("DELETE /agent/tasks/t1/pushNotificationConfigs/c1 ");
    }

    @Test
    void a_cut_stream_goes_on_after_the_last_event() throws Exception {
        server.then(call -> call.streamCutShort()
                        .raw("id: 4\ndata: " + task("WORKING") + "\n\nid: 5\ndata: " + chunk("a ") + "\n\n"))
                .then(call -> call.stream()
                        .raw("id: 6\ndata: " + chunk("b") + "\n\nid: 7\ndata: " + status("COMPLETED") + "\n\n"));
        try (A2aClient client = client();
                TaskStream stream = client.stream(Message.user("m1", "hello"))) {
            var ids = new ArrayList<String>();
            stream.forEach(event -> ids.add(stream.lastEventId()));
            assertThat(ids).containsExactly("4", "5", "6", "7");
        }
        assertThat(server.call().line).startsWith("POST /agent/message:stream ");
        ScriptedServer.Call again = server.call();
        assertThat(again.line).startsWith("POST /agent/tasks/t1:subscribe ");
        assertThat(again.headers).containsEntry("Last-Event-ID", "5");
    }

    @Test
    void an_error_is_known_by_its_reason_whatever_its_status() {
        // v1.0.0 had 409 where v1.0.1 has 400.
        for (int status : new int[] {400, 409}) {
            server.then(call -> call.status(status, "application/json", """
                    {"error":{"code":%d,"status":"FAILED_PRECONDITION","message":"it has ended","details":[
                    {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"TASK_NOT_CANCELABLE",
                    "domain":"a2a-protocol.org"}]}}""".formatted(status)));
            try (A2aClient client = client()) {
                A2aException e = catchThrowableOfType(A2aException.class, () -> client.cancel("t1"));
                assertThat(e.code()).isEqualTo(-32002);
                assertThat(e.reason()).isEqualTo("TASK_NOT_CANCELABLE");
                assertThat(e).hasMessage("it has ended");
                assertThat(e.data()).hasSize(1);
            }
        }
    }

    @Test
    void an_error_in_the_middle_of_a_stream_ends_it() {
        server.then(call -> call.stream()
                .raw("data: " + task("WORKING") + "\n\ndata: {\"error\":{\"code\":500,\"message\":\"broken\"}}\n\n"));
        try (A2aClient client = client();
                TaskStream stream = client.stream(Message.user("m1", "hello"))) {
            assertThat(stream.next()).isInstanceOf(Task.class);
            assertThatThrownBy(stream::next).isInstanceOf(A2aException.class).hasMessage("broken");
        }
    }

    @Test
    void a_busy_server_is_asked_again_when_it_says_and_an_overloaded_one_is_not_waited_for() throws Exception {
        server.then(call -> call.status(503, "text/plain", "busy"))
                .then(call -> call.status(200, "application/json", "{\"task\":" + bareTask("COMPLETED", "") + "}"))
                .then(call -> call.raw("HTTP/1.1 429 X\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n"));
        try (A2aClient client = client()) {
            assertThat(client.send(Message.user("m1", "hello")))
                    .isInstanceOf(Task.class); // it did nothing with the first
            A2aException e = catchThrowableOfType(A2aException.class, () -> client.getTask("t1"));
            assertThat(e.code()).isEqualTo(429);
            assertThat(e.retryAfter()).contains(Duration.ofHours(1));
        }
        assertThat(server.call().json.at("/message/messageId"))
                .isEqualTo(server.call().json.at("/message/messageId"));
        server.call();
        assertThat(server.unreadCalls()).isZero();
    }

    @Test
    void a_message_is_not_sent_twice_where_it_may_have_arrived() throws Exception {
        server.then(call -> {}).always(call -> call.status(200, "application/json", "{\"task\":{}}"));
        try (A2aClient client = client()) {
            ConnectionFailed e =
                    catchThrowableOfType(ConnectionFailed.class, () -> client.send(Message.user("m1", "hello")));
            assertThat(e.mayHaveArrived()).isTrue();
        }
        server.call();
        assertThat(server.unreadCalls()).isZero();
    }
}
