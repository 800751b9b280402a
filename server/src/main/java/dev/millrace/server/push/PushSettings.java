package dev.millrace.server.push;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How pushes are delivered.
 *
 * @param firstPause before the second attempt; each further pause is twice as long
 * @param longestPause no pause is longer
 * @param giveUpAfter an event that its receiver has not taken for so long becomes a dead letter, and the next is tried
 * @param attempt how long one attempt may take, from the look-up of the host to the status line (A2A v1.0, 13.2: 10 to 30 s)
 * @param atOnce how many attempts run at the same time
 * @param allowed hosts, as they stand in a URL, that may be pushed to wherever they are, private networks included
 * @param signer signs each push; null = pushes are not signed
 */
public record PushSettings(
        Duration firstPause,
        Duration longestPause,
        Duration giveUpAfter,
        Duration attempt,
        int atOnce,
        Set<String> allowed,
        @Nullable PushSigner signer) {

    public PushSettings {
        allowed = Set.copyOf(allowed);
        if (!firstPause.isPositive() || !longestPause.isPositive() || !attempt.isPositive() || atOnce < 1) {
            throw new IllegalArgumentException("pauses, attempt and atOnce must be positive");
        }
    }

    /** After 1 s, 2 s, 4 s … 1 h, for 24 h; 15 s for an attempt, 64 at once; public addresses only; not signed. */
    public static PushSettings defaults() {
        return new PushSettings(
                Duration.ofSeconds(1),
                Duration.ofHours(1),
                Duration.ofHours(24),
                Duration.ofSeconds(15),
                64,
                Set.of(),
                null);
    }

    public PushSettings withPauses(Duration first, Duration longest, Duration giveUp) {
        return new PushSettings(first, longest, giveUp, attempt, atOnce, allowed, signer);
    }

    public PushSettings withAttempt(Duration limit) {
        return new PushSettings(firstPause, longestPause, giveUpAfter, limit, atOnce, allowed, signer);
    }

    public PushSettings withAllowed(Set<String> hosts) {
        return new PushSettings(firstPause, longestPause, giveUpAfter, attempt, atOnce, hosts, signer);
    }

    public PushSettings withSigner(@Nullable PushSigner by) {
        return new PushSettings(firstPause, longestPause, giveUpAfter, attempt, atOnce, allowed, by);
    }
}
