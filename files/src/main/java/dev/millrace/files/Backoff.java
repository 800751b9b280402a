package dev.millrace.files;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How often a passing failure is tried again, and how long to wait before. Waits double from {@code first} up to
 * {@code longest}; half of each is random, so that readers who failed together do not return together.
 *
 * @param attempts in all, the first included
 */
record Backoff(int attempts, Duration first, Duration longest, RandomGenerator random) {

    /** @param failures so far, at least 1 */
    Duration pause(int failures) {
        long full = Math.min(longest.toNanos(), first.toNanos() << Math.min(failures - 1, 20));
        return Duration.ofNanos(full / 2 + random.nextLong(full / 2 + 1));
    }

    /** Whether to try again after so many failures, the last of which was this one. */
    boolean allows(int failures, SourceException failure) {
        return failures < attempts
                && failure.isPassing()
                && !(failure instanceof SourceException.Unavailable busy
                        && busy.retryAfter().compareTo(longest) > 0);
    }
}
