package dev.millrace.files;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How fast one fetch of a source runs, waiting included: a moving average in which each new fetch counts one quarter. Safe
 * for use by many threads.
 */
final class RateMeter {
    private static final double WEIGHT_OF_NEWEST = 0.25;

    private final AtomicLong rateBits = new AtomicLong();

    /** Bytes per second, 0 before the first fetch. */
    double bytesPerSecond() {
        return Double.longBitsToDouble(rateBits.get());
    }

    void fetched(int bytes, long nanos) {
        double sample = bytes * 1e9 / Math.max(1, nanos);
        rateBits.updateAndGet(bits -> {
            double rate = Double.longBitsToDouble(bits);
            return Double.doubleToLongBits(rate == 0 ? sample : rate + WEIGHT_OF_NEWEST * (sample - rate));
        });
    }
}
