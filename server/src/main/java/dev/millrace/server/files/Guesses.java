package dev.millrace.server.files;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How many bad links an address has tried: 20 at once, and one more every 3 seconds. Beyond that it has to wait, even with
 * a good link. Remembers the 10,000 addresses that failed last. Safe for use by many threads.
 */
final class Guesses {
    private static final int AT_ONCE = 20;
    private static final Duration EACH = Duration.ofSeconds(3);
    private static final int ADDRESSES = 10_000;

    private final InstantSource clock;

    /** When an address's failures are all forgiven: each moves it {@link #EACH} further. */
    private final Map<String, Instant> forgiven = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Instant> eldest) {
            return size() > ADDRESSES;
        }
    };

    Guesses(InstantSource clock) {
        this.clock = clock;
    }

    /** How long the address must wait before its next try; zero if not at all. */
    synchronized Duration pause(String address) {
        Instant when = forgiven.get(address);
        if (when == null) {
            return Duration.ZERO;
        }
        Duration ahead = Duration.between(clock.instant(), when).minus(EACH.multipliedBy(AT_ONCE - 1L));
        return ahead.isPositive() ? ahead : Duration.ZERO;
    }

    synchronized void failed(String address) {
        Instant now = clock.instant();
        Instant when = forgiven.getOrDefault(address, now);
        forgiven.put(address, (when.isBefore(now) ? now : when).plus(EACH));
    }
}
