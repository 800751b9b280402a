package dev.millrace.protocol.rpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.millrace.protocol.error.A2aError;
import dev.millrace.protocol.error.A2aException;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.protocol.json.JsonText;
import dev.millrace.protocol.operation.GetTaskRequest;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.JsonNodeFactory;

class RpcTest {

    private static RpcRequest parse(String body) {
        return RpcRequest.parse(body.getBytes(UTF_8));
    }

    // ---- requests

    @Test
    void a_request_is_read() {
        RpcRequest request =
                parse("{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"GetTask\",\"params\":{\"id\":\"t\"},\"x\":[1]}");

        assertThat(request.method()).isEqualTo("GetTask");
        assertThat(request.id()).isEqualTo(RpcId.of("a"));
        assertThat(A2aJson.GET_TASK_REQUEST.read(request.paramsOrEmpty())).isEqualTo(GetTaskRequest.of("t"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1",
                "0",
                "-7",
                "1.0",
                "1.50",
                "-0",
                "1e3",
                "12345678901234567890123",
                "1E400",
                "\"a\"",
                "\"\"",
                "\"é\\n\"",
                "null"
            })
    void an_id_comes_back_as_it_was_given(String id) {
        RpcRequest request = parse("{\"jsonrpc\":\"2.0\",\"method\":\"M\",\"id\":" + id + "}");

        assertThat(request.id().absent()).isFalse();
        assertThat(new String(RpcResponse.write(request.id(), "{}".getBytes(UTF_8)), UTF_8))
                .isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":{}}");
    }

    @Test
    void a_request_without_an_id_is_a_notification() {
        RpcRequest request = parse("{\"jsonrpc\":\"2.0\",\"method\":\"M\"}");

        assertThat(request.id()).isEqualTo(RpcId.ABSENT);
        assertThat(request.params()).isNull();
        assertThat(request.paramsOrEmpty().isEmpty()).isTrue();
    }

    @Test
    void a_written_request_reads_the_same() {
        byte[] params = A2aJson.GET_TASK_REQUEST.write(GetTaskRequest.of("t"));

        assertThat(new String(RpcRequest.write(RpcId.of(7), "GetTask", params), UTF_8))
                .isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"GetTask\",\"params\":{\"id\":\"t\"}}");
        assertThat(RpcRequest.parse(RpcRequest.write(RpcId.ABSENT, "M\"", params)))
                .isEqualTo(new RpcRequest(RpcId.ABSENT, "M\"", JsonText.parse(params)));
    }

    static List<Arguments> refused() {
        return List.of(
                arguments("", -32700, "null", "empty"),
                arguments("{", -32700, "null", "line 1"),
                arguments("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"M\"", -32700, "null", "line 1"),
                arguments("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"M\"} x", -32700, "null", "line 1"),
                arguments("{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"M\"}", -32700, "null", "id"),
                arguments("[", -32700, "null", "line 1"),
                arguments("[]", -32600, "null", "Batches are not supported"),
                arguments("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"M\"}]", -32600, "null", "Batches"),
                arguments("7", -32600, "null", "must be an object"),
                arguments("null", -32600, "null", "must be an object"),
                arguments("{}", -32600, "null", "\"jsonrpc\" must be \"2.0\""),
                arguments("{\"id\":1,\"method\":\"M\"}", -32600, "1", "\"jsonrpc\" must be \"2.0\""),
                arguments(
                        "{\"jsonrpc\":\"1.0\",\"method\":\"M\",\"id\":1}", -32600, "1", "\"jsonrpc\" must be \"2.0\""),
                arguments("{\"jsonrpc\":2.0,\"method\":\"M\",\"id\":1}", -32600, "1", "\"jsonrpc\" must be \"2.0\""),
                arguments("{\"jsonrpc\":\"2.0\",\"id\":\"x\"}", -32600, "\"x\"", "\"method\" must be a string"),
                arguments(
                        "{\"jsonrpc\":\"2.0\",\"method\":{\"a\":[]},\"id\":\"x\"}",
                        -32600,
                        "\"x\"",
                        "\"method\" must be a string"),
                arguments("{\"jsonrpc\":\"2.0\",\"method\":\"M\",\"params\":1,\"id\":5}", -32600, "5", "\"params\""),
                arguments("{\"jsonrpc\":\"2.0\",\"method\":\"M\",\"id\":true}", -32600, "null", "\"id\" must be"),
                arguments("{\"jsonrpc\":\"2.0\",\"method\":\"M\",\"id\":{\"a\":1}}", -32600, "null", "\"id\" must be"),
                arguments(
                        "{\"jsonrpc\":\"2.0\",\"method\":\"M\",\"id\":\"" + "x".repeat(RpcId.MAX_LENGTH) + "\"}",
                        -32600,
                        "null",
                        "\"id\" must not be longer"));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void a_body_that_is_no_request_is_refused_with_its_id(String body, int code, String id, String message) {
        RpcException refused = catchThrowableOfType(RpcException.class, () -> parse(body));

        assertThat(refused).as(body).isNotNull();
        assertThat(refused.error().code()).isEqualTo(code);
        assertThat(refused.id().json()).isEqualTo(id);
        assertThat(refused).hasMessageContaining(message);
    }

    @Test
    void null_params_are_no_params() {
        assertThat(parse("{\"jsonrpc\":\"2.0\",\"method\":\"M\",\"params\":null}")
                        .params())
                .isNull();
    }

    // ---- responses

    @Test
    void an_a2a_error_carries_its_error_info() {
        var e = new A2aException(A2aError.TASK_NOT_FOUND, "There is no task \"t\"", Map.of("taskId", "t"));

        byte[] written = RpcResponse.write(RpcId.of(1), RpcError.of(e));

        assertThat(new String(written, UTF_8))
                .isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32001,"
                        + "\"message\":\"There is no task \\\"t\\\"\",\"data\":[{\"@type\":\"type.googleapis.com/"
                        + "google.rpc.ErrorInfo\",\"reason\":\"TASK_NOT_FOUND\",\"domain\":\"a2a-protocol.org\","
                        + "\"metadata\":{\"taskId\":\"t\"}}]}}");
        assertThat(RpcResponse.read(written)).isEqualTo(new RpcResponse.Failure(RpcId.of(1), RpcError.of(e)));
    }

    @Test
    void a_wrong_field_is_named_for_people_and_for_programs() {
        RpcError error = RpcError.invalidParams(new InvalidField("message.parts[0]", "must be an object, not null"));

        assertThat(error.code()).isEqualTo(-32602);
        assertThat(error.message()).isEqualTo("Invalid parameters: message.parts[0]: must be an object, not null");
        assertThat(error.json().at("/data/0/fieldViolations/0/field").asString())
                .isEqualTo("message.parts[0]");
    }

    @Test
    void a_client_knows_an_error_by_its_reason_first_and_its_code_else() {
        assertThat(RpcError.of(A2aError.UNSUPPORTED_OPERATION, "no", Map.of()).a2aError())
                .contains(A2aError.UNSUPPORTED_OPERATION);
        assertThat(new RpcError(
                                -32000,
                                "moved",
                                RpcError.of(A2aError.TASK_NOT_FOUND, "", Map.of())
                                        .data())
                        .a2aError())
                .contains(A2aError.TASK_NOT_FOUND);
        assertThat(new RpcError(-32009, "", null).a2aError()).contains(A2aError.VERSION_NOT_SUPPORTED);
        assertThat(new RpcError(-32603, "", JsonNodeFactory.instance.stringNode("trace")).a2aError())
                .isEmpty();
    }

    @Test
    void a_result_is_read() {
        var response = RpcResponse.read("{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"id\":\"t\"}}".getBytes(UTF_8));

        assertThat(response).isInstanceOfSatisfying(RpcResponse.Result.class, result -> {
            assertThat(result.id()).isEqualTo(RpcId.of(3));
            assertThat(result.result().get("id").asString()).isEqualTo("t");
        });
    }

    @Test
    void peers_that_print_nulls_are_understood() {
        assertThat(RpcResponse.read("{\"id\":null,\"result\":{},\"error\":null}".getBytes(UTF_8)))
                .isInstanceOf(RpcResponse.Result.class);
        assertThat(RpcResponse.read("{\"id\":1,\"result\":null,\"error\":{\"code\":-1}}".getBytes(UTF_8)))
                .isEqualTo(new RpcResponse.Failure(RpcId.of(1), new RpcError(-1, "", null)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "{}",
                "{\"id\":1}",
                "{\"id\":[],\"result\":1}",
                "{\"result\":1,\"error\":{\"code\":1}}",
                "{\"error\":{}}",
                "{\"error\":{\"code\":1.5}}",
                "{\"error\":7}"
            })
    void what_is_no_response_is_refused(String json) {
        assertThatExceptionOfType(InvalidField.class).isThrownBy(() -> RpcResponse.read(json.getBytes(UTF_8)));
    }
}
