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
}
