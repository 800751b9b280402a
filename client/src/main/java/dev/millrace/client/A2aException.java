package dev.millrace.client;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The server understood the request well enough to say no. The message is the server's. */
public final class A2aException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** {@code TaskNotFoundError} (A2A v1.0, 5.4). */
    public static final int TASK_NOT_FOUND = -32001;

    /** {@code UnsupportedOperationError} (A2A v1.0, 5.4): also what subscribing to an ended task gives. */
    public static final int UNSUPPORTED_OPERATION = -32004;

    private final int code;
    private final @Nullable String reason;
    private final transient @Nullable JsonNode data;

    A2aException(int code, @Nullable String reason, String message, @Nullable JsonNode data) {
        super(message);
        this.code = code;
        this.reason = reason;
        this.data = data;
    }

    /**
     * The JSON-RPC error code, which is negative for every error that A2A and JSON-RPC define; or, if the answer was no
     * JSON-RPC at all, its HTTP status.
     */
    public int code() {
        return code;
    }

    /** The {@code reason} of the error's {@code google.rpc.ErrorInfo}, such as {@code TASK_NOT_FOUND}; null if none. */
    public @Nullable String reason() {
        return reason;
    }

    /** The error's {@code data} as it came; null if there was none. */
    public @Nullable JsonNode data() {
        return data;
    }

    /** True if the same request may well succeed in a moment: a server that is busy or restarts. */
    boolean passing() {
        return code == 429 || code == 502 || code == 503 || code == 504;
    }
}
