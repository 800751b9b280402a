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
    void a_larger_block_on_a_slow_way_is_not_late_for_being_larger() {
        for (int i = 0; i < 4; i++) {
            rate.fetched(64 << 10, 500_000_000L, 64 << 10, 500_000_000L); // 128 KiB/s
        }
        assertThat(rate.late(MIB)).isEqualTo(Duration.ofSeconds(32));
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

    @Test
    void while_nothing_has_flowed_a_round_trip_is_worth_two_MiB_at_most() {
        assertThat(rate.perRoundTrip(Duration.ZERO, 4)).isZero();
        assertThat(rate.perRoundTrip(Duration.ofMillis(125), 4)).isEqualTo(MIB);
        assertThat(rate.perRoundTrip(Duration.ofSeconds(9), 4)).isEqualTo(2 * MIB);
        assertThat(rate.within(Duration.ofSeconds(1), 4)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void what_flowed_tells_what_a_round_trip_and_a_second_are_worth() {
        rate.fetched(MIB, 1_250_000_000L, MIB, 1_000_000_000L);
        assertThat(rate.perRoundTrip(Duration.ofMillis(250), 4)).isEqualTo(MIB);
        assertThat(rate.within(Duration.ofSeconds(1), 3)).isEqualTo(3 * MIB);
    }
}
