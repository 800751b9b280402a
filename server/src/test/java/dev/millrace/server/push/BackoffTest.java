package dev.millrace.server.push;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class BackoffTest {
    @Property
    void each_pause_is_between_a_half_and_the_whole_of_the_doubled_one_and_never_over_the_longest(
            @ForAll @IntRange(min = 1, max = 100_000) int failures, @ForAll long seed) {
        var backoff = new Backoff(Duration.ofSeconds(1), Duration.ofHours(1), new Random(seed));
        long whole = failures > 12 ? 3_600_000 : Math.min(3_600_000, 1000L << (failures - 1));
        assertThat(backoff.after(failures).toMillis()).isBetween(whole / 2, whole);
    }
}
