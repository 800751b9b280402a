package dev.millrace.agents;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A model gave no whole answer. The message says what happened and what can be done; it holds nothing of the prompt. */
public final class ModelFailure extends Exception {
    private static final long serialVersionUID = 1L;

    /** What kind of failure it is, for a {@link ModelRetry} to decide. */
    public enum Kind {
        /** No connection, or none that answers. */
        UNREACHABLE(true),
        /** The key is missing, wrong, or may not use this model. */
        AUTHENTICATION,
        /** Too many requests for now. */
        RATE_LIMIT(true),
        /** The credit is used up. */
        QUOTA,
        /** The server has too much to do. */
        OVERLOADED(true),
        /** There is no such model, or no such API at this URL. */
        NO_SUCH_MODEL,
        /** The conversation is longer than the model takes. */
        TOO_LONG,
        /** The provider's filter stopped the answer. */
        FILTERED,
        /** The server found the request wrong. */
        REFUSED,
        /** The server failed. */
        SERVER(true),
        /** The server was silent for too long. */
        SILENT(true),
        /** The answer ended in the middle. */
        CUT_OFF(true),
        /** What came is not an answer. */
        UNINTELLIGIBLE,
        /** The model wanted one step more than it may take. */
        TOO_MANY_STEPS;

        private final boolean passing;

        Kind() {
            this(false);
        }

        Kind(boolean passing) {
            this.passing = passing;
        }

        /** Whether it may be gone at the next try, with nothing changed. */
        public boolean passing() {
            return passing;
        }
    }

    private final Kind kind;
    private final transient @Nullable Duration retryAfter;

    ModelFailure(Kind kind, String message, @Nullable Duration retryAfter, @Nullable Throwable cause) {
        super(message, cause, false, false); // where in our code it was found out helps nobody
        this.kind = kind;
        this.retryAfter = retryAfter;
    }

    /** What a model or a service of LangChain4j threw; what already is a model's failure stays as it is. */
    public static ModelFailure thrown(Throwable thrown) {
        return ThrownByModel.of(thrown);
    }

    /** The answer ended in the middle: its stream was closed before the model said that it is done. */
    public static ModelFailure cutOff() {
        return ModelFailures.failure(
                Kind.CUT_OFF,
                "The model's answer ended in the middle: its server closed the stream without saying that it is done."
                        + " Send again.");
    }

    public Kind kind() {
        return kind;
    }

    /** How long the server asked to wait before the next request; null if it did not say. */
    public @Nullable Duration retryAfter() {
        return retryAfter;
    }
}
