package dev.millrace.core;

import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The time, as hedging needs it; tests have one of their own. */
interface HedgeTimer {

    /** Nanoseconds since some moment. */
    long now();

    /** Runs the task once after so many nanoseconds; running the result before then cancels it. Never blocks. */
    Runnable after(long nanos, Runnable task);

    /** The one that all prefetches share. Its thread ends when there was nothing to hedge for a minute. */
    static HedgeTimer shared() {
        return Shared.TIMER;
    }

    /** {@link System#nanoTime} and one daemon thread. */
    final class Shared implements HedgeTimer {
        private static final Shared TIMER = new Shared();

        private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("millrace-hedge-timer").factory());

        private Shared() {
            // A cancelled hedge must not keep its prefetch reachable until its time would have come.
            timer.setRemoveOnCancelPolicy(true);
            // Who starts a thread while all processors are at work waits for long: here it would be a file's reader.
            timer.setKeepAliveTime(1, TimeUnit.MINUTES);
            timer.allowCoreThreadTimeOut(true);
        }

        @Override
        public long now() {
            return System.nanoTime();
        }

        @Override
        public Runnable after(long nanos, Runnable task) {
            ScheduledFuture<?> hedge = timer.schedule(task, nanos, TimeUnit.NANOSECONDS);
            return () -> hedge.cancel(false);
        }
    }
}
