package dev.millrace.files;

import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** How long an origin takes to answer: what is usual, and what is late. Safe for use by many threads. */
final class Answers {
    private static final int SAMPLES = 64;
    private static final int ENOUGH = 20;
    private static final double LATE_BY = 2.5;
    private static final Duration SOONEST = Duration.ofMillis(150);

    private final long[] times = new long[SAMPLES];
    private int count;

    synchronized void took(long nanos) {
        times[count++ % SAMPLES] = nanos;
    }

    /** The median of the last ones; null before the first. */
    synchronized @Nullable Duration usual() {
        return count == 0 ? null : Duration.ofNanos(sorted()[known() / 2]);
    }

    /**
     * When an answer is late: later than 19 of 20, or than two and a half times the usual while fewer are known, and
     * never sooner than after 150 ms; null before the first.
     */
    synchronized @Nullable Duration late() {
        if (count == 0) {
            return null;
        }
        long[] sorted = sorted();
        long byUsual = (long) (LATE_BY * sorted[known() / 2]);
        long late = known() < ENOUGH ? byUsual : Math.min(byUsual, sorted[known() * 95 / 100]);
        return Duration.ofNanos(Math.max(SOONEST.toNanos(), late));
    }

    private int known() {
        return Math.min(count, SAMPLES);
    }

    private long[] sorted() {
        long[] sorted = Arrays.copyOf(times, known());
        Arrays.sort(sorted);
        return sorted;
    }
}
