package dev.millrace.core;

import java.time.Duration;

/** One shared thread that nudges every registered cursor which has been waiting for a whole period. */
public final class Sweeper implements AutoCloseable {
    public Sweeper(Duration idle) {
        throw new UnsupportedOperationException();
    }

    public void start() {
        throw new UnsupportedOperationException();
    }

    /** Watches the cursor until it is closed. */
    public void watch(Cursor<?> cursor) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
