package dev.millrace.server.push;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** How long to wait between attempts: twice as long each time, with jitter, so that receivers are not asked in unison. */
record Backoff(Duration first, Duration longest, RandomGenerator random) {

    /**
     * The pause after so many failures (1 = the first): between a half and the whole of what doubling gives.
     */
    Duration after(int failures) {
        // 2^30 times the first pause is beyond every longest one.
        long doubled = first.toMillis() << Math.min(failures - 1, 30);
        long whole = doubled <= 0 ? longest.toMillis() : Math.min(doubled, longest.toMillis());
        return Duration.ofMillis(Math.max(1, whole / 2 + random.nextLong(whole / 2 + 1)));
    }
}
