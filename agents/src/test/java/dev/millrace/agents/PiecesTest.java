package dev.millrace.agents;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PiecesTest {
    private final Pieces pieces = new Pieces();
    private final List<String> said = new ArrayList<>();

    private void add(String what, String piece) {
        pieces.add(what, piece, text -> said.add(what + ":" + text));
    }

    @Test
    void pieces_that_come_one_by_one_are_said_one_by_one_and_at_once() {
        for (String piece : List.of("a", "b", "c")) {
            add("x", piece);
            assertThat(said).last().isEqualTo("x:" + piece);
            pieces.flush();
        }
        assertThat(said).containsExactly("x:a", "x:b", "x:c");
    }

    @Test
    void of_pieces_that_come_together_the_first_does_not_wait_for_the_others() {
        add("x", "a");
        assertThat(said).containsExactly("x:a");
        add("x", "b");
        add("x", "c");
        assertThat(said).containsExactly("x:a");
        pieces.flush();
        assertThat(said).containsExactly("x:a", "x:bc");
    }

    @Test
    void what_belongs_to_something_else_stays_apart_and_in_its_order() {
        add("x", "a");
        add("x", "b");
        add("y", "c");
        add("x", "d");
        pieces.flush();
        assertThat(said).containsExactly("x:a", "x:b", "y:c", "x:d");
    }

    @Test
    void no_event_has_more_than_its_share_and_nothing_is_lost() {
        List<String> all = IntStream.range(0, 100).mapToObj(i -> i + " ").toList();
        all.forEach(piece -> add("x", piece));
        pieces.flush();
        pieces.flush();
        assertThat(said.stream().map(text -> text.substring(2)).reduce("", String::concat))
                .isEqualTo(String.join("", all));
        assertThat(said).hasSize(5); // the first, three of 32, and the rest
    }
}
