package dev.millrace.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/** The pace against models of origins: what N fetches at once bring in all, in bytes per second. */
class PaceTest {
    private static final int BLOCK = 1 << 20;

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
}
