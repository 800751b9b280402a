package dev.millrace.protocol.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class A2aErrorTest {

    @ParameterizedTest
    @CsvSource({
        "TASK_NOT_FOUND,                     -32001, NOT_FOUND,           404, NOT_FOUND,           404",
        "TASK_NOT_CANCELABLE,                -32002, FAILED_PRECONDITION, 400, FAILED_PRECONDITION, 409",
        "PUSH_NOTIFICATION_NOT_SUPPORTED,    -32003, FAILED_PRECONDITION, 400, UNIMPLEMENTED,       400",
        "UNSUPPORTED_OPERATION,              -32004, FAILED_PRECONDITION, 400, UNIMPLEMENTED,       400",
        "CONTENT_TYPE_NOT_SUPPORTED,         -32005, INVALID_ARGUMENT,    400, INVALID_ARGUMENT,    415",
        "INVALID_AGENT_RESPONSE,             -32006, INTERNAL,            500, INTERNAL,            502",
        "EXTENDED_AGENT_CARD_NOT_CONFIGURED, -32007, FAILED_PRECONDITION, 400, FAILED_PRECONDITION, 400",
        "EXTENSION_SUPPORT_REQUIRED,         -32008, FAILED_PRECONDITION, 400, FAILED_PRECONDITION, 400",
        "VERSION_NOT_SUPPORTED,              -32009, FAILED_PRECONDITION, 400, UNIMPLEMENTED,       400",
        "TASK_GENERATION_MISMATCH,           -32010, ABORTED,             409, ABORTED,             409"
    })
    void each_error_is_as_the_editions_say(
            String reason, int code, String grpc, int http, String firstGrpc, int firstHttp) {
        A2aError error = A2aError.ofReason(reason).orElseThrow();

        assertThat(error.code()).isEqualTo(code);
        assertThat(A2aError.ofCode(code)).contains(error);
        assertThat(error.grpcStatus(ErrorTable.V1_0_1)).isEqualTo(grpc);
        assertThat(error.httpStatus(ErrorTable.V1_0_1)).isEqualTo(http);
        assertThat(error.grpcStatus(ErrorTable.V1_0_0)).isEqualTo(firstGrpc);
        assertThat(error.httpStatus(ErrorTable.V1_0_0)).isEqualTo(firstHttp);
    }

    @Test
    void six_errors_differ_between_the_editions() {
        assertThat(Arrays.stream(A2aError.values())
                        .filter(error ->
                                !error.grpcStatus(ErrorTable.V1_0_0).equals(error.grpcStatus(ErrorTable.V1_0_1))
                                        || error.httpStatus(ErrorTable.V1_0_0) != error.httpStatus(ErrorTable.V1_0_1)))
                .hasSize(6);
    }

    @Test
    void what_is_none_of_a2as_is_not_found() {
        assertThat(A2aError.ofCode(-32603)).isEmpty();
        assertThat(A2aError.ofReason("OUT_OF_CHEESE")).isEmpty();
    }

    @Test
    void details_have_their_types() {
        assertThat(ErrorInfo.of(A2aError.TASK_NOT_FOUND, Map.of("taskId", "t", "a", "b"))
                        .json())
                .hasToString("{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"TASK_NOT_FOUND\","
                        + "\"domain\":\"a2a-protocol.org\",\"metadata\":{\"a\":\"b\",\"taskId\":\"t\"}}");
        assertThat(BadRequest.of("message.parts", "is required").json())
                .hasToString("{\"@type\":\"type.googleapis.com/google.rpc.BadRequest\",\"fieldViolations\":"
                        + "[{\"field\":\"message.parts\",\"description\":\"is required\"}]}");
    }
}
