package dev.millrace.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.core.Origin.Block;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HedgeTest {
    private static final Duration LATE = Duration.ofMillis(100);

    /** The test says what time it is. */
    private static final class HandTimer implements HedgeTimer {
        private record Alarm(long at, Runnable task) {}

        private final List<Alarm> alarms = new CopyOnWriteArrayList<>();
        private long now;

        @Override
        public synchronized long now() {
            return now;
        }

        @Override
        public Runnable after(long nanos, Runnable task) {
            var alarm = new Alarm(now() + nanos, task);
            alarms.add(alarm);
            return () -> alarms.remove(alarm);
        }

        private synchronized void advance(Duration time) {
            now += time.toNanos();
        }

        void pass(Duration time) {
            advance(time);

            List<Alarm> due = alarms.stream().filter(alarm -> alarm.at <= now()).toList();
            for (Alarm alarm : due) {
                if (alarms.remove(alarm)) {
                    alarm.task.run();
                }
            }
        }
    }

    private final Origin origin = new Origin();
    private final HandTimer timer = new HandTimer();
    private final List<Block> discarded = new CopyOnWriteArrayList<>();
    private Prefetch<Integer, Block> prefetch;

    private void start(int blocks, double budget) {
        prefetch = Prefetch.<Integer, Block>of(IntStream.range(0, blocks).iterator(), origin::fetch)
                .concurrency(2)
                .window(6)
                .hedge(LATE, budget)
                .timer(timer)
                .onDiscard(discarded::add)
                .start();
    }

    @AfterEach
    void nothing_is_left_behind() {
        prefetch.close();
        for (Origin.Call call; (call = origin.calls.poll()) != null; ) {
            call.fail(new IOException("the test is over"));
        }
        await().atMost(Duration.ofSeconds(30)).until(() -> prefetch.statistics().inFlight() == 0);
        assertThat(timer.alarms).isEmpty();
        assertThat(discarded).doesNotHaveDuplicates();
    }

    private long hedges() {
        return prefetch.statistics().hedges();
    }

    @Test
    void a_late_head_is_fetched_again_and_the_second_wins() throws Exception {
        start(2, 1);
        origin.call(0);
        timer.pass(LATE.minusNanos(1));
        assertThat(hedges()).isZero();
        timer.pass(Duration.ofNanos(1));
        assertThat(hedges()).isEqualTo(1);
        origin.call(0, 2).succeed();
        assertThat(prefetch.next()).contains(origin.brought.getFirst());
        assertThat(origin.call(0).interrupted()).isTrue();
    }

    @Test
    void the_first_may_win_too_and_what_the_second_brings_is_discarded() throws Exception {
        start(1, 1);
        origin.deaf = true;
        var first = origin.call(0);
        timer.pass(LATE);
        var second = origin.call(0, 2);
        first.succeed();
        var block = prefetch.next().orElseThrow();
        second.awaitInterrupt();
        second.succeed();
        assertThat(second.interrupted()).isTrue();
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(discarded).hasSize(1));
        assertThat(discarded).doesNotContain(block);
        assertThat(prefetch.next()).isEmpty();
    }

    @Test
    void if_one_of_the_two_fails_the_other_counts() throws Exception {
        start(2, 1);
        var first = origin.call(0);
        timer.pass(LATE);
        var second = origin.call(0, 2);
        first.fail(new IOException("first"));
        first.interrupted();
        second.succeed();
        assertThat(prefetch.next().orElseThrow().key).isZero();
    }

    @Test
    void the_block_fails_if_both_do() throws Exception {
        start(2, 1);
        var first = origin.call(0);
        timer.pass(LATE);
        var second = origin.call(0, 2);
        var cause = new IOException("first");
        var other = new IOException("second");
        first.fail(cause);
        await().atMost(Duration.ofSeconds(30)).until(() -> prefetch.statistics().inFlight() == 2);
        second.fail(other);
        assertThatThrownBy(prefetch::next).hasCause(cause);
        assertThat(cause.getSuppressed()).containsExactly(other);
    }

    @Test
    void only_the_head_is_hedged_and_only_once() throws Exception {
        start(4, 1);
        origin.call(1);
        timer.pass(LATE.multipliedBy(10));
        timer.pass(LATE.multipliedBy(10));
        assertThat(hedges()).isEqualTo(1);
        origin.call(0, 2).succeed();
        prefetch.next();
        // Block 1 is the head now, and has been late for long.
        origin.call(1, 2);
        assertThat(hedges()).isEqualTo(2);
        assertThat(timer.alarms).isEmpty();
    }

    @Test
    void a_head_in_time_is_not_hedged() throws Exception {
        start(2, 1);
        origin.call(0).succeed();
        prefetch.next();
        timer.pass(LATE.minusNanos(1));
        origin.call(1).succeed();
        prefetch.next();
        timer.pass(LATE.multipliedBy(10));
        assertThat(hedges()).isZero();
    }

    @Test
    void a_hedge_waits_for_its_budget_and_no_longer() throws Exception {
        start(100, 0.25);
        origin.call(1);
        timer.pass(LATE);
        assertThat(prefetch.statistics().fetches()).isEqualTo(2);
        assertThat(hedges()).isZero();
        origin.call(1).succeed();
        origin.call(2).succeed();
        // With the fourth fetch, a quarter is one.
        origin.call(3);
        origin.call(0, 2);
        assertThat(hedges()).isEqualTo(1);
    }

    @Test
    void hedges_stay_within_their_budget() throws Exception {
        start(100, 0.05);
        for (int key = 0; key < 100; key++) {
            var first = origin.call(key);
            timer.pass(LATE);
            first.succeed();
            assertThat(prefetch.next().orElseThrow().key).isEqualTo(key);
            var statistics = prefetch.statistics();
            assertThat(statistics.hedges()).isLessThanOrEqualTo((long) (statistics.fetches() * 0.05 + 1e-6));
        }
        assertThat(hedges()).isEqualTo(5);
    }

    @Test
    void the_shared_timer_runs_and_its_cancelled_tasks_do_not() throws Exception {
        var ran = new CountDownLatch(1);
        var cancelled = new AtomicBoolean();
        HedgeTimer.shared()
                .after(Duration.ofMillis(20).toNanos(), () -> cancelled.set(true))
                .run();
        HedgeTimer.shared().after(Duration.ofMillis(30).toNanos(), ran::countDown);
        ran.await();
        assertThat(cancelled).isFalse();
        start(0, 1);
    }
}
