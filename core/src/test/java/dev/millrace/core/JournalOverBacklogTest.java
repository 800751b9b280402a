package dev.millrace.core;

import static dev.millrace.core.JournalTest.entries;
import static dev.millrace.core.JournalTest.entry;
import static dev.millrace.core.Threads.go;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.Journal.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class JournalOverBacklogTest {
    /** Committed first, published after, as an engine does it. */
    private final List<Entry<String>> store = new CopyOnWriteArrayList<>();

    private final List<Long> asked = new CopyOnWriteArrayList<>();

    private List<Entry<String>> read(long after, int max) {
        asked.add(after);
        return store.stream().filter(entry -> entry.offset() > after).limit(max).toList();
    }

    /** Each event weighs one byte. */
    private Journal<String> cold(long tailBytes) {
        return Journal.over(this::read, tailBytes, event -> 1);
    }

    private void commitAndPublish(Journal<String> journal, List<Entry<String>> entries) {
        store.addAll(entries);
        journal.publish(entries);
    }

    @Test
    void a_cold_journal_gives_what_is_stored_and_then_waits_for_more() throws Exception {
        store.addAll(entries(1, 3));
        var journal = cold(100);
        var cursor = journal.cursor(0);
        assertThat(cursor.take(2)).isEqualTo(entries(1, 2));
        assertThat(cursor.take(2)).isEqualTo(entries(3, 3));
        var reader = go(() -> cursor.take(2)).untilParked();
        assertThat(asked).containsExactly(0L, 2L, 3L);
        commitAndPublish(journal, entries(4, 4));
        assertThat(reader.join()).isEqualTo(entries(4, 4));
        assertThat(asked).containsExactly(0L, 2L, 3L);
    }

    @Test
    void where_events_were_merged_a_reader_from_the_backlog_stays_there_and_one_in_the_tail_gets_every_event()
            throws Exception {
        var journal = cold(100);
        commitAndPublish(journal, entries(1, 7));
        var inTail = journal.cursor(0);
        assertThat(inTail.take(2)).isEqualTo(entries(1, 2));
        var early = journal.cursor(3);
        journal.merging(6);
        store.removeIf(entry -> entry.offset() == 2 || entry.offset() == 4); // merged into the sixth
        var late = journal.cursor(2);
        assertThat(late.take(1)).isEqualTo(entries(3, 3));
        assertThat(late.take(1)).isEqualTo(entries(5, 5));
        assertThat(late.take(1)).isEqualTo(entries(6, 6));
        assertThat(asked).as("each of these from the backlog").containsExactly(2L, 3L, 5L);
        assertThat(late.take(1)).isEqualTo(entries(7, 7));
        assertThat(inTail.take(9)).isEqualTo(entries(3, 7));
        assertThat(early.take(9)).as("nothing was merged when it came").isEqualTo(entries(4, 7));
        assertThat(asked).containsExactly(2L, 3L, 5L);
        inTail.seek(3);
        assertThat(inTail.take(1)).as("who seeks comes from elsewhere").isEqualTo(entries(5, 5));
        assertThat(asked).containsExactly(2L, 3L, 5L, 3L);
        assertThatThrownBy(() -> Journal.inMemory().merging(1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void who_has_caught_up_from_the_backlog_stays_in_the_tail_whatever_is_merged_then() throws Exception {
        store.addAll(entries(1, 3));
        var journal = cold(100);
        var cursor = journal.cursor(0);
        assertThat(cursor.take(9)).isEqualTo(entries(1, 3));
        commitAndPublish(journal, entries(4, 7));
        journal.merging(6);
        store.removeIf(entry -> entry.offset() == 4 || entry.offset() == 5); // merged into the sixth
        assertThat(cursor.take(9)).isEqualTo(entries(4, 7));
    }

    @Test
    void what_others_committed_comes_from_the_backlog_and_the_next_publish_continues_there() throws Exception {
        var journal = cold(100);
        assertThat(journal.lastOffset()).isNegative();
        var cursor = journal.cursor(0);
        var reader = go(() -> cursor.take(10)).untilParked();
        store.addAll(entries(1, 3));
        journal.advance(3);
        assertThat(reader.join()).isEqualTo(entries(1, 3));
        assertThat(journal.lastOffset()).isEqualTo(3);
        commitAndPublish(journal, entries(4, 5));
        store.addAll(entries(6, 7));
        journal.advance(7);
        journal.advance(6); // known already
        assertThat(journal.tailBytes()).as("the tail is contiguous").isZero();
        commitAndPublish(journal, entries(8, 8));
        assertThat(cursor.take(10)).isEqualTo(entries(4, 8));
        assertThat(cursor.poll(10)).isEmpty();
        assertThatThrownBy(() -> Journal.inMemory().advance(1)).isInstanceOf(UnsupportedOperationException.class);
        journal.close();
        assertThatThrownBy(() -> journal.advance(9)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void who_waits_for_a_milestone_gets_every_event_but_is_woken_by_milestones_alone() throws Exception {
        var journal =
                Journal.over(this::read, 100, event -> 1, event -> event.equals("event 3") || event.equals("event 9"));
        var patient = journal.milestones(0);
        var eager = journal.cursor(0);
        var waiting = go(() -> patient.take(9)).untilParked();
        commitAndPublish(journal, entries(1, 2));
        assertThat(eager.take(9)).isEqualTo(entries(1, 2));
        assertThat(journal.waiters(true).length())
                .as("on its list still: nobody woke it")
                .isEqualTo(1);
        commitAndPublish(journal, entries(3, 4));
        assertThat(waiting.join()).isEqualTo(entries(1, 4));

        var nudged = go(() -> patient.take(9)).untilParked();
        commitAndPublish(journal, entries(5, 5));
        patient.nudge();
        assertThat(nudged.join()).as("who is up anyway gets what is there").isEqualTo(entries(5, 5));

        var elsewhere = go(() -> patient.take(9)).untilParked();
        store.addAll(entries(6, 7));
        journal.advance(7);
        assertThat(elsewhere.join())
                .as("another process's events may be milestones")
                .isEqualTo(entries(6, 7));

        commitAndPublish(journal, entries(8, 8));
        assertThat(patient.take(9)).as("what is there needs no wait").isEqualTo(entries(8, 8));
        var last = go(() -> patient.take(9)).untilParked();
        commitAndPublish(journal, entries(9, 9));
        assertThat(last.join()).isEqualTo(entries(9, 9));
        var many = go(() -> patient.take(99)).untilParked();
        commitAndPublish(journal, entries(10, 8 + Journal.STRIDE));
        assertThat(journal.waiters(true).length()).isEqualTo(1);
        commitAndPublish(journal, entries(9 + Journal.STRIDE, 9 + Journal.STRIDE));
        assertThat(many.join()).as("so many are worth a look").isEqualTo(entries(10, 9 + Journal.STRIDE));
        var ended = go(() -> patient.take(9)).untilParked();
        journal.close();
        assertThat(ended.join()).isEmpty();
        assertThat(patient.ended()).isTrue();
    }

    @Test
    void an_empty_backlog_is_asked_once() throws Exception {
        var journal = cold(100);
        var cursor = journal.cursor(0);
        assertThat(cursor.poll(1)).isEmpty();
        assertThat(cursor.poll(1)).isEmpty();
        var reader = go(() -> cursor.take(1)).untilParked();
        cursor.nudge();
        assertThat(reader.join()).isEmpty();
        assertThat(asked).containsExactly(0L);
    }

    @Test
    void a_cursor_that_is_opened_before_the_first_publish_never_asks_the_backlog() throws Exception {
        store.addAll(entries(1, 7));
        var journal = cold(100);
        var cursor = journal.cursor(7);
        commitAndPublish(journal, entries(8, 10));
        assertThat(cursor.take(10)).isEqualTo(entries(8, 10));
        assertThat(asked).isEmpty();
    }

    @Test
    void an_owner_who_knows_the_last_offset_spares_the_backlog() throws Exception {
        store.addAll(entries(1, 7));
        var journal = Journal.over(this::read, 100, event -> 1, 7);
        var cursor = journal.cursor(7);
        assertThat(cursor.poll(1)).isEmpty();
        var reader = go(() -> cursor.take(10)).untilParked();
        assertThat(journal.append("event 8")).isEqualTo(8);
        assertThat(reader.join()).isEqualTo(entries(8, 8));
        assertThat(asked).isEmpty();
        assertThat(journal.cursor(5).take(10)).isEqualTo(entries(6, 7));
        assertThat(asked).containsExactly(5L);
    }

    @Test
    void a_cold_journal_cannot_number_an_event() {
        var journal = cold(100);
        assertThatThrownBy(() -> journal.append("x"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("last offset");
        journal.publish(entries(5, 5));
        assertThat(journal.append("event 6")).isEqualTo(6);
    }

    @Test
    void a_reader_behind_the_tail_reads_the_store_and_then_the_tail() throws Exception {
        var journal = cold(3);
        for (int i = 1; i <= 10; i++) {
            commitAndPublish(journal, entries(i, i));
        }
        assertThat(journal.tailBytes()).isEqualTo(3);
        var cursor = journal.cursor(0);
        assertThat(cursor.take(4)).isEqualTo(entries(1, 4));
        assertThat(cursor.take(3)).isEqualTo(entries(5, 7));
        assertThat(asked).containsExactly(0L, 4L);
        assertThat(cursor.take(10)).isEqualTo(entries(8, 10));
        assertThat(asked).containsExactly(0L, 4L);
    }

    @Test
    void the_tail_is_bounded_in_bytes_and_evicts_from_the_old_end() throws Exception {
        var journal = Journal.<String>over(this::read, 10, String::length);
        for (var event : List.of("aaaa", "bbbb", "cc")) {
            commitAndPublish(journal, List.of(new Entry<>(store.size() + 1, event)));
        }
        assertThat(journal.tailBytes()).isEqualTo(10);
        commitAndPublish(journal, List.of(new Entry<>(4, "d")));
        assertThat(journal.tailBytes()).isEqualTo(7);
        assertThat(journal.cursor(1).poll(10)).hasSize(3);
        assertThat(asked).isEmpty();
        assertThat(journal.cursor(0).poll(1)).hasSize(1);
        assertThat(asked).containsExactly(0L);
    }

    @Test
    void an_event_larger_than_the_tail_is_read_from_the_store() throws Exception {
        var journal = Journal.<String>over(this::read, 10, String::length);
        var cursor = journal.cursor(0);
        commitAndPublish(journal, List.of(new Entry<>(1, "a")));
        commitAndPublish(journal, List.of(new Entry<>(2, "b".repeat(11))));
        assertThat(journal.tailBytes()).isZero();
        assertThat(cursor.take(10)).hasSize(2);
        commitAndPublish(journal, List.of(new Entry<>(3, "c")));
        assertThat(cursor.take(10)).containsExactly(new Entry<>(3, "c"));
        assertThat(asked).containsExactly(0L);
    }

    @Test
    void events_that_weigh_nothing_do_not_pile_up() {
        var journal = Journal.<String>over(this::read, 5, event -> 0);
        for (int i = 1; i <= 100; i++) {
            journal.publish(entries(i, i));
        }
        assertThat(journal.tailBytes()).isEqualTo(5);
        assertThatThrownBy(
                        () -> Journal.<String>over(this::read, 5, event -> -1).publish(entries(1, 1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void merged_events_are_skipped_over() throws Exception {
        var journal = cold(2);
        store.addAll(List.of(entry(1), entry(6), entry(7)));
        journal.publish(entries(1, 7));
        var cursor = journal.cursor(0);
        assertThat(cursor.take(10)).containsExactly(entry(1), entry(6), entry(7));
        var inTheMiddle = journal.cursor(3);
        assertThat(inTheMiddle.take(1)).containsExactly(entry(6));
        assertThat(inTheMiddle.position()).isEqualTo(6);
        assertThat(inTheMiddle.take(10)).containsExactly(entry(7));
    }

    @Test
    void a_backlog_may_be_ahead_of_what_was_published() throws Exception {
        var journal = cold(100);
        store.addAll(entries(1, 5));
        journal.publish(entries(3, 3));
        var cursor = journal.cursor(0);
        assertThat(cursor.take(10)).isEqualTo(entries(1, 5));
        var reader = go(() -> cursor.take(10)).untilParked();
        journal.publish(entries(4, 5));
        commitAndPublish(journal, entries(6, 6));
        assertThat(reader.join()).isEqualTo(entries(6, 6));
    }

    @Test
    void a_gap_that_cannot_be_filled_is_an_error_and_not_skipped() throws Exception {
        var journal = cold(2);
        journal.publish(entries(10, 20));
        var cursor = journal.cursor(4);
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> cursor.take(1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("offset 4 ")
                    .hasMessageContaining("offset 20");
        }
        assertThat(cursor.position()).isEqualTo(4);
    }

    @Test
    void a_backlog_that_is_out_of_order_is_an_error() {
        var journal = Journal.<String>over((after, max) -> List.of(entry(2), entry(1)), 10, event -> 1);
        var cursor = journal.cursor(0);
        assertThatThrownBy(() -> cursor.take(5)).isInstanceOf(IllegalStateException.class);
        assertThat(cursor.position()).isZero();
    }

    @Test
    void a_backlog_that_fails_fails_its_reader_alone_and_only_then() throws Exception {
        var broken = new AtomicBoolean(true);
        var journal = Journal.<String>over(
                (after, max) -> {
                    if (broken.get()) {
                        throw new IllegalStateException("disk");
                    }
                    return read(after, max);
                },
                2,
                event -> 1);
        commitAndPublish(journal, entries(1, 5));
        var behind = journal.cursor(0);
        assertThatThrownBy(() -> behind.take(5)).hasMessage("disk");
        assertThat(journal.cursor(3).take(5)).isEqualTo(entries(4, 5));
        broken.set(false);
        assertThat(behind.take(5)).isEqualTo(entries(1, 5));
    }

    @Test
    void a_publish_during_the_first_look_into_the_backlog_is_not_missed() throws Exception {
        var looking = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        var journal = Journal.<String>over(
                (after, max) -> {
                    var found = read(after, max);
                    looking.countDown();
                    go.await();
                    return found;
                },
                100,
                event -> 1);
        var cursor = journal.cursor(0);
        var reader = go(() -> cursor.take(5));
        looking.await();
        commitAndPublish(journal, entries(1, 1));
        go.countDown();
        assertThat(reader.join()).isEqualTo(entries(1, 1));
        assertThat(asked).containsExactly(0L);
    }

    @Test
    void a_cold_journal_that_is_closed_gives_what_was_stored_since() throws Exception {
        var journal = cold(100);
        var cursor = journal.cursor(0);
        assertThat(cursor.poll(1)).isEmpty();
        store.addAll(entries(1, 2));
        journal.close();
        assertThat(cursor.ended()).isFalse();
        assertThat(cursor.take(5)).isEqualTo(entries(1, 2));
        assertThat(cursor.take(5)).isEmpty();
        assertThat(cursor.ended()).isTrue();
    }

    @Test
    void the_ring_grows_by_doubling_and_shrinks_again() {
        var tail = new RingTail<String>(1_000);
        assertThat(tail.capacity()).isZero();
        for (int i = 1; i <= 1_000; i++) {
            tail.add(entry(i), 1);
        }
        assertThat(tail.capacity()).isEqualTo(1_024);
        for (int i = 1_001; i <= 2_000; i++) {
            tail.add(entry(i), 100);
        }
        assertThat(tail.capacity()).isLessThanOrEqualTo(64);
        assertThat(tail.get(2_000)).isEqualTo(entry(2_000));
        assertThat(tail.get(1_991)).isEqualTo(entry(1_991));
        assertThat(tail.get(1_990)).isNull();
        tail.add(entry(2_001), 5_000);
        assertThat(tail.capacity()).isZero();
        assertThat(tail.bytes()).isZero();
    }

    @Test
    void arguments_that_make_no_sense_are_refused() {
        assertThatThrownBy(() -> cold(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Journal.over(this::read, 1, event -> 1, -1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> cold(1).cursor(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> cold(1).publish(entries(0, 1))).isInstanceOf(IllegalArgumentException.class);
        assertThat(new ArrayList<>(asked)).isEmpty();
    }
}
