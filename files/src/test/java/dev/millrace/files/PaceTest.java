package dev.millrace.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/** The pace against models of origins: what N fetches at once bring in all, in bytes per second. */
class PaceTest {
    private static final int BLOCK = 1 << 20;

    private static final Duration NEAR = Duration.ofMillis(10);

    private final Pace pace = new Pace(4, 16);
    private long now;

    private void run(int fetches, IntToDoubleFunction bytesPerSecond) {
        for (int i = 0; i < fetches; i++) {
            now += (long) (BLOCK * 1e9 / bytesPerSecond.applyAsDouble(pace.limit()));
            pace.fetched(BLOCK, now);
        }
    }

    @Test
    void an_origin_that_limits_each_connection_gets_as_many_as_may_be() {
        run(2000, n -> n * 1e6);
        assertThat(pace.limit()).isEqualTo(16);
    }

    @Test
    void a_pipe_that_all_share_gets_the_fewest() {
        run(60, n -> 6e5);
        assertThat(pace.limit()).isLessThanOrEqualTo(3);
        run(1000, n -> 6e5);
        assertThat(pace.limit()).isLessThanOrEqualTo(3);
    }

    @Test
    void a_pipe_that_seven_fill_gets_about_seven() {
        run(2000, n -> Math.min(n, 7) * 1e6);
        assertThat(pace.limit()).isBetween(6, 8);
    }

    @Test
    void an_origin_that_asks_to_be_left_alone_gets_half() {
        pace.busy();
        assertThat(pace.limit()).isEqualTo(2);
        pace.busy();
        pace.busy();
        assertThat(pace.limit()).isEqualTo(1);
    }

    @Test
    void rounds_in_which_the_reader_was_what_was_slow_decide_nothing() {
        for (int i = 0; i < 500; i++) {
            pace.heldBack();
            run(1, n -> 1e6);
        }
        assertThat(pace.limit()).isEqualTo(4);
    }

    /** A stream whose next request is due after each four blocks; {@code one} is what a single request brings. */
    private static Pace stream(int requests, double one, double several) {
        Pace pace = new Pace(4, 16, true);
        pace.streams(1);
        long now = 0;
        boolean alone = pace.goesAlone(false, NEAR);
        for (int i = 0; i < requests; i++) {
            for (int block = 0; block < 12; block++) {
                now += (long) (BLOCK * 1e9 / (alone ? one : several * pace.limit()));
                pace.fetched(BLOCK, now, alone);
            }
            alone = pace.goesAlone(true, NEAR);
        }
        return pace;
    }

    @Test
    void where_one_request_brings_all_there_is_several_are_tried_and_given_up() {
        Pace pace = stream(4, 12e6, 2e6);
        assertThat(pace.limit()).isEqualTo(1);
        assertThat(pace.goesAlone(true, NEAR)).isTrue();
        assertThat(pace.together()).isFalse();
    }

    @Test
    void where_each_connection_is_limited_there_are_soon_several() {
        Pace pace = stream(40, 1e6, 1e6);
        assertThat(pace.together()).isTrue();
        assertThat(pace.limit()).isGreaterThan(8);
    }

    @Test
    void a_crowd_is_several_requests_already_and_none_of_it_tries_more() {
        Pace pace = new Pace(4, 16, true);
        pace.streams(20);
        for (int i = 0; i < 1000; i++) {
            now += 1_000_000;
            pace.fetched(BLOCK, now, true);
            assertThat(pace.goesAlone(true, NEAR)).isTrue();
        }
    }

    @Test
    void a_first_request_of_a_stream_is_never_the_one_to_try_with() {
        Pace pace = quick(1);
        assertThat(pace.goesAlone(false, NEAR)).isTrue();
        assertThat(pace.goesAlone(true, NEAR)).isFalse();
        assertThat(pace.limit()).isEqualTo(4);
    }

    /** 50 blocks per second by one request at a time. */
    private static Pace quick(int streams) {
        Pace pace = new Pace(4, 16, true);
        pace.streams(streams);
        for (int i = 1; i <= 100; i++) {
            pace.fetched(BLOCK, i * 20_000_000L, true);
        }
        return pace;
    }

    @Test
    void several_are_not_tried_where_round_trips_would_leave_them_less_than_one_brings() {
        assertThat(quick(1).goesAlone(true, Duration.ofMillis(100)))
                .as("four blocks in 100 ms are 40 a second")
                .isTrue();
        assertThat(quick(1).goesAlone(true, Duration.ofMillis(50)))
                .as("four blocks in 50 ms are 80 a second")
                .isFalse();
    }

    @Test
    void a_stream_that_begins_ends_the_trial_of_another_and_proves_nothing() {
        Pace pace = quick(1);
        assertThat(pace.goesAlone(true, NEAR)).isFalse();
        pace.streams(99);
        now = 3_000_000_000L;
        for (int i = 0; i < 10_000; i++) {
            now += 1_000_000;
            pace.fetched(BLOCK, now, false);
        }
        assertThat(pace.together()).isFalse();
        assertThat(pace.goesAlone(true, NEAR)).isTrue();
    }

    @Test
    void what_one_stream_got_is_not_compared_with_what_two_get() {
        Pace pace = quick(1);
        pace.streams(1);
        assertThat(pace.goesAlone(true, NEAR)).isTrue();
    }
}
