package dev.millrace.core;

import static dev.millrace.core.Threads.go;
import static dev.millrace.core.Threads.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class DoorbellTest {
    private final Doorbell bell = new Doorbell();

    @Test
    void a_ring_before_the_wait_counts() throws Exception {
        bell.ring();
        bell.await();
    }

    @Test
    void a_ring_wakes_the_waiter() throws Exception {
        var waiter = run(bell::await).untilParked();
        bell.ring();
        waiter.join();
    }

    @Test
    void a_ring_wakes_a_waiter_on_a_platform_thread() throws Exception {
        var woken = new AtomicInteger();
        Thread waiter = Thread.ofPlatform().start(() -> {
            try {
                bell.await();
                woken.set(1);
            } catch (InterruptedException e) {
                woken.set(-1);
            }
        });
        bell.ring();
        waiter.join();
        assertThat(woken).hasValue(1);
    }

    @Test
    void rings_coalesce() throws Exception {
        bell.ring();
        bell.ring();
        bell.ring();
        assertThat(bell.await(Duration.ZERO)).isTrue();
        assertThat(bell.await(Duration.ZERO)).isFalse();
    }

    @Test
    void poll_takes_a_ring_and_does_not_wait() {
        assertThat(bell.poll()).isFalse();
        bell.ring();
        assertThat(bell.poll()).isTrue();
        assertThat(bell.poll()).isFalse();
    }

    @Test
    void a_wait_with_a_timeout_says_whether_it_was_rung() throws Exception {
        assertThat(bell.await(Duration.ofMillis(1))).isFalse();
        bell.ring();
        assertThat(bell.await(Duration.ofDays(1))).isTrue();
        var waiter = go(() -> bell.await(Duration.ofSeconds(Long.MAX_VALUE))).untilParked();
        bell.ring();
        assertThat(waiter.join()).isTrue();
    }

    @Test
    void a_timeout_of_zero_or_less_does_not_wait() throws Exception {
        assertThat(bell.await(Duration.ofSeconds(-1))).isFalse();
        assertThat(bell.await(Duration.ofSeconds(Long.MIN_VALUE))).isFalse();
    }

    @Test
    void the_time_is_really_waited() throws Exception {
        long start = System.nanoTime();
        assertThat(bell.await(Duration.ofMillis(20))).isFalse();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(20));
    }

    @Test
    void an_unpark_that_is_not_a_ring_wakes_nobody() throws Exception {
        var waiter = run(bell::await).untilParked();
        for (int i = 0; i < 1_000; i++) {
            LockSupport.unpark(waiter.thread());
            Thread.onSpinWait();
        }
        assertThat(waiter.done()).isFalse();
        bell.ring();
        waiter.join();
    }

    @Test
    void an_interrupt_ends_the_wait_and_leaves_the_ring() throws Exception {
        var waiter = run(bell::await).untilParked();
        waiter.thread().interrupt();
        assertThatThrownBy(waiter::join).isInstanceOf(InterruptedException.class);

        bell.ring();
        Thread.currentThread().interrupt();
        assertThatThrownBy(bell::await).isInstanceOf(InterruptedException.class);
        assertThat(bell.poll()).isTrue();
    }

    @Test
    void a_second_waiter_is_refused_and_the_first_still_woken() throws Exception {
        var first = run(bell::await).untilParked();
        assertThatThrownBy(bell::await).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> bell.await(Duration.ofDays(1))).isInstanceOf(IllegalStateException.class);
        bell.ring();
        first.join();
        bell.ring();
        bell.await();
    }

    /** Each ring is answered before the next, so a single lost wake-up stops the test. */
    @Test
    void no_ring_is_lost_in_a_long_game_of_ping_pong() throws Exception {
        int rounds = 50_000;
        var back = new Doorbell();
        var other = run(() -> {
            for (int i = 0; i < rounds; i++) {
                bell.await();
                back.ring();
            }
        });
        for (int i = 0; i < rounds; i++) {
            bell.ring();
            back.await();
        }
        other.join();
    }

    /** Plain counters, written before the ring and read after the wait, under many ringers. */
    @Test
    void what_was_done_before_any_ring_is_seen_by_the_waiter() throws Exception {
        int ringers = 4;
        int rings = 20_000;
        int[][] done = new int[ringers][1];
        var waiter = run(() -> {
            for (long seen = 0; seen < (long) ringers * rings; ) {
                bell.await();
                seen = 0;
                for (int[] each : done) {
                    seen += each[0];
                }
            }
        });
        for (int[] mine : done) {
            run(() -> {
                for (int i = 0; i < rings; i++) {
                    mine[0]++;
                    bell.ring();
                }
            });
        }
        waiter.join();
    }
}
