package dev.millrace.client;

import static dev.millrace.client.Events.bareTask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.operation.ListTasksRequest;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class A2aClientTest {
    private final ScriptedServer server = new ScriptedServer();

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void the_card_says_where_to_go_and_the_first_interface_that_it_speaks_is_taken() throws Exception {
        server.then(call -> call.status(200, "application/json", card("""
                {"url":"/x","protocolBinding":"https://example.org/pigeon","protocolVersion":"1.0"},
                {"url":"/old","protocolBinding":"JSONRPC","protocolVersion":"0.3"},
                {"url":"/rpc","protocolBinding":"JSONRPC","protocolVersion":"1.0","tenant":"acme"},
                {"url":"/later","protocolBinding":"JSONRPC","protocolVersion":"1.0"}""", "")))
                .then(call -> call.result("{\"task\":" + bareTask("COMPLETED", "hi") + "}"));
        try (A2aClient client = A2aClient.at(server.uri()).bearerToken("secret").connect()) {
            assertThat(client.card().orElseThrow().name()).isEqualTo("test");
            assertThat(client.url()).isEqualTo(server.uri("/rpc"));
            assertThat(client.send(Message.user("m1", "hello"))).isInstanceOf(Task.class);
        }
        ScriptedServer.Call card = server.call();
        assertThat(card.line).startsWith("GET /.well-known/agent-card.json ");
        assertThat(card.headers).containsEntry("Authorization", "Bearer secret");
        ScriptedServer.Call send = server.call();
        assertThat(send.line).startsWith("POST /rpc ");
        assertThat(send.headers)
                .containsEntry("Authorization", "Bearer secret")
                .containsEntry("A2A-Version", "1.0")
                .containsEntry("Content-Type", "application/json")
                .containsEntry("Accept", "application/json")
                .doesNotContainKey("Upgrade");
        assertThat(send.params().get("tenant").stringValue()).isEqualTo("acme");
        assertThat(send.params().get("message").has("contextId")).isFalse();
    }

    @Test
    void without_a_card_the_url_is_the_interface() throws Exception {
        server.then(call -> call.status(404, "text/plain", "no")).then(call -> call.result(bareTask("WORKING", "")));
        try (A2aClient client = A2aClient.connect(server.uri("/a2a/echo"))) {
            assertThat(client.card()).isEmpty();
            assertThat(client.getTask("t1").status().state()).isEqualTo(TaskState.WORKING);
        }
        assertThat(server.call().line).startsWith("GET /a2a/echo/.well-known/agent-card.json ");
        assertThat(server.call().line).startsWith("POST /a2a/echo ");
    }

    @Test
    void the_url_of_a_card_is_read_as_such() throws Exception {
        server.then(call -> call.status(
                200,
                "application/json",
                card("{\"url\":\"rpc\",\"protocolBinding\":\"JSONRPC\",\"protocolVersion\":\"1.0\"}", "")));
        try (A2aClient client = A2aClient.connect(server.uri("/agents/one.json"))) {
            assertThat(client.url()).isEqualTo(server.uri("/agents/rpc"));
        }
        assertThat(server.call().line).startsWith("GET /agents/one.json ");
    }

    @Test
    void a_card_with_no_interface_that_it_speaks_says_which_there_are() {
        server.then(call -> call.status(
                200,
                "application/json",
                card("{\"url\":\"localhost:9\",\"protocolBinding\":\"PIGEON\",\"protocolVersion\":\"1.0\"}", "")));
        assertThatThrownBy(() -> A2aClient.connect(server.uri()))
                .isInstanceOf(ConnectionFailed.class)
                .hasMessageContaining("PIGEON 1.0")
                .hasMessageContaining("JSONRPC 1.0, HTTP+JSON 1.0, GRPC 1.0");
    }

    @Test
    void a_card_that_wants_credentials_is_an_error() {
        server.then(call -> call.status(401, "text/plain", "who are you"));
        A2aException e = catchThrowableOfType(A2aException.class, () -> A2aClient.connect(server.uri()));
        assertThat(e.code()).isEqualTo(401);
    }

    @Test
    void a_server_that_says_it_is_resumable_gets_messages_again() throws Exception {
        server.then(call -> call.status(
                        200,
                        "application/json",
                        card(
                                "{\"url\":\"/rpc\",\"protocolBinding\":\"JSONRPC\",\"protocolVersion\":\"1.0\"}",
                                "\"extensions\":[{\"uri\":\"" + A2aClient.RESUMABLE + "\"}]")))
                .then(call -> {})
                .then(call -> call.result("{\"task\":" + bareTask("COMPLETED", "hi") + "}"));
        try (A2aClient client = A2aClient.connect(server.uri())) {
            assertThat(client.send(Message.user("m1", "hello"))).isInstanceOf(Task.class);
        }
        server.call();
        var first = server.call().params().get("message");
        assertThat(server.call().params().get("message")).isEqualTo(first);
        assertThat(first.has("contextId")).isTrue();
    }

    @Test
    void reading_is_tried_again_after_a_lost_connection_but_not_forever() throws Exception {
        server.then(call -> {}).then(call -> {}).then(call -> call.result(bareTask("COMPLETED", "hi")));
        try (A2aClient client = client()) {
            assertThat(client.getTask("t1").id()).isEqualTo("t1");
            server.always(call -> {});
            assertThatThrownBy(() -> client.getTask("t1")).isInstanceOf(ConnectionFailed.class);
        }
        assertThat(server.unreadCalls()).isEqualTo(6);
    }

    @Test
    void sending_and_cancelling_are_not_tried_again_when_they_may_have_arrived() {
        server.always(call -> {});
        try (A2aClient client = client()) {
            assertThatThrownBy(() -> client.send(Message.user("m1", "x"))).isInstanceOf(ConnectionFailed.class);
            assertThatThrownBy(() -> client.cancel("t1")).isInstanceOf(ConnectionFailed.class);
        }
        assertThat(server.unreadCalls()).isEqualTo(2);
    }

    @Test
    void tasks_are_listed_and_cancelled() throws Exception {
        server.then(call -> call.result("{\"tasks\":[" + bareTask("WORKING", "")
                        + "],\"nextPageToken\":\"n\",\"pageSize\":1,\"totalSize\":2}"))
                .then(call -> call.result(bareTask("CANCELED", "")));
        try (A2aClient client = client()) {
            var page = client.listTasks(ListTasksRequest.all());
            assertThat(page.tasks()).hasSize(1);
            assertThat(page.nextPageToken()).isEqualTo("n");
            assertThat(client.cancel("t1").status().state()).isEqualTo(TaskState.CANCELED);
        }
        assertThat(server.call().method()).isEqualTo("ListTasks");
        ScriptedServer.Call cancel = server.call();
        assertThat(cancel.method()).isEqualTo("CancelTask");
        assertThat(cancel.params().get("id").stringValue()).isEqualTo("t1");
    }

    @Test
    void each_request_has_an_id_of_its_own_and_an_answer_to_another_is_refused() throws Exception {
        server.then(call -> call.result(bareTask("WORKING", "")))
                .then(call -> call.status(
                        200,
                        "application/json",
                        "{\"jsonrpc\":\"2.0\",\"id\":999,\"result\":" + bareTask("WORKING", "") + "}"));
        try (A2aClient client = client()) {
            client.getTask("t1");
            assertThatThrownBy(() -> client.getTask("t1"))
                    .isInstanceOf(ConnectionFailed.class)
                    .hasMessageContaining("answered request 999");
        }
        assertThat(server.call().json.get("id")).isNotEqualTo(server.call().json.get("id"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"<html>hi</html>", "{}", "[]", "7", "", "{\"jsonrpc\":\"2.0\",\"result\":{\"id\":7}}"})
    void an_answer_that_is_not_a2a_is_a_clear_error(String body) {
        server.then(call -> call.status(200, "application/json", body));
        try (A2aClient client = client()) {
            assertThatThrownBy(() -> client.getTask("t1"))
                    .isInstanceOf(ConnectionFailed.class)
                    .hasMessageContaining(server.uri("/a2a").toString());
        }
        assertThat(server.unreadCalls()).isEqualTo(1);
    }

    @Test
    void an_http_error_keeps_its_status_and_what_was_said() {
        server.then(call -> call.status(
                413,
                "application/problem+json",
                "{\"title\":\"Too large\",\"detail\":\"the body is larger than 8 MiB\"}"));
        try (A2aClient client = client()) {
            A2aException e = catchThrowableOfType(A2aException.class, () -> client.getTask("t1"));
            assertThat(e.code()).isEqualTo(413);
            assertThat(e).hasMessageContaining("larger than 8 MiB");
        }
    }

    @Test
    void a_redirect_is_not_followed_with_the_credentials_but_told() {
        server.then(call -> call.raw(
                String.join("\r\n", "HTTP/1.1 307 X", "Location: http://example.org/", "Content-Length: 0", "", "")));
        try (A2aClient client = client()) {
            assertThatThrownBy(() -> client.getTask("t1"))
                    .isInstanceOf(A2aException.class)
                    .hasMessageContaining("http://example.org/");
        }
    }

    @Test
    void a_server_that_never_answers_is_given_up() {
        server.then(ScriptedServer.Call::awaitLeave);
        try (A2aClient client = A2aClient.atInterface(server.uri("/a2a"))
                .requestTimeout(Duration.ofMillis(100))
                .connect()) {
            assertThatThrownBy(() -> client.getTask("t1"))
                    .isInstanceOf(ConnectionFailed.class)
                    .hasMessageContaining("in time");
        }
    }

    @Test
    void a_url_that_is_none_is_refused_with_an_example() {
        assertThatThrownBy(() -> A2aClient.at(URI.create("localhost:8080")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("http://localhost:8080");
    }

    @Test
    void closing_leaves_no_thread_and_no_connection_behind() throws Exception {
        var streaming = new CountDownLatch(5);
        server.always(call -> {
            if (call.method().equals("GetTask")) {
                call.result(bareTask("WORKING", ""));
            } else {
                call.stream().event("1", Events.task("WORKING"));
                streaming.countDown();
                call.awaitLeave();
            }
        });
        A2aClient client = client();
        client.getTask("t1");
        var ends = new CompletableFuture<?>[5];
        for (int i = 0; i < ends.length; i++) {
            TaskStream stream = client.stream(Message.user("m" + i, "x"));
            assertThat(stream.next()).isNotNull();
            ends[i] = CompletableFuture.supplyAsync(stream::next, Thread::startVirtualThread);
        }
        assertThat(streaming.await(20, TimeUnit.SECONDS)).isTrue();
        client.close();
        for (CompletableFuture<?> end : ends) {
            assertThat(end.get(20, TimeUnit.SECONDS)).isNull();
        }
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            assertThat(server.openConnections()).isZero();
            assertThat(Thread.getAllStackTraces().keySet())
                    .noneMatch(thread -> thread.getName().startsWith("HttpClient-"));
        });
        assertThatThrownBy(() -> client.stream(Message.user("m", "x"))).isInstanceOf(IllegalStateException.class);
    }

    private A2aClient client() {
        return A2aClient.atInterface(server.uri("/a2a"))
                .reconnect(Duration.ofMillis(1), Duration.ofMillis(5), Duration.ofSeconds(5))
                .connect();
    }

    private static String card(String interfaces, String capabilities) {
        return "{\"name\":\"test\",\"description\":\"d\",\"version\":\"1\",\"supportedInterfaces\":[" + interfaces
                + "],\"capabilities\":{" + capabilities + "},\"defaultInputModes\":[\"text/plain\"],"
                + "\"defaultOutputModes\":[\"text/plain\"],\"skills\":[]}";
    }
}
