package dev.millrace.bench.simulate;

import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What kind of run a seed is: how many servers, how busy, how much goes wrong.
 *
 * @param shared several servers on one database; else one server that has its store for itself
 * @param unreliable whether hints between servers may be lost, late or doubled. If not, servers hardly look for
 *     themselves, so that a wake-up that is missing is not made up for by the next look
 */
record Scenario(
        boolean shared,
        int servers,
        boolean unreliable,
        Scheduler.Order order,
        int users,
        int actions,
        int readers,
        int faults,
        int maxTurns,
        int maxQueued,
        int maxAttempts,
        Duration lease,
        Duration lookAgain,
        long tailBytes,
        long wireNanos) {

    private static final List<Scheduler.Order> ORDERS = List.of(Scheduler.Order.values());

    static Scenario of(long seed) {
        var random = new SplittableRandom(seed ^ 0x5eed_5eed_5eed_5eedL);
        boolean shared = random.nextInt(3) > 0;
        boolean unreliable = random.nextBoolean();
        return new Scenario(
                shared,
                shared ? 2 + random.nextInt(2) : 1,
                unreliable,
                ORDERS.get(random.nextInt(ORDERS.size())),
                1 + random.nextInt(4),
                3 + random.nextInt(10),
                1 + random.nextInt(5),
                random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(6),
                1 + random.nextInt(4),
                random.nextInt(5) == 0 ? 2 : 20,
                random.nextInt(5) == 0 ? 2 : 1000,
                Duration.ofSeconds(3 + random.nextInt(12)),
                unreliable ? Duration.ofSeconds(1 + random.nextInt(5)) : Duration.ofHours(10),
                random.nextBoolean() ? 2_000 : 256 * 1024,
                shared ? 1_000_000 : 300_000);
    }
}
