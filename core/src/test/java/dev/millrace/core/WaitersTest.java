package dev.millrace.core;

import static dev.millrace.core.Threads.go;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.Journal.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class WaitersTest {
    private final Waiters waiters = new Waiters();

    private List<Waiter> enlisted(int n) {
        var all = new ArrayList<Waiter>();
        for (int i = 0; i < n; i++) {
            var waiter = new Waiter();
            waiters.enlist(waiter);
            all.add(waiter);
        }
        return all;
    }

    private static List<Waiter> rung(List<Waiter> all) {
        return all.stream().filter(waiter -> waiter.bell.poll()).toList();
    }

    @Test
    void a_wake_up_costs_the_writer_two_and_each_reader_two() {
        var all = enlisted(1_000);
        waiters.wake();
        assertThat(waiters.length()).isZero();
        int generation = 0;
        int woken = 0;
        for (var front = rung(all); !front.isEmpty(); front = rung(all)) {
            assertThat(front.size()).isLessThanOrEqualTo(2 << generation);
            woken += front.size();
            generation++;
            front.forEach(Waiter::leave);
        }
        assertThat(woken).isEqualTo(1_000);
        assertThat(generation).isLessThanOrEqualTo(10);
    }

    @Test
    void those_who_have_left_are_passed_over_and_stop_nothing() {
        var all = enlisted(100);
        for (int i = 0; i < 100; i++) {
            if (i % 10 != 0) {
                all.get(i).leave();
            }
        }
        waiters.wake();
        int woken = 0;
        for (var front = rung(all); !front.isEmpty(); front = rung(all)) {
            woken += front.size();
            front.forEach(Waiter::leave);
        }
        assertThat(woken).isEqualTo(10);
    }

    @Test
    void one_who_comes_back_takes_the_old_place_again() {
        var waiter = new Waiter();
        for (int i = 0; i < 1_000; i++) {
            waiters.enlist(waiter);
            waiter.leave();
        }
        assertThat(waiters.length()).isEqualTo(1);
        waiters.enlist(waiter);
        waiters.wake();
        assertThat(waiter.bell.poll()).isTrue();
    }

    @Test
    void one_who_left_and_was_passed_over_is_woken_the_next_time() {
        var waiter = new Waiter();
        waiters.enlist(waiter);
        waiter.leave();
        waiters.wake();
        assertThat(waiter.bell.poll()).isFalse();
        waiters.enlist(waiter);
        waiters.wake();
        assertThat(waiter.bell.poll()).isTrue();
    }

    @Test
    void a_thousand_readers_that_come_and_go_leave_no_garbage_on_a_quiet_journal() throws Exception {
        var journal = Journal.<String>inMemory();
        var staying = new ArrayList<Threads.Work<List<Entry<String>>>>();
        for (int i = 0; i < 10; i++) {
            var cursor = journal.cursor(0);
            staying.add(go(() -> cursor.take(1)).untilParked());
        }
        for (int i = 0; i < 1_000; i++) {
            try (var cursor = journal.cursor(0)) {
                // It has really waited: the nudge comes in the middle of take.
                var reader = go(() -> cursor.take(1)).untilParked();
                cursor.nudge();
                assertThat(reader.join()).isEmpty();
            }
            assertThat(journal.waiters(false).length()).isLessThanOrEqualTo(64);
        }
        journal.append("event 1");
        for (var reader : staying) {
            assertThat(reader.join()).hasSize(1);
        }
        assertThat(journal.waiters(false).length()).isZero();
    }

    /** The readers that are woken first are the ones that die: the others must not depend on them. */
    @Test
    void readers_that_are_interrupted_nudged_or_closed_take_nobody_with_them() throws Exception {
        var random = RandomGenerator.getDefault();
        for (int round = 0; round < 300; round++) {
            var journal = Journal.<String>inMemory();
            var cursors = new ArrayList<Cursor<String>>();
            var readers = new ArrayList<Threads.Work<List<Entry<String>>>>();
            for (int i = 0; i < 16; i++) {
                var cursor = journal.cursor(0);
                cursors.add(cursor);
                readers.add(go(() -> {
                    for (; ; ) {
                        var entries = cursor.take(1);
                        if (!entries.isEmpty() || cursor.ended()) {
                            return entries;
                        }
                    }
                }));
            }
            readers.getLast().untilParked();
            int victim = random.nextInt(16);
            int how = random.nextInt(3);
            var killing = Threads.run(() -> {
                for (int i = victim; i < 16; i += 3) {
                    switch (how) {
                        case 0 -> readers.get(i).thread().interrupt();
                        case 1 -> cursors.get(i).nudge();
                        default -> cursors.get(i).close();
                    }
                }
            });
            journal.append("event 1");
            killing.join();
            for (int i = 0; i < 16; i++) {
                boolean killed = i >= victim && (i - victim) % 3 == 0;
                var reader = readers.get(i);
                if (killed && how == 0) {
                    try {
                        assertThat(reader.join()).hasSize(1);
                    } catch (InterruptedException e) {
                        assertThat(cursors.get(i).take(1)).hasSize(1);
                    }
                } else if (killed && how == 2) {
                    assertThat(reader.join()).hasSizeLessThanOrEqualTo(1);
                } else {
                    assertThat(reader.join()).hasSize(1);
                }
            }
        }
    }

    @Test
    void clearing_the_list_of_closed_readers_does_not_lose_a_wake_up() throws Exception {
        for (int round = 0; round < 100; round++) {
            var journal = Journal.<String>inMemory();
            var delivered = new AtomicInteger();
            var readers = new ArrayList<Threads.Work<Void>>();
            int events = 50;
            for (int i = 0; i < 4; i++) {
                var cursor = journal.cursor(0);
                readers.add(Threads.run(() -> {
                    while (cursor.position() < events) {
                        delivered.addAndGet(cursor.take(1).size());
                    }
                }));
            }
            var clearing = Threads.run(() -> {
                for (int i = 0; i < 2_000; i++) {
                    journal.cursor(0).close();
                    journal.litter(journal.waiters(false));
                }
            });
            for (int i = 0; i < events; i++) {
                journal.append("e");
            }
            for (var reader : readers) {
                reader.join();
            }
            clearing.join();
            assertThat(delivered).hasValue(4 * events);
        }
    }

    @Test
    void a_waiter_wakes_nobody_when_it_was_not_woken() {
        var all = enlisted(3);
        all.getFirst().leave();
        assertThat(rung(all)).isEmpty();
    }
}
