package dev.millrace.files;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Why a source did not give a file or a block. Messages are for the operator: they may name hosts and paths, and do not
 * belong in an answer to a reader.
 */
public abstract sealed class SourceException extends Exception {

    private SourceException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** There is no such file, or none that may be served. */
    public static final class NotFound extends SourceException {
        public NotFound(String message) {
            super(message, null);
        }
    }

    /** The source knows the file, or hides whether it does, and refuses it to us. */
    public static final class Forbidden extends SourceException {
        public Forbidden(String message) {
            super(message, null);
        }
    }

    /** The source is there and cannot serve now; worth another try later. */
    public static final class Unavailable extends SourceException {
        private final Duration retryAfter;

        public Unavailable(String message, Duration retryAfter) {
            super(message, null);
            this.retryAfter = retryAfter;
        }

        /** How long to wait before another try. */
        public Duration retryAfter() {
            return retryAfter;
        }
    }

    /** The source did not answer, or went silent, for longer than its time limit. */
    public static final class TimedOut extends SourceException {
        public TimedOut(String message) {
            super(message, null);
        }
    }

    /** The file is no longer the version that was opened. Opening it again gives the new one. */
    public static final class Changed extends SourceException {
        public Changed(String message) {
            super(message, null);
        }
    }

    /** The source has the file, and gives it as a whole only: {@link Source#openWhole}. */
    public static final class Unranged extends SourceException {
        public Unranged(String message) {
            super(message, null);
        }
    }

    /** The source cannot be reached, or what it said cannot be used. */
    public static final class Failed extends SourceException {
        private final boolean passing;

        public Failed(String message) {
            this(message, null, false);
        }

        public Failed(String message, @Nullable Throwable cause) {
            this(message, cause, false);
        }

        private Failed(String message, @Nullable Throwable cause, boolean passing) {
            super(message, cause);
            this.passing = passing;
        }

        /** One that another try may not meet: a connection that broke, a server in trouble. */
        static Failed passing(String message, @Nullable Throwable cause) {
            return new Failed(message, cause, true);
        }
    }

    /** Whether the same request, made again soon, may well succeed. */
    boolean isPassing() {
        return switch (this) {
            case Unavailable u -> true;
            case TimedOut t -> true;
            case Failed f -> f.passing;
            case NotFound n -> false;
            case Forbidden f -> false;
            case Changed c -> false;
            case Unranged u -> false;
        };
    }
}
