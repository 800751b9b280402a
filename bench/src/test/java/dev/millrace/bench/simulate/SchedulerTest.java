package dev.millrace.bench.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.Doorbell;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class SchedulerTest {
    private static final long LONG = Duration.ofDays(3650).toNanos();

    private final Scheduler scheduler = scheduler(1, Scheduler.Order.ANY);
    private final Lane lane = new Lane(scheduler, "lane");
    private final Host host = new Host(scheduler, lane);
    private final List<String> done = new ArrayList<>();

    private static Scheduler scheduler(long seed, Scheduler.Order order) {
        return new Scheduler(seed, order, new Trace(10));
    }

    private void sleep(Duration time) {
        try {
            assertThat(new Doorbell(host).await(time)).isFalse();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void a_year_of_waiting_takes_no_time() {
        lane.start("sleeper", () -> {
            sleep(Duration.ofDays(365));
            scheduler.stop();
        });
        scheduler.run(LONG);
        assertThat(Duration.ofNanos(scheduler.now())).isBetween(Duration.ofDays(365), Duration.ofDays(366));
    }

    @Test
    void a_thread_that_another_one_starts_is_under_the_same_scheduler() {
        lane.start(
                "parent",
                () -> Thread.ofVirtual().start(() -> {
                    done.add(Thread.currentThread().isVirtual() + " on " + scheduler.steps());
                    scheduler.stop();
                }));
        assertThat(done).isEmpty();
        scheduler.run(LONG);
        assertThat(done).containsExactly("true on 2");
    }

    @Test
    void a_deadlock_is_found() {
        var one = new ReentrantLock();
        var other = new ReentrantLock();
        lane.start("one", () -> lockBoth(one, other));
        lane.start("other", () -> lockBoth(other, one));
        assertThatThrownBy(() -> scheduler.run(LONG))
                .isInstanceOf(Violation.class)
                .hasMessageContaining("deadlock");
    }

    private void lockBoth(ReentrantLock first, ReentrantLock second) {
        first.lock();
        sleep(Duration.ofSeconds(1));
        second.lock();
    }

    @Test
    void what_never_ends_is_found() {
        lane.start("endless", () -> {
            while (true) {
                sleep(Duration.ofHours(1));
            }
        });
        assertThatThrownBy(() -> scheduler.run(Duration.ofDays(2).toNanos()))
                .isInstanceOf(Violation.class)
                .hasMessageContaining("does not end");
    }

    @Test
    void a_thread_that_dies_ends_the_run() {
        lane.start("mortal", () -> {
            throw new IllegalStateException("so it is");
        });
        assertThatThrownBy(() -> scheduler.run(LONG))
                .isInstanceOf(Violation.class)
                .hasMessageContaining("lane/mortal")
                .hasRootCauseMessage("so it is");
    }

    @Test
    void who_is_killed_never_runs_again_and_who_is_frozen_goes_on_where_it_was() {
        var victim = new Lane(scheduler, "victim");
        var sleeper = new Lane(scheduler, "sleeper");
        victim.start("victim", () -> {
            scheduler.park(this, Duration.ofSeconds(2).toNanos());
            done.add("the victim goes on");
        });
        sleeper.start("sleeper", () -> {
            scheduler.park(this, Duration.ofSeconds(2).toNanos());
            done.add("the sleeper goes on after " + scheduler.now() / 1_000_000_000 + " s");
        });
        scheduler.after(Duration.ofSeconds(1).toNanos(), () -> {
            victim.kill();
            sleeper.freeze();
        });
        scheduler.after(Duration.ofSeconds(60).toNanos(), sleeper::thaw);
        scheduler.after(Duration.ofSeconds(61).toNanos(), scheduler::stop);
        lane.start("other", () -> sleep(Duration.ofSeconds(62)));
        scheduler.run(LONG);
        assertThat(done).containsExactly("the sleeper goes on after 60 s");
    }

    @ParameterizedTest
    @EnumSource
    void a_seed_decides_the_order_and_seeds_differ(Scheduler.Order order) {
        Set<String> orders = new HashSet<>();
        for (int seed = 0; seed < 50; seed++) {
            String first = interleaved(seed, order);
            assertThat(interleaved(seed, order)).isEqualTo(first);
            orders.add(first);
        }
        assertThat(orders).hasSizeGreaterThan(10);
    }

    @SuppressWarnings("ThreadPriorityCheck") // here the scheduler is ours
    private static String interleaved(long seed, Scheduler.Order order) {
        Scheduler own = scheduler(seed, order);
        var threads = new Lane(own, "threads");
        var text = new StringBuilder();
        int[] left = {4};
        for (int i = 0; i < 4; i++) {
            int me = i;
            threads.start("thread" + i, () -> {
                for (int step = 0; step < 8; step++) {
                    text.append(me);
                    Thread.yield();
                }
                if (--left[0] == 0) {
                    own.stop();
                }
            });
        }
        own.run(LONG);
        return text + " " + own.trace().hash();
    }

    @Test
    void an_alarm_that_was_called_off_does_not_ring() {
        scheduler.after(1_000, () -> done.add("rang")).callOff();
        scheduler.after(2_000, scheduler::stop);
        lane.start("waits", LockSupport::park);
        scheduler.run(LONG);
        assertThat(done).isEmpty();
    }
}
