package dev.millrace.core;

import java.util.List;

/** One reader's position in a journal. Used by one thread at a time, except {@link #nudge} and {@link #close}. */
public final class Cursor<E> implements AutoCloseable {
    Cursor() {}

    /** What is there now, at most {@code max} entries, without waiting; may be empty. (May block on the backlog.) */
    public List<Journal.Entry<E>> poll(int max) throws InterruptedException {
        throw new UnsupportedOperationException();
    }

    /**
     * Waits for at least one entry, then takes what is there, at most {@code max}. Empty only if nudged (see
     * {@link #nudge}) or {@link #ended}. Registers no timer.
     */
    public List<Journal.Entry<E>> take(int max) throws InterruptedException {
        throw new UnsupportedOperationException();
    }

    /** The offset of the last entry delivered, or where the cursor was opened. */
    public long position() {
        throw new UnsupportedOperationException();
    }

    /** Moves the cursor; the next read starts after {@code offset}. */
    public void seek(long offset) {
        throw new UnsupportedOperationException();
    }

    /** Makes a waiting {@code take} return an empty list (for a heartbeat). Any thread; never blocks. */
    public void nudge() {
        throw new UnsupportedOperationException();
    }

    /** True once the journal was closed and everything delivered, or this cursor was closed. */
    public boolean ended() {
        throw new UnsupportedOperationException();
    }

    /** Ends this reader; a waiting {@code take} returns empty. Any thread; idempotent. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
