package dev.millrace.files;

import java.time.Duration;

/**
 * How fast one connection to an origin brings bytes while somebody reads them as fast as they come: a moving average in
 * which each new sample counts one quarter. Safe for use by many threads.
 */
final class Flow {
    private static final double WEIGHT_OF_NEWEST = 0.25;

    /** What comes in less says more about buffers on the way, unless it is much. */
    private static final long WORTH_MEASURING = Duration.ofMillis(20).toNanos();

    private static final int MUCH = 1 << 20;

    /** Averaged as time, not as a rate: what was read from a buffer in no time must not count for more than that. */
    private double secondsPerByte;

    /** Bytes per second; 0 if none were seen. */
    synchronized double bytesPerSecond() {
        return secondsPerByte == 0 ? 0 : 1 / secondsPerByte;
    }

    /** Whether so many bytes in this time say anything. */
    static boolean isWorthTelling(long bytes, long nanos) {
        return nanos >= WORTH_MEASURING || bytes >= MUCH;
    }

    synchronized void saw(long bytes, long nanos) {
        double sample = Math.max(1, nanos) / 1e9 / bytes;
        secondsPerByte = secondsPerByte == 0 ? sample : secondsPerByte + WEIGHT_OF_NEWEST * (sample - secondsPerByte);
    }
}
