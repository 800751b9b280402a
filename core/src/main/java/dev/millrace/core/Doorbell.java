package dev.millrace.core;

import java.time.Duration;

/** A wake-up for one waiting thread: ringing is cheap, rings coalesce, a ring is never lost. */
public final class Doorbell {
    /** Wakes the waiter, or lets the next {@code await} return at once. Never blocks; any thread. */
    public void ring() {
        throw new UnsupportedOperationException();
    }

    /** Waits for a ring, and takes it. One thread at a time may wait. */
    public void await() throws InterruptedException {
        throw new UnsupportedOperationException();
    }

    /** Waits at most {@code timeout}; true if rung, false if the time was over first. */
    public boolean await(Duration timeout) throws InterruptedException {
        throw new UnsupportedOperationException();
    }
}
