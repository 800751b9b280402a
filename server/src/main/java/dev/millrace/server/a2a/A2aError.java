package dev.millrace.server.a2a;

/** A2A's own errors (A2A v1.0, 5.4), and their codes in JSON-RPC. */
public enum A2aError {
    TASK_NOT_FOUND(-32001),
    TASK_NOT_CANCELABLE(-32002),
    PUSH_NOTIFICATION_NOT_SUPPORTED(-32003),
    UNSUPPORTED_OPERATION(-32004),
    CONTENT_TYPE_NOT_SUPPORTED(-32005),
    VERSION_NOT_SUPPORTED(-32009);

    /** The {@code domain} of A2A's errors in {@code google.rpc.ErrorInfo}. */
    public static final String DOMAIN = "a2a-protocol.org";

    private final int code;

    A2aError(int code) {
        this.code = code;
    }

    /** The code in JSON-RPC. */
    public int code() {
        return code;
    }

    /** The {@code reason} in {@code google.rpc.ErrorInfo}. */
    public String reason() {
        return name();
    }
}
