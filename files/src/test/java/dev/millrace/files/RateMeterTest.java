package dev.millrace.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RateMeterTest {
    private static final int MIB = 1 << 20;

    private final RateMeter rate = new RateMeter();

    private void fetches(int count, int bytes, int millis) {
        for (int i = 0; i < count; i++) {
            rate.fetched(bytes, Duration.ofMillis(millis).toNanos());
        }
    }

    @Test
    void nothing_is_late_until_it_is_known_what_is_usual() {
        assertThat(rate.late(MIB)).isNull();
        fetches(3, MIB, 100);
        assertThat(rate.late(MIB)).isNull();
    }

    @Test
    void a_size_that_was_not_seen_yet_is_late_by_what_is_usual_for_others() {
        fetches(4, 64 << 10, 50);
        assertThat(rate.late(MIB)).isEqualTo(Duration.ofMillis(200));
    }

    @Test
    void later_than_nineteen_of_twenty_is_late() {
        fetches(57, MIB, 100);
        fetches(6, MIB, 150);
        fetches(1, MIB, 900);
        assertThat(rate.late(MIB)).isEqualTo(Duration.ofMillis(150));
    }

    @Test
    void stragglers_among_the_first_do_not_pass_for_usual() {
        fetches(2, MIB, 1000);
        fetches(6, MIB, 100);
        assertThat(rate.late(MIB)).isEqualTo(Duration.ofMillis(400));
    }
}
