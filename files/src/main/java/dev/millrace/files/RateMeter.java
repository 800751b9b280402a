package dev.millrace.files;

import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How fast fetches of a source run: moving averages in which each new fetch counts one quarter, and what a late fetch is.
 * Safe for use by many threads.
 */
final class RateMeter {
    private static final double WEIGHT_OF_NEWEST = 0.25;

    /** The times of so many fetches of about the same size tell when one is late. */
    private static final int SAMPLES = 64;

    private static final int ENOUGH_SAMPLES = 8;
    private static final int ENOUGH_OF_ALL = 4;
    static final int LATE_BY = 4;

    /** What flowed for a shorter time says more about buffers on the way than about the way. */
    private static final long WORTH_MEASURING = Duration.ofMillis(20).toNanos();

    /** Bytes per second, and bytes in one round trip, to be expected of what has not been seen. */
    private static final double UNSEEN = 8 << 20;

    private static final double MOST_UNSEEN = 2 << 20;

    /** Blocks have sizes of up to 2^20. */
    private static final int SIZE_CLASSES = 21;

    private final long[][] times = new long[SIZE_CLASSES][SAMPLES];
    private final int[] counts = new int[SIZE_CLASSES];
    private final long[] allTimes = new long[SAMPLES];
    private int all;
    private double rate;
    private double flow;

    /** Bytes per second of one fetch, waiting included; 0 before the first. */
    synchronized double bytesPerSecond() {
        return rate;
    }

    /** Bytes per second of one fetch once its first byte was here; 0 if it never took long enough to tell. */
    synchronized double flowBytesPerSecond() {
        return flow;
    }

    /**
     * Bytes that may well come within one round trip: by what flowed, and while nothing has flowed for long enough to
     * tell, by 8 MiB/s. That is at most 2 MiB, which is what a reader that leaves at once may cost more.
     *
     * @param fetches that share the way
     */
    synchronized long perRoundTrip(Duration roundTrip, int fetches) {
        double seconds = roundTrip.toNanos() / 1e9;
        return flow > 0 ? (long) (flow * fetches * seconds) : (long) Math.min(MOST_UNSEEN, UNSEEN * seconds);
    }

    /** Whether bytes were seen to flow, for long enough to tell how fast. */
    synchronized boolean isKnown() {
        return flow > 0;
    }

    /** Bytes that come within so long by so many fetches, as far as is known; while nothing is, without limit. */
    synchronized long within(Duration time, int fetches) {
        return flow > 0 ? (long) (flow * fetches * (time.toNanos() / 1e9)) : Long.MAX_VALUE;
    }

    void fetched(int bytes, long nanos) {
        fetched(bytes, nanos, 0, 0);
    }

    /**
     * A fetch is over.
     *
     * @param nanos in all
     * @param flowed bytes that came after the first ones
     * @param flowNanos the time that those took
     */
    synchronized void fetched(int bytes, long nanos, int flowed, long flowNanos) {
        rate = average(rate, bytes * 1e9 / Math.max(1, nanos));
        flowed(flowed, flowNanos);
        int size = sizeClass(bytes);
        times[size][counts[size]++ % SAMPLES] = nanos;
        allTimes[all++ % SAMPLES] = nanos;
    }

    /** So many bytes came in this time over one connection, whatever was waited for before. */
    synchronized void flowed(long bytes, long nanos) {
        if (nanos >= WORTH_MEASURING) {
            flow = average(flow, bytes * 1e9 / nanos);
        } else if (flow > 0 && bytes > 0) {
            flow = average(flow, Math.max(flow, bytes * 1e9 / WORTH_MEASURING));
        }
    }

    /**
     * When a fetch of so many bytes is late: later than 19 of 20 of about its size, or than four times the usual one,
     * whichever is sooner (a few stragglers among the first must not pass for usual). While too few of its size were
     * seen, four times what is usual for all sizes, or what it takes at the rate that was seen; null while too few were seen at all.
     */
    synchronized @Nullable Duration late(int bytes) {
        int size = sizeClass(bytes);
        int known = Math.min(counts[size], SAMPLES);
        if (known >= ENOUGH_SAMPLES) {
            long[] sorted = sorted(times[size], known);
            return Duration.ofNanos(
                    Math.min(sorted[Math.min(known - 1, known * 95 / 100)], LATE_BY * sorted[known / 2]));
        }
        int seen = Math.min(all, SAMPLES);
        if (seen < ENOUGH_OF_ALL) {
            return null;
        }
        // Where bytes flow slowly a larger block takes longer, and a second fetch of it would only slow the first.
        long flowing = flow > 0 ? (long) (bytes * 1e9 / flow) : 0;
        return Duration.ofNanos(LATE_BY * Math.max(sorted(allTimes, seen)[seen / 2], flowing));
    }

    private static long[] sorted(long[] samples, int known) {
        long[] sorted = Arrays.copyOf(samples, known);
        Arrays.sort(sorted);
        return sorted;
    }

    private static double average(double before, double sample) {
        return before == 0 ? sample : before + WEIGHT_OF_NEWEST * (sample - before);
    }

    private static int sizeClass(int bytes) {
        return Math.min(SIZE_CLASSES - 1, 31 - Integer.numberOfLeadingZeros(Math.max(1, bytes)));
    }
}
