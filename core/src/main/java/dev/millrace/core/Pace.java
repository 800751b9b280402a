package dev.millrace.core;

import java.util.concurrent.locks.LockSupport;

/**
 * The time that waits go by. Everything here and above that waits for a time asks one of these, so that a test can run
 * all of it in a time of its own, a year in a second and the same way twice.
 *
 * <p>Only time is asked for: which thread goes on when several can is the affair of the threads' scheduler. A virtual
 * thread inherits the scheduler of the one that starts it, so whoever chooses the first thread's has chosen for all, but
 * for those of {@link #startApart}.
 */
public interface Pace {
    /** The machine's own time and threads. */
    Pace REAL = new Pace() {
        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public void parkNanos(Object blocker, long nanos) {
            LockSupport.parkNanos(blocker, nanos);
        }

        @Override
        public Thread startApart(String name, Runnable body) {
            return Thread.ofPlatform().name(name).daemon().start(body);
        }
    };

    /** As {@link System#nanoTime}: only differences mean something. Any thread; does not block. */
    long nanoTime();

    /** As {@link LockSupport#parkNanos(Object, long)}: may return early, and without cause. */
    void parkNanos(Object blocker, long nanos);

    /**
     * Starts a thread that runs in time even where code that never waits keeps all virtual threads from running: a daemon
     * platform thread.
     */
    Thread startApart(String name, Runnable body);
}
