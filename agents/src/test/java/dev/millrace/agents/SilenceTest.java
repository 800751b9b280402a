package dev.millrace.agents;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Which answers are ended for their silence, by a clock of the test's. */
class SilenceTest {
    private final AtomicLong now = new AtomicLong(1_001);
    private final AtomicInteger ended = new AtomicInteger();
    private final Silence silence = new Silence(Duration.ofNanos(400), ended::incrementAndGet, now::get);

    private void waits(long nanos) {
        silence.waiting();
        now.addAndGet(nanos);
    }

    @Test
    void an_answer_may_take_as_long_as_it_likes_while_something_comes() {
        for (int i = 0; i < 10; i++) {
            waits(390);
            assertThat(silence.look()).isEqualTo(10);
            silence.came();
            assertThat(silence.look()).as("whoever reads is busy").isEqualTo(400);
            now.addAndGet(1_000);
        }
        assertThat(silence.tooLong()).isFalse();
        assertThat(ended).hasValue(0);
    }

    @Test
    void what_is_waited_for_too_long_is_ended_once() {
        waits(400);
        assertThat(silence.look()).isEqualTo(Silence.OVER);
        assertThat(silence.tooLong()).isTrue();
        assertThat(ended).hasValue(1);
    }
}
