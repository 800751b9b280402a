package dev.millrace.core;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * When a prefetch may fetch its head block a second time. It watches one slot, the head while that is being fetched once,
 * and has a timer, which is left to run when the head changes, and set again for what the new one has left: heads change many
 * times meanwhile, and to wake the timer's thread for each would take the processor from them. Guarded by the prefetch's
 * lock.
 */
final class Hedging<K, B> {
    /** So that 20 fetches × 5 % is one whole hedge, however the product is rounded. */
    private static final double ROUNDING = 1e-9;

    private final Function<? super K, Duration> after;
    private final double budget;
    private final HedgeTimer timer;
    private final Runnable alarm;
    private @Nullable Slot<K, B> watched;
    private long dueAt;
    private boolean due;

    /** Stops the timer; null if it does not run. */
    private @Nullable Runnable cancel;

    private long alarmAt;
    private long started;

    /** The alarm is called by the timer's thread, without the lock, when a watched slot may be due. */
    Hedging(Function<? super K, Duration> after, double budget, HedgeTimer timer, Runnable alarm) {
        this.after = after;
        this.budget = budget;
        this.timer = timer;
        this.alarm = alarm;
    }

    long now() {
        return timer.now();
    }

    /** Watches the head, if there is one that can be hedged. */
    void watch(@Nullable Slot<K, B> head) {
        Slot<K, B> candidate = head != null && head.pending() && !head.hedged() ? head : null;
        if (candidate == watched) {
            return;
        }
        watched = candidate;
        due = false;
        if (candidate != null && candidate.key != null) {
            dueAt = candidate.since + TimeUnit.NANOSECONDS.convert(after.apply(candidate.key));
            look();
        }
    }

    private void look() {
        long now = timer.now();
        due = dueAt - now <= 0;
        if (!due && (cancel == null || dueAt - alarmAt < 0)) {
            stop();
            alarmAt = dueAt;
            cancel = timer.after(dueAt - now, alarm);
        }
    }

    /** The timer has run out. */
    void ring() {
        cancel = null;
        if (watched != null) {
            look();
        }
    }

    /** There will be nothing to watch any more. */
    void stop() {
        if (cancel != null) {
            cancel.run();
            cancel = null;
        }
    }

    /** The slot to fetch a second time, if it is time to and the budget allows it after so many fetches. */
    @Nullable Slot<K, B> claim(long fetches) {
        return due && started + 1 <= fetches * budget + ROUNDING ? watched : null;
    }

    /** A second fetch was started. */
    void spend() {
        started++;
    }

    long started() {
        return started;
    }
}
