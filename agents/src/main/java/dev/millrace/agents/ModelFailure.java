package dev.millrace.agents;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A model gave no whole answer. The message says what happened and what can be done; it holds nothing of the prompt. */
public final class ModelFailure extends Exception {
    private static final long serialVersionUID = 1L;

    /** What kind of failure it is, for a {@link ModelRetry} to decide. */
    public enum Kind {
        /** No connection, or none that answers. */
        UNREACHABLE,
        /** The key is missing, wrong, or may not use this model. */
        AUTHENTICATION,
        /** Too many requests, or the credit is used up. */
        RATE_LIMIT,
        /** There is no such model, or no such API at this URL. */
        NO_SUCH_MODEL,
        /** The conversation is longer than the model takes. */
        TOO_LONG,
        /** The provider's filter stopped the answer. */
        FILTERED,
        /** The server found the request wrong. */
        REFUSED,
        /** The server failed. */
        SERVER,
        /** The server was silent for too long. */
        SILENT,
        /** The answer ended in the middle. */
        CUT_OFF,
        /** What came is not an answer. */
        UNINTELLIGIBLE
    }

    private final Kind kind;
    private final transient @Nullable Duration retryAfter;

    ModelFailure(Kind kind, String message, @Nullable Duration retryAfter, @Nullable Throwable cause) {
        super(message, cause, false, false); // where in our code it was found out helps nobody
        this.kind = kind;
        this.retryAfter = retryAfter;
    }

    public Kind kind() {
        return kind;
    }

    /** How long the server asked to wait before the next request; null if it did not say. */
    public @Nullable Duration retryAfter() {
        return retryAfter;
    }
}
