package dev.millrace.engine;

import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A piece of work as a trace shows it: what it is called, what it was begun for, how long it took, and whether it failed.
 * The seam between those who work and whoever records it; nothing that users or models say belongs in one.
 *
 * <p>Where nobody records, every span is {@link #NONE}, and nothing here allocates. A span is for any thread; it may be
 * worked for ({@link #child}, {@link #carry}) after it was closed.
 */
public interface Span extends AutoCloseable {
    /** Nothing is recorded. */
    @SuppressWarnings("ClassInitializationDeadlock") // nobody else can name NoSpan, so this comes first
    Span NONE = new NoSpan();

    /** Whom a span's work is done by. */
    enum Kind {
        /** By this process, for who asked it over the network. */
        SERVER,
        /** By this process. */
        INTERNAL,
        /** By another one, which this one asks. */
        CLIENT
    }

    /** What the calling thread works for; {@link #NONE} if nobody records it. */
    static Span current() {
        return CurrentSpan.VALUE.orElse(NONE);
    }

    /** Begins a part of this. */
    Span child(Kind kind, String name);

    /** Says something of it, under a name of OpenTelemetry's semantic conventions where there is one. */
    Span note(String key, String value);

    /** Says a number of it. */
    Span note(String key, long value);

    /**
     * It did not do what it was begun for.
     *
     * @param type of few kinds, such as an exception's class; no message
     */
    Span failed(String type);

    /** Gives the headers (W3C Trace Context) with which another process goes on with this trace. */
    void carry(BiConsumer<String, String> headers);

    /** The trace's id in hexadecimal digits, for logs; null = there is none. */
    @Nullable String traceId();

    /** Does the work with this as what its thread {@linkplain #current works for}. */
    default <R, X extends Throwable> R within(ScopedValue.CallableOp<? extends R, X> work) throws X {
        return ScopedValue.where(CurrentSpan.VALUE, this).call(work);
    }

    /** The work is done. */
    @Override
    void close();
}
