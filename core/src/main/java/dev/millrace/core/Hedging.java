package dev.millrace.core;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * When a prefetch may fetch its head block a second time. It watches one slot, the head while that is being fetched once,
 * and has a timer for it. Guarded by the prefetch's lock.
 */
final class Hedging<K, B> {
    /** So that 20 fetches × 5 % is one whole hedge, however the product is rounded. */
    private static final double ROUNDING = 1e-9;

    private final Function<? super K, Duration> after;
    private final double budget;
    private final HedgeTimer timer;
    private final Consumer<Slot<K, B>> alarm;
    private @Nullable Slot<K, B> watched;
    private @Nullable Runnable cancel;
    private boolean due;
    private long started;

    /** The alarm is called by the timer's thread, without the lock, when a watched slot may be due. */
    Hedging(Function<? super K, Duration> after, double budget, HedgeTimer timer, Consumer<Slot<K, B>> alarm) {
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
        if (cancel != null) {
            cancel.run();
            cancel = null;
        }
        watched = candidate;
        due = false;
        if (candidate != null && candidate.key != null) {
            long left = TimeUnit.NANOSECONDS.convert(after.apply(candidate.key)) - (timer.now() - candidate.since);
            if (left > 0) {
                cancel = timer.after(left, () -> alarm.accept(candidate));
            } else {
                due = true;
            }
        }
    }

    /** The timer for this slot has run out. */
    void ring(Slot<K, B> slot) {
        if (slot == watched) {
            due = true;
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
