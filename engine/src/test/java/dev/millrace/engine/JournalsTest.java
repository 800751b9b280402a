package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class JournalsTest {
    private final Journals journals = new Journals((contextId, after, max) -> List.of(), 1024);

    private static List<Journal.Entry<Event>> event(long offset) {
        return List.of(new Journal.Entry<>(offset, new Event("t", Event.Kind.CHUNK, null, new byte[] {1})));
    }

    @Test
    void a_context_that_nobody_reads_has_no_journal() {
        journals.publish("c", event(1));
        assertThat(journals.size()).isZero();
    }

    @Test
    void the_next_event_after_the_last_reader_left_drops_the_journal() {
        journals.open("c", 0).close();
        journals.publish("c", event(1));
        assertThat(journals.size()).isZero();
    }

    @Test
    void a_reader_gets_what_is_published_after_it_came() throws Exception {
        try (Cursor<Event> cursor = journals.open("c", 0)) {
            journals.publish("c", event(1));
            assertThat(cursor.take(10)).extracting(Journal.Entry::offset).containsExactly(1L);
        }
    }

    @Test
    void journals_that_nobody_reads_do_not_pile_up() {
        for (int i = 0; i < 10_000; i++) {
            journals.open("c" + i, 0).close();
            assertThat(journals.size()).isLessThan(200);
        }
    }

    @Test
    void journals_that_are_read_are_never_swept() throws Exception {
        var open = new ArrayList<Cursor<Event>>();
        for (int i = 0; i < 500; i++) {
            open.add(journals.open("c" + i, 0));
            journals.open("gone" + i, 0).close();
        }
        for (int i = 0; i < 500; i++) {
            journals.publish("c" + i, event(1));
            assertThat(open.get(i).poll(1)).hasSize(1);
        }
        open.forEach(Cursor::close);
        journals.sweep();
        assertThat(journals.size()).isZero();
    }

    @Test
    void closing_ends_who_reads_and_who_comes_later() throws Exception {
        try (Cursor<Event> early = journals.open("c", 0)) {
            journals.close();
            assertThat(early.take(1)).isEmpty();
            assertThat(early.ended()).isTrue();
        }
        journals.publish("c", event(1)); // a commit that was under way
        try (Cursor<Event> late = journals.open("d", 0)) {
            assertThat(late.take(1)).isEmpty();
            assertThat(late.ended()).isTrue();
        }
    }

    /** A store that other processes write to. */
    private final List<Journal.Entry<Event>> stored = new ArrayList<>();

    private final Journals shared = new Journals(
            (contextId, after, max) -> stored.stream()
                    .filter(entry -> entry.offset() > after)
                    .limit(max)
                    .toList(),
            1024,
            true);

    private void others(long... offsets) {
        for (long offset : offsets) {
            stored.addAll(event(offset));
        }
    }

    private static List<Long> offsets(List<Journal.Entry<Event>> entries) {
        return entries.stream().map(Journal.Entry::offset).toList();
    }

    @Test
    void what_another_process_wrote_is_brought_once_and_in_order_whoever_publishes_first() throws Exception {
        try (Cursor<Event> cursor = shared.open("c", 0)) {
            assertThat(cursor.poll(10)).isEmpty();
            others(1, 2);
            shared.bring("c", 2);
            assertThat(offsets(cursor.poll(10))).containsExactly(1L, 2L);
            others(3, 4, 5);
            shared.publish("c", event(5)); // our own, before we heard of 3 and 4
            assertThat(offsets(cursor.poll(10))).containsExactly(3L, 4L, 5L);
            shared.bring("c", 4);
            assertThat(cursor.poll(10)).isEmpty();
            others(6, 7);
            shared.bring("c", 6); // brings 7, too
            shared.publish("c", event(7));
            assertThat(offsets(cursor.poll(10))).containsExactly(6L, 7L);
        }
    }

    @Test
    void offsets_that_were_skipped_are_not_looked_for_and_what_comes_behind_them_is_brought() throws Exception {
        others(1, 2);
        try (Cursor<Event> cursor = shared.open("c", 2)) {
            assertThat(cursor.poll(10)).isEmpty();
            shared.bring("c", 1_000_002);
            assertThat(cursor.poll(10)).isEmpty();
            others(1_000_003);
            shared.bring("c", 1_000_003);
            assertThat(offsets(cursor.poll(10))).containsExactly(1_000_003L);
        }
    }

    @Test
    void what_was_merged_meanwhile_is_brought_as_it_is_now() throws Exception {
        try (Cursor<Event> cursor = shared.open("c", 0)) {
            others(1);
            shared.bring("c", 1);
            assertThat(offsets(cursor.poll(10))).containsExactly(1L);
            others(4, 5);
            shared.bring("c", 5);
            assertThat(offsets(cursor.poll(10))).containsExactly(4L, 5L);
            assertThat(shared.isBehind("c", 5)).isFalse();
        }
    }

    @Test
    void whoever_was_given_merged_events_finds_no_single_ones_behind_them_in_memory() throws Exception {
        var small = new Journals(
                (contextId, after, max) -> stored.stream()
                        .filter(entry -> entry.offset() > after)
                        .limit(max)
                        .toList(),
                200,
                true);
        try (Cursor<Event> cursor = small.open("c", 0)) {
            others(1);
            small.bring("c", 1);
            others(2, 3, 4, 5);
            small.bring("c", 5); // the last two are in memory
            stored.subList(1, 5).clear();
            others(4, 5); // another process merged them
            assertThat(offsets(cursor.poll(1))).containsExactly(1L);
            assertThat(offsets(cursor.poll(1))).containsExactly(4L);
            assertThat(cursor.poll(1)).containsExactly(stored.getLast());
        }
    }

    @Test
    void whoever_was_given_merged_events_elsewhere_goes_on_with_them_here() throws Exception {
        try (Cursor<Event> stays = shared.open("c", 0)) {
            others(1);
            shared.bring("c", 1);
            assertThat(offsets(stays.poll(10))).containsExactly(1L);
            others(2, 3, 4, 5);
            shared.bring("c", 5);
            stored.subList(1, 5).clear();
            others(3, 5); // another process merged 2 and 4 into 5, showed 1 and 3, and was left
            try (Cursor<Event> resumes = shared.open("c", 3)) {
                assertThat(resumes.poll(10)).containsExactly(stored.getLast());
            }
            assertThat(offsets(stays.poll(10))).containsExactly(2L, 3L, 4L, 5L);
        }
    }

    @Test
    void a_reader_that_comes_when_the_last_one_has_gone_sees_what_others_wrote_in_between() throws Exception {
        try (Cursor<Event> gone = shared.open("c", 0)) {
            others(1);
            shared.bring("c", 1);
            assertThat(offsets(gone.poll(10))).containsExactly(1L);
        }
        others(2);
        shared.bring("c", 2); // nobody reads it

        try (Cursor<Event> comes = shared.open("c", 1)) {
            assertThat(offsets(comes.poll(10))).containsExactly(2L);
        }
    }

    @Test
    void nothing_is_brought_to_a_context_that_nobody_reads() throws Exception {
        others(1);
        shared.bring("c", 1);
        assertThat(shared.size()).isZero();
        assertThat(shared.read()).isEmpty();
    }
}
