package dev.millrace.core;

import static dev.millrace.core.Threads.go;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.Journal.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class JournalTest {
    static Entry<String> entry(long offset) {
        return new Entry<>(offset, "event " + offset);
    }

    static List<Entry<String>> entries(long first, long last) {
        return LongStream.rangeClosed(first, last).mapToObj(JournalTest::entry).toList();
    }

    @Nested
    class InMemory {
        private final Journal<String> journal = Journal.inMemory();

        @Test
        void append_gives_contiguous_offsets_from_one() {
            assertThat(journal.append("a")).isEqualTo(1);
            assertThat(journal.append("b")).isEqualTo(2);
            assertThat(journal.append("c")).isEqualTo(3);
        }

        @Test
        void a_cursor_reads_everything_in_order_from_where_it_was_opened() throws Exception {
            journal.publish(entries(1, 5));
            try (var all = journal.cursor(0);
                    var rest = journal.cursor(3)) {
                assertThat(all.take(100)).isEqualTo(entries(1, 5));
                assertThat(rest.take(100)).isEqualTo(entries(4, 5));
                assertThat(all.position()).isEqualTo(5);
            }
        }

        @Test
        void a_read_takes_what_is_there_and_no_more_than_asked() throws Exception {
            journal.publish(entries(1, 5));
            var cursor = journal.cursor(0);
            assertThat(cursor.take(2)).isEqualTo(entries(1, 2));
            assertThat(cursor.take(2)).isEqualTo(entries(3, 4));
            assertThat(cursor.take(2)).isEqualTo(entries(5, 5));
            assertThat(cursor.poll(2)).isEmpty();
            assertThatThrownBy(() -> cursor.poll(0)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> cursor.take(0)).isInstanceOf(IllegalArgumentException.class);
        }

        @Test
        void a_cursor_past_the_end_waits_for_its_offset() throws Exception {
            journal.publish(entries(1, 2));
            var cursor = journal.cursor(4);
            var reader = go(() -> cursor.take(10)).untilParked();
            journal.publish(entries(3, 4));
            assertThat(cursor.ended()).isFalse();
            journal.append("event 5");
            assertThat(reader.join()).isEqualTo(entries(5, 5));
        }

        @Test
        void a_waiting_cursor_gets_the_event_the_moment_it_is_appended() throws Exception {
            var cursor = journal.cursor(0);
            var reader = go(() -> cursor.take(10)).untilParked();
            journal.append("event 1");
            assertThat(reader.join()).isEqualTo(entries(1, 1));
        }

        @Test
        void seek_moves_forth_and_back() throws Exception {
            journal.publish(entries(1, 5));
            var cursor = journal.cursor(0);
            cursor.seek(4);
            assertThat(cursor.take(10)).isEqualTo(entries(5, 5));
            cursor.seek(0);
            assertThat(cursor.take(1)).isEqualTo(entries(1, 1));
            assertThatThrownBy(() -> cursor.seek(-1)).isInstanceOf(IllegalArgumentException.class);
        }

        @Test
        void it_keeps_a_million_events() throws Exception {
            int n = 1_000_000;
            for (int i = 1; i <= n; i++) {
                assertThat(journal.append("e")).isEqualTo(i);
            }
            var cursor = journal.cursor(0);
            long seen = 0;
            for (var got = cursor.poll(1000); !got.isEmpty(); got = cursor.poll(1000)) {
                for (var entry : got) {
                    seen++;
                    if (entry.offset() != seen) {
                        throw new AssertionError(entry + " after " + (seen - 1));
                    }
                }
            }
            assertThat(seen).isEqualTo(n);
        }

        @Test
        void a_gap_is_refused_and_nothing_of_it_published() throws Exception {
            journal.publish(entries(1, 2));
            assertThatThrownBy(() -> journal.publish(entries(4, 5)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("4")
                    .hasMessageContaining("2");
            assertThatThrownBy(() -> journal.publish(List.of(entry(3), entry(5))))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(journal.cursor(2).poll(10)).isEmpty();
        }

        @Test
        void entries_that_were_published_before_are_ignored() throws Exception {
            journal.publish(entries(1, 3));
            journal.publish(entries(2, 4));
            journal.publish(entries(1, 2));
            journal.publish(List.of());
            assertThat(journal.cursor(0).take(10)).isEqualTo(entries(1, 4));
        }
    }

    @Nested
    class Ends {
        private final Journal<String> journal = Journal.inMemory();

        @Test
        void a_closed_journal_delivers_what_is_left_and_then_the_end() throws Exception {
            journal.publish(entries(1, 3));
            var cursor = journal.cursor(0);
            journal.close();
            journal.close();
            assertThat(cursor.ended()).isFalse();
            assertThat(cursor.take(2)).isEqualTo(entries(1, 2));
            assertThat(cursor.ended()).isFalse();
            assertThat(cursor.take(2)).isEqualTo(entries(3, 3));
            assertThat(cursor.ended()).isTrue();
            assertThat(cursor.take(2)).isEmpty();
        }

        @Test
        void closing_the_journal_wakes_all_waiting_readers() throws Exception {
            var readers = new ArrayList<Threads.Work<List<Entry<String>>>>();
            for (int i = 0; i < 20; i++) {
                var cursor = journal.cursor(i);
                readers.add(go(() -> cursor.take(1)).untilParked());
            }
            journal.close();
            for (var reader : readers) {
                assertThat(reader.join()).isEmpty();
            }
        }

        @Test
        void nothing_can_be_written_to_a_closed_journal() {
            journal.close();
            assertThatThrownBy(() -> journal.append("x")).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> journal.publish(entries(1, 1))).isInstanceOf(IllegalStateException.class);
        }

        @Test
        void closing_the_cursor_wakes_its_reader_alone() throws Exception {
            var closing = journal.cursor(0);
            var staying = journal.cursor(0);
            var one = go(() -> closing.take(1)).untilParked();
            var other = go(() -> staying.take(1)).untilParked();
            closing.close();
            closing.close();
            assertThat(one.join()).isEmpty();
            assertThat(closing.ended()).isTrue();
            assertThat(closing.take(1)).isEmpty();
            assertThat(closing.poll(1)).isEmpty();
            journal.append("event 1");
            assertThat(other.join()).isEqualTo(entries(1, 1));
            assertThat(closing.take(1)).isEmpty();
        }

        @Test
        void readers_counts_open_cursors() {
            var a = journal.cursor(0);
            var b = journal.cursor(0);
            assertThat(journal.readers()).isEqualTo(2);
            a.close();
            a.close();
            assertThat(journal.readers()).isEqualTo(1);
            b.close();
            assertThat(journal.readers()).isZero();
        }

        @Test
        void a_nudge_ends_the_wait_with_nothing() throws Exception {
            var cursor = journal.cursor(0);
            var reader = go(() -> cursor.take(1)).untilParked();
            cursor.nudge();
            assertThat(reader.join()).isEmpty();
            assertThat(cursor.ended()).isFalse();
            journal.append("event 1");
            assertThat(cursor.take(1)).isEqualTo(entries(1, 1));
        }

        @Test
        void a_nudge_before_the_wait_counts_once() throws Exception {
            var cursor = journal.cursor(0);
            cursor.nudge();
            cursor.nudge();
            assertThat(cursor.take(1)).isEmpty();
            var reader = go(() -> cursor.take(1)).untilParked();
            journal.append("event 1");
            assertThat(reader.join()).isEqualTo(entries(1, 1));
        }

        @Test
        void a_nudge_that_meets_an_event_is_answered_by_the_event() throws Exception {
            var cursor = journal.cursor(0);
            journal.append("event 1");
            cursor.nudge();
            assertThat(cursor.take(1)).isEqualTo(entries(1, 1));
            var reader = go(() -> cursor.take(1)).untilParked();
            journal.append("event 2");
            assertThat(reader.join()).isEqualTo(entries(2, 2));
        }

        @Test
        void an_interrupted_reader_loses_nothing() throws Exception {
            var cursor = journal.cursor(0);
            var reader = go(() -> cursor.take(1)).untilParked();
            reader.thread().interrupt();
            assertThatThrownBy(reader::join).isInstanceOf(InterruptedException.class);
            journal.append("event 1");
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> cursor.take(1)).isInstanceOf(InterruptedException.class);
            assertThat(cursor.take(1)).isEqualTo(entries(1, 1));
        }

        @Test
        void a_second_reader_in_one_cursor_is_refused() throws Exception {
            var cursor = journal.cursor(0);
            var reader = go(() -> cursor.take(1)).untilParked();
            assertThatThrownBy(() -> cursor.take(1)).isInstanceOf(IllegalStateException.class);
            journal.append("event 1");
            assertThat(reader.join()).isEqualTo(entries(1, 1));
        }
    }
}
