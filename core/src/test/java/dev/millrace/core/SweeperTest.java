package dev.millrace.core;

import static dev.millrace.core.Threads.go;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SweeperTest {
    private final Journal<String> journal = Journal.inMemory();

    /** A period that never passes by itself: the tests say when. */
    private final Sweeper sweeper = new Sweeper(Duration.ofDays(1));

    @AfterEach
    void close() {
        sweeper.close();
        journal.close();
    }

    private void sweep(int times) {
        for (int i = 0; i < times; i++) {
            sweeper.sweep();
        }
    }

    @Test
    void a_cursor_that_waits_for_a_whole_period_is_nudged() throws Exception {
        var cursor = journal.cursor(0);
        sweeper.watch(cursor);
        for (int beat = 0; beat < 3; beat++) {
            var reader = go(() -> cursor.take(1)).untilParked();
            sweep(4);
            assertThat(reader.done()).isFalse();
            sweep(1);
            assertThat(reader.join()).isEmpty();
        }
    }

    @Test
    void an_event_starts_the_period_anew() throws Exception {
        var cursor = journal.cursor(0);
        sweeper.watch(cursor);
        var first = go(() -> cursor.take(1)).untilParked();
        sweep(4);
        journal.append("event 1");
        assertThat(first.join()).hasSize(1);
        var second = go(() -> cursor.take(1)).untilParked();
        sweep(4);
        assertThat(second.done()).isFalse();
        journal.append("event 2");
        assertThat(second.join()).hasSize(1);
    }

    @Test
    void a_cursor_that_does_not_wait_is_left_alone() throws Exception {
        var cursor = journal.cursor(0);
        sweeper.watch(cursor);
        sweep(20);
        var reader = go(() -> cursor.take(1)).untilParked();
        journal.append("event 1");
        assertThat(reader.join()).hasSize(1);
    }

    @Test
    void closed_cursors_are_forgotten() {
        var closing = journal.cursor(0);
        sweeper.watch(closing);
        sweeper.watch(journal.cursor(0));
        closing.close();
        sweep(1);
        assertThat(sweeper.size()).isEqualTo(1);
        sweeper.close();
        sweeper.close();
        assertThat(sweeper.size()).isZero();
    }

    @Test
    void its_thread_does_it_by_itself() throws Exception {
        try (var quick = new Sweeper(Duration.ofMillis(4))) {
            var cursor = journal.cursor(0);
            quick.watch(cursor);
            quick.start();
            for (int beat = 0; beat < 3; beat++) {
                assertThat(cursor.take(1)).isEmpty();
            }
            assertThatThrownBy(quick::start).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void an_idle_period_must_be_positive() {
        assertThatThrownBy(() -> new Sweeper(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
    }
}
