package dev.millrace.protocol.error;

import java.util.Arrays;
import java.util.Optional;

/** A2A's own errors (A2A v1.0, 5.4), and what each binding makes of them. */
public enum A2aError {
    TASK_NOT_FOUND(-32001, "NOT_FOUND", 404),
    TASK_NOT_CANCELABLE(-32002, "FAILED_PRECONDITION", 400, "FAILED_PRECONDITION", 409),
    PUSH_NOTIFICATION_NOT_SUPPORTED(-32003, "FAILED_PRECONDITION", 400, "UNIMPLEMENTED", 400),
    UNSUPPORTED_OPERATION(-32004, "FAILED_PRECONDITION", 400, "UNIMPLEMENTED", 400),
    CONTENT_TYPE_NOT_SUPPORTED(-32005, "INVALID_ARGUMENT", 400, "INVALID_ARGUMENT", 415),
    INVALID_AGENT_RESPONSE(-32006, "INTERNAL", 500, "INTERNAL", 502),
    EXTENDED_AGENT_CARD_NOT_CONFIGURED(-32007, "FAILED_PRECONDITION", 400),
    EXTENSION_SUPPORT_REQUIRED(-32008, "FAILED_PRECONDITION", 400),
    VERSION_NOT_SUPPORTED(-32009, "FAILED_PRECONDITION", 400, "UNIMPLEMENTED", 400),
    /** Of the v1.1 draft: the task has moved on since the client saw it. */
    TASK_GENERATION_MISMATCH(-32010, "ABORTED", 409);

    /** The {@code domain} of A2A's errors in {@code google.rpc.ErrorInfo}. */
    public static final String DOMAIN = "a2a-protocol.org";

    private final int code;
    private final String grpcStatus;
    private final int httpStatus;
    private final String firstGrpcStatus;
    private final int firstHttpStatus;

    A2aError(int code, String grpcStatus, int httpStatus) {
        this(code, grpcStatus, httpStatus, grpcStatus, httpStatus);
    }

    A2aError(int code, String grpcStatus, int httpStatus, String firstGrpcStatus, int firstHttpStatus) {
        this.code = code;
        this.grpcStatus = grpcStatus;
        this.httpStatus = httpStatus;
        this.firstGrpcStatus = firstGrpcStatus;
        this.firstHttpStatus = firstHttpStatus;
    }

    /** The error of this JSON-RPC code, or empty if it is none of A2A's. */
    public static Optional<A2aError> ofCode(int code) {
        return Arrays.stream(values()).filter(error -> error.code == code).findFirst();
    }

    /** The error of this reason, or empty if it is none of A2A's. */
    public static Optional<A2aError> ofReason(String reason) {
        return Arrays.stream(values())
                .filter(error -> error.reason().equals(reason))
                .findFirst();
    }

    /** The code in JSON-RPC, the same in each edition. */
    public int code() {
        return code;
    }

    /** The {@code reason} in {@code google.rpc.ErrorInfo}: A2A's name for it in UPPER_SNAKE, without "Error". */
    public String reason() {
        return name();
    }

    /** The name of the gRPC status, such as {@code NOT_FOUND}, which is also the {@code status} in REST. */
    public String grpcStatus(ErrorTable table) {
        return switch (table) {
            case V1_0_1 -> grpcStatus;
            case V1_0_0 -> firstGrpcStatus;
        };
    }

    /** The HTTP status in REST. */
    public int httpStatus(ErrorTable table) {
        return switch (table) {
            case V1_0_1 -> httpStatus;
            case V1_0_0 -> firstHttpStatus;
        };
    }
}
