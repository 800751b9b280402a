package dev.millrace.client;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How long to wait before the next try: twice as long each time up to a bound, and a random half of it, so that the
 * clients of a server that restarts do not come back all at once. Not safe for several threads.
 */
final class Backoff {
    private final Duration first;
    private final Duration most;
    private final RandomGenerator random;
    private int tries;

    Backoff(Duration first, Duration most, RandomGenerator random) {
        this.first = first;
        this.most = most;
        this.random = random;
    }

    /** Things go well again: the next wait is the first one's. */
    void reset() {
        tries = 0;
    }

    /** How often {@link #next} was called since the last {@link #reset}. */
    int tries() {
        return tries;
    }

    /**
     * The next wait.
     *
     * @param atLeast what the server asked for; null if it did not
     */
    Duration next(@Nullable Duration atLeast) {
        long bound = Math.min(most.toNanos(), saturatingShift(first.toNanos(), Math.min(tries, 30)));
        tries++;
        long half = bound / 2;
        Duration wait = Duration.ofNanos(half + (half > 0 ? random.nextLong(half + 1) : 0));
        return atLeast != null && atLeast.compareTo(wait) > 0 ? atLeast : wait;
    }

    private static long saturatingShift(long nanos, int by) {
        return nanos > Long.MAX_VALUE >> by ? Long.MAX_VALUE : nanos << by;
    }
}
