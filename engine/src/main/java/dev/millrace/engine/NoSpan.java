package dev.millrace.engine;

import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** The span of work that nobody records. */
final class NoSpan implements Span {
    @Override
    public Span child(Kind kind, String name) {
        return this;
    }

    @Override
    public Span note(String key, String value) {
        return this;
    }

    @Override
    public Span note(String key, long value) {
        return this;
    }

    @Override
    public Span failed(String type) {
        return this;
    }

    @Override
    public void carry(BiConsumer<String, String> headers) {}

    @Override
    public @Nullable String traceId() {
        return null;
    }

    @Override
    public <R, X extends Throwable> R within(ScopedValue.CallableOp<? extends R, X> work) throws X {
        return work.call();
    }

    @Override
    public void close() {}
}
