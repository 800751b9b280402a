package dev.millrace.server.a2a;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.protocol.json.JsonText;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The envelope: JSON-RPC 2.0 to the letter, and A2A's version rule. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JsonRpcTest {
    private A2aHouse house;
    private String ended;

    @BeforeAll
    void start() throws Exception {
        house = new A2aHouse(
                new MemoryStore(),
                new AgentCatalog(List.of(
                        new AgentCatalog.Listing(
                                "echo",
                                "Says it again.",
                                turn -> turn.say(turn.message().text())),
                        new AgentCatalog.Listing("other", "Another one.", turn -> turn.say("other")))));
        ended = house.task(A2aHouse.say("hello")).id();
    }

    @AfterAll
    void stop() {
        house.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1",
                "-7",
                "0",
                "1.10",
                "1e3",
                "12345678901234567890",
                "null",
                "\"a\"",
                "\"\"",
                "\"1\"",
                "\"\\\"é\\n\""
            })
    void an_id_comes_back_as_it_was_given(String id) throws Exception {
        String body = "{\"params\":{\"id\":\"" + ended + "\",\"historyLength\":0},\"id\":" + id
                + ",\"method\":\"GetTask\",\"jsonrpc\":\"2.0\"}";
        assertThat(house.post(body).body()).startsWith("{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":{\"id\":\"");
        assertThat(house.post("[{\"jsonrpc\":\"2.0\",\"id\":5.50,\"method\":\"x\"}," + body + "]")
                        .body())
                .startsWith("[{\"jsonrpc\":\"2.0\",\"id\":5.50,\"error\":")
                .contains(",{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {                                                         | -32700 | null
                    ``                                                        | -32700 | null
                    {"jsonrpc":"2.0","id":1,"id":2,"method":"GetTask"}        | -32700 | null
                    {"jsonrpc":"2.0","id":1,"method":"GetTask"} {}            | -32700 | null
                    []                                                        | -32600 | null
                    3                                                         | -32600 | null
                    "GetTask"                                                 | -32600 | null
                    {}                                                        | -32600 | null
                    {"jsonrpc":"1.0","id":1,"method":"GetTask"}               | -32600 | 1
                    {"jsonrpc":2.0,"id":1,"method":"GetTask"}                 | -32600 | 1
                    {"jsonrpc":"2.0","id":1}                                  | -32600 | 1
                    {"jsonrpc":"2.0","id":1,"method":7}                       | -32600 | 1
                    {"jsonrpc":"2.0","id":{},"method":"GetTask"}              | -32600 | null
                    {"jsonrpc":"2.0","id":true,"method":"GetTask"}            | -32600 | null
                    {"jsonrpc":"2.0","id":1,"method":"GetTask","params":"x"}  | -32600 | 1
                    {"jsonrpc":"2.0","id":1,"method":"NoSuch"}                | -32601 | 1
                    {"jsonrpc":"2.0","id":1,"method":"message/send"}          | -32601 | 1
                    {"jsonrpc":"2.0","id":1,"method":"GetTask"}               | -32602 | 1
                    {"jsonrpc":"2.0","id":1,"method":"GetTask","params":[]}   | -32602 | 1
                    {"jsonrpc":"2.0","id":1,"method":"GetTask","params":{"id":7}} | -32602 | 1
                    """)
    void what_is_no_call_is_told_why(String body, int code, String id) throws Exception {
        HttpResponse<String> response = house.post(body);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
        JsonNode json = JsonText.parse(A2aHouse.bytes(response.body()));
        assertThat(json.get("jsonrpc").stringValue()).isEqualTo("2.0");
        assertThat(json.get("id").toString()).isEqualTo(id);
        assertThat(json.get("error").get("code").intValue()).isEqualTo(code);
        assertThat(json.get("error").get("message").stringValue()).isNotBlank();
        assertThat(json.has("result")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    GetTask | {"id":"nope"} | -32001 | TASK_NOT_FOUND
                    CancelTask | {"id":"nope"} | -32001 | TASK_NOT_FOUND
                    SubscribeToTask | {"id":"nope"} | -32001 | TASK_NOT_FOUND
                    CancelTask | {"id":"ENDED"} | -32002 | TASK_NOT_CANCELABLE
                    SubscribeToTask | {"id":"ENDED"} | -32004 | UNSUPPORTED_OPERATION
                    GetExtendedAgentCard | {} | -32004 | UNSUPPORTED_OPERATION
                    CreateTaskPushNotificationConfig | {"taskId":"x","url":"http://localhost"} | -32003 | PUSH_NOTIFICATION_NOT_SUPPORTED
                    GetTaskPushNotificationConfig | {"taskId":"x","id":"y"} | -32003 | PUSH_NOTIFICATION_NOT_SUPPORTED
                    ListTaskPushNotificationConfigs | {"taskId":"x"} | -32003 | PUSH_NOTIFICATION_NOT_SUPPORTED
                    DeleteTaskPushNotificationConfig | {"taskId":"x","id":"y"} | -32003 | PUSH_NOTIFICATION_NOT_SUPPORTED
                    """)
    void a2as_errors_have_their_code_and_reason(String method, String params, int code, String reason)
            throws Exception {
        JsonNode error = house.call(method, params.replace("ENDED", ended)).get("error");
        assertThat(error.get("code").intValue()).isEqualTo(code);
        JsonNode info = error.get("data").get(0);
        assertThat(info.get("@type").stringValue()).isEqualTo("type.googleapis.com/google.rpc.ErrorInfo");
        assertThat(info.get("reason").stringValue()).isEqualTo(reason);
        assertThat(info.get("domain").stringValue()).isEqualTo("a2a-protocol.org");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    SendMessage | {} | message
                    SendMessage | {"message":{"messageId":"m","role":"ROLE_USER","parts":[]}} | message.parts
                    SendMessage | {"message":{"messageId":"m","role":"ROLE_USER","parts":[{}]}} | message.parts[0]
                    SendMessage | {"message":{"messageId":"m","role":"ROLE_AGENT","parts":[{"text":"x"}]}} | message.role
                    SendStreamingMessage | {"message":{"role":"ROLE_USER","parts":[{"text":"x"}]}} | message.messageId
                    SendMessage | {"tenant":"t","message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"x"}]}} | tenant
                    SendMessage | {"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"x"}]},"configuration":{"historyLength":-1}} | configuration.historyLength
                    GetTask | {"id":"x","historyLength":-1} | historyLength
                    GetTask | {} | id
                    ListTasks | {"pageSize":0} | pageSize
                    ListTasks | {"pageSize":101} | pageSize
                    ListTasks | {"pageToken":"what?"} | pageToken
                    ListTasks | {"status":"DONE"} | status
                    ListTasks | {"statusTimestampAfter":"yesterday"} | statusTimestampAfter
                    """)
    void a_wrong_field_is_named(String method, String params, String field) throws Exception {
        JsonNode error = house.call(method, params).get("error");
        assertThat(error.get("code").intValue()).isEqualTo(-32602);
        JsonNode badRequest = error.get("data").get(0);
        assertThat(badRequest.get("@type").stringValue()).isEqualTo("type.googleapis.com/google.rpc.BadRequest");
        assertThat(badRequest.get("fieldViolations").get(0).get("field").stringValue())
                .isEqualTo(field);
    }

    @Test
    void a_batch_is_answered_in_its_order_without_its_notifications() throws Exception {
        String get = "\"method\":\"GetTask\",\"params\":{\"id\":\"" + ended + "\"}";
        HttpResponse<String> response = house.post("[{\"jsonrpc\":\"2.0\",\"id\":1," + get + "},"
                + "{\"jsonrpc\":\"2.0\"," + get + "},"
                + "7,"
                + "{\"jsonrpc\":\"2.0\",\"id\":\"s\",\"method\":\"SubscribeToTask\",\"params\":{\"id\":\"x\"}},"
                + "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"SendMessage\",\"params\":" + A2aHouse.say("two") + "},"
                + "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"Nothing\"}]");
        JsonNode array = JsonText.parse(A2aHouse.bytes(response.body()));
        assertThat(array.size()).isEqualTo(5);
        assertThat(array.get(0).get("result").get("id").stringValue()).isEqualTo(ended);
        assertThat(array.get(1).toString()).contains("\"id\":null").contains("-32600");
        assertThat(array.get(2).toString()).contains("\"id\":\"s\"").contains("-32600");
        assertThat(array.get(3)
                        .get("result")
                        .get("task")
                        .get("status")
                        .get("state")
                        .stringValue())
                .isEqualTo("TASK_STATE_COMPLETED");
        assertThat(array.get(4).get("error").get("code").intValue()).isEqualTo(-32601);
    }

    @Test
    void a_batch_holds_a_hundred_calls_and_not_one_more() throws Exception {
        assertThat(JsonText.parse(A2aHouse.bytes(house.post(batch(100)).body())).size())
                .isEqualTo(100);
        assertThat(house.post(batch(101)).body())
                .startsWith("{")
                .contains("\"id\":null")
                .contains("-32600");
    }

    private static String batch(int size) {
        return IntStream.range(0, size)
                .mapToObj(
                        i -> "{\"jsonrpc\":\"2.0\",\"id\":" + i + ",\"method\":\"GetTask\",\"params\":{\"id\":\"x\"}}")
                .collect(Collectors.joining(",", "[", "]"));
    }

    @Test
    void a_notification_is_done_and_not_answered() throws Exception {
        String call = "{\"jsonrpc\":\"2.0\",\"method\":\"SendMessage\",\"params\":"
                + A2aHouse.say("quietly", "\"contextId\":\"quiet\"") + "}";
        String streamed = "{\"jsonrpc\":\"2.0\",\"method\":\"SendStreamingMessage\",\"params\":"
                + A2aHouse.say("quietly", "\"contextId\":\"quiet\"") + "}";
        for (String body : List.of(call, streamed, "[" + call + "," + streamed + "]")) {
            HttpResponse<String> response = house.post(body);
            assertThat(response.statusCode()).isEqualTo(204);
            assertThat(response.body()).isEmpty();
        }
        // The batch repeats both messages, which changes nothing.
        assertThat(house.result("ListTasks", "{\"contextId\":\"quiet\"}")
                        .get("totalSize")
                        .intValue())
                .isEqualTo(2);
        assertThat(house.post("{\"jsonrpc\":\"2.0\",\"method\":\"GetTask\",\"params\":{}}")
                        .statusCode())
                .isEqualTo(204);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.0", "1.0.0", "1.0.17", " 1.0 "})
    void the_patch_of_the_version_does_not_matter(String version) throws Exception {
        assertThat(withVersion(version).has("result")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0.3", "1", "1.1", "2.0", "1.0.x", "10.0", "v1.0"})
    void another_version_is_refused_and_the_right_one_named(String version) throws Exception {
        JsonNode error = withVersion(version).get("error");
        assertThat(error.get("code").intValue()).isEqualTo(-32009);
        assertThat(error.get("message").stringValue()).contains("A2A-Version: 1.0");
        assertThat(error.get("data").get(0).get("reason").stringValue()).isEqualTo("VERSION_NOT_SUPPORTED");
    }

    private JsonNode withVersion(String version) throws Exception {
        String body = A2aHouse.rpc("GetTask", "{\"id\":\"" + ended + "\"}");
        return JsonText.parse(A2aHouse.bytes(house.send(house.request("/a2a", body)
                        .setHeader("A2A-Version", version)
                        .build())
                .body()));
    }

    @Test
    void the_version_may_stand_in_the_query_and_must_stand_somewhere() throws Exception {
        String body = A2aHouse.rpc("GetTask", "{\"id\":\"" + ended + "\"}");
        var bare = java.net.http.HttpRequest.newBuilder()
                .header("Content-Type", "application/a2a+json")
                .POST(BodyPublishers.ofString(body));
        assertThat(house.send(bare.copy().uri(house.uri("/a2a?A2A-Version=1.0")).build())
                        .body())
                .contains("\"result\"");
        assertThat(house.send(bare.copy().uri(house.uri("/a2a")).build()).body())
                .contains("-32009")
                .contains("0.3");
        String stream = A2aHouse.rpc("SendStreamingMessage", A2aHouse.say("x"));
        assertThat(house.send(bare.copy()
                                .uri(house.uri("/a2a"))
                                .POST(BodyPublishers.ofString(stream))
                                .build())
                        .body())
                .contains("-32009");
    }

    @ParameterizedTest
    @CsvSource({
        "application/json, 200",
        "application/a2a+json, 200",
        "Application/JSON; charset=utf-8, 200",
        "text/plain, 415",
        "application/x-www-form-urlencoded, 415",
        "application/jsonp, 415"
    })
    void only_json_is_taken(String type, int status) throws Exception {
        String body = A2aHouse.rpc("GetTask", "{\"id\":\"" + ended + "\"}");
        assertThat(house.send(house.request("/a2a", body)
                                .setHeader("Content-Type", type)
                                .build())
                        .statusCode())
                .isEqualTo(status);
    }

    @Test
    void unknown_extensions_are_ignored_and_ours_is_acknowledged() throws Exception {
        String body = A2aHouse.rpc("GetTask", "{\"id\":\"" + ended + "\"}");
        HttpResponse<String> unknown = house.send(house.request("/a2a", body)
                .header("A2A-Extensions", "https://example.org/unknown/v1")
                .build());
        assertThat(unknown.body()).contains("\"result\"");
        assertThat(unknown.headers().firstValue("A2A-Extensions")).isEmpty();
        HttpResponse<String> ours = house.send(house.request("/a2a", body)
                .header("A2A-Extensions", "https://example.org/unknown/v1, " + Resumption.URI)
                .build());
        assertThat(ours.headers().firstValue("A2A-Extensions")).contains(Resumption.URI);
    }

    @Test
    void an_agent_has_its_own_address_and_its_own_tasks() throws Exception {
        String get = A2aHouse.rpc("GetTask", "{\"id\":\"" + ended + "\"}");
        assertThat(house.send(house.request("/a2a/echo", get).build()).body()).contains("\"result\"");
        assertThat(house.send(house.request("/a2a/other", get).build()).body()).contains("TASK_NOT_FOUND");
        assertThat(house.send(house.request("/a2a/nobody", get).build()).statusCode())
                .isEqualTo(404);
        String list = A2aHouse.rpc("ListTasks", "{}");
        assertThat(house.send(house.request("/a2a/other", list).build()).body()).contains("\"totalSize\":0");
    }

    @Test
    void what_is_somebody_elses_does_not_exist() throws Exception {
        for (String method : List.of("GetTask", "CancelTask", "SubscribeToTask")) {
            String body = A2aHouse.rpc(method, "{\"id\":\"" + ended + "\"}");
            assertThat(house.send(house.request("/a2a", body)
                                    .header("X-Owner", "you")
                                    .build())
                            .body())
                    .as(method)
                    .contains("TASK_NOT_FOUND");
        }
        String follow = A2aHouse.rpc("SendMessage", A2aHouse.say("x", "\"taskId\":\"" + ended + "\""));
        assertThat(house.send(house.request("/a2a", follow)
                                .header("X-Owner", "you")
                                .build())
                        .body())
                .contains("TASK_NOT_FOUND");
    }
}
