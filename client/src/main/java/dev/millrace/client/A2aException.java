package dev.millrace.client;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The server understood the request well enough to say no. The message is the server's. The same refusal is the same
 * exception over each binding.
 */
public final class A2aException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** {@code TaskNotFoundError} (A2A v1.0, 5.4). */
    public static final int TASK_NOT_FOUND = -32001;

    /** {@code UnsupportedOperationError} (A2A v1.0, 5.4): also what subscribing to an ended task gives. */
    public static final int UNSUPPORTED_OPERATION = -32004;

    private final int code;
    private final @Nullable String reason;
    private final transient @Nullable JsonNode data;
    private final @Nullable Duration retryAfter;

    A2aException(int code, @Nullable String reason, String message, @Nullable JsonNode data) {
        this(code, reason, message, data, null);
    }

    A2aException(
            int code, @Nullable String reason, String message, @Nullable JsonNode data, @Nullable Duration retryAfter) {
        super(message);
        this.code = code;
        this.reason = reason;
        this.data = data;
        this.retryAfter = retryAfter;
    }

    /**
     * The JSON-RPC error code, which is negative for every error that A2A and JSON-RPC define, over HTTP+JSON and gRPC
     * too; else the HTTP status, or for a gRPC status the HTTP status that it stands for.
     */
    public int code() {
        return code;
    }

    /** The {@code reason} of the error's {@code google.rpc.ErrorInfo}, such as {@code TASK_NOT_FOUND}; null if none. */
    public @Nullable String reason() {
        return reason;
    }

    /**
     * What the server tells programs about the error: JSON-RPC's {@code data}, or the details of an HTTP+JSON or gRPC
     * status as an array of objects with {@code @type}; null if there was none.
     */
    public @Nullable JsonNode data() {
        return data;
    }

    /** How long the server wants a client to wait before it asks again; empty if it did not say. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    /** True if the same request may well succeed in a moment: a server that is busy or restarts. */
    boolean passing() {
        return unworked() || code == 502 || code == 504;
    }

    /** True if the server certainly did nothing with the request, and may in a moment. */
    boolean unworked() {
        return code == 429 || code == 503;
    }
}
