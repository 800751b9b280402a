package dev.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class BackoffTest {

    @Property(tries = 200)
    void waits_double_up_to_the_bound_and_half_of_each_is_chance(
            @ForAll long seed, @ForAll @IntRange(max = 80) int tries) {
        var backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5), new Random(seed));
        for (int i = 0; i <= tries; i++) {
            long bound = Math.min(5000, i > 20 ? 5000 : 100L << i);
            assertThat(backoff.next(null)).isBetween(Duration.ofMillis(bound / 2), Duration.ofMillis(bound));
        }
    }

    @Test
    void what_the_server_asks_for_is_the_least() {
        var backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5), new Random(1));
        assertThat(backoff.next(Duration.ofSeconds(7))).isEqualTo(Duration.ofSeconds(7));
        assertThat(backoff.next(Duration.ZERO)).isPositive();
    }

    @Test
    void after_a_reset_it_begins_again() {
        var backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5), new Random(1));
        for (int i = 0; i < 10; i++) {
            backoff.next(null);
        }
        backoff.reset();
        assertThat(backoff.next(null)).isLessThanOrEqualTo(Duration.ofMillis(100));
    }
}
