package dev.millrace.client.sse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class SseReaderTest {

    @Test
    void an_event_is_there_with_its_blank_line_and_not_before() throws SseOverflow {
        var reader = new SseReader();
        feed(reader, "data: one\n");
        assertThat(reader.poll()).isNull();
        feed(reader, "\n");
        assertThat(reader.poll().text()).isEqualTo("one");
        assertThat(reader.poll()).isNull();
    }

    @Test
    void a_blank_line_that_ends_in_cr_waits_for_no_further_byte() throws SseOverflow {
        var reader = new SseReader();
        feed(reader, "data: one\r\n\r");
        assertThat(reader.poll().text()).isEqualTo("one");
        feed(reader, "\ndata: two\r\r");
        assertThat(reader.poll().text()).isEqualTo("two");
    }

    @Test
    void lines_end_at_lf_cr_and_crlf() {
        assertThat(read("data: a\n\n")).containsExactly("message|null|a");
        assertThat(read("data: a\r\r")).containsExactly("message|null|a");
        assertThat(read("data: a\r\n\r\n")).containsExactly("message|null|a");
        assertThat(read("data: a\rdata: b\ndata: c\r\n\r\n")).containsExactly("message|null|a\nb\nc");
    }

    @Test
    void one_leading_byte_order_mark_is_skipped() {
        assertThat(read("\uFEFFdata: a\n\n")).containsExactly("message|null|a");
        assertThat(read("\uFEFF: hello\ndata: a\n\n")).containsExactly("message|null|a");
        assertThat(read("\uFEFF\uFEFFdata: a\n\ndata: b\n\n")).containsExactly("message|null|b");
        assertThat(read("data: a\n\n\uFEFFdata: b\n\n")).containsExactly("message|null|a");
        assertThat(read("data: \uFEFFa\n\n")).containsExactly("message|null|\uFEFFa");
    }

    @Test
    void one_space_after_the_colon_is_dropped_and_no_more() {
        assertThat(read("data:a\n\ndata: a\n\ndata:  a\n\ndata:\ta\n\n"))
                .containsExactly("message|null|a", "message|null|a", "message|null| a", "message|null|\ta");
    }

    @Test
    void several_data_lines_are_joined_and_empty_ones_count() {
        assertThat(read("data\n\ndata\ndata\n\ndata:\n\n"))
                .containsExactly("message|null|", "message|null|\n", "message|null|");
        assertThat(read("data: a\ndata\ndata: b\n\n")).containsExactly("message|null|a\n\nb");
    }

    @Test
    void an_event_without_data_is_none_and_its_type_is_forgotten() {
        assertThat(read("event: x\n\ndata: a\n\n")).containsExactly("message|null|a");
    }

    @Test
    void the_type_is_that_of_the_last_event_field() {
        assertThat(read("event: x\ndata: a\nevent: y\n\ndata: b\n\nevent\ndata: c\n\n"))
                .containsExactly("y|null|a", "message|null|b", "message|null|c");
    }

    @Test
    void an_id_stays_until_another_is_set() {
        assertThat(read("id: 1\ndata: a\n\ndata: b\n\nid: 2\n\ndata: c\n\nid\ndata: d\n\n"))
                .containsExactly("message|1|a", "message|1|b", "message|2|c", "message||d");
    }

    @Test
    void an_id_counts_only_with_its_whole_event() throws SseOverflow {
        var reader = new SseReader();
        feed(reader, "id: 1\ndata: a\n\nid: 2\ndata: b\n");
        assertThat(reader.lastEventId()).isEqualTo("1");
        feed(reader, "\n");
        assertThat(reader.lastEventId()).isEqualTo("2");
    }

    @Test
    void an_id_with_a_nul_is_ignored() {
        assertThat(read("id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n")).containsExactly("message|1|a", "message|1|b");
    }

    @Test
    void retry_takes_digits_only() throws SseOverflow {
        var reader = new SseReader();
        for (String wrong : List.of("", " ", "-1", "1.5", "1s", "+3", "1 ", "99999999999999999999", "\u0663")) {
            feed(reader, "retry:" + wrong + "\n\n");
            assertThat(reader.retry()).as("retry:%s", wrong).isNull();
        }
        feed(reader, "retry: 1500\n");
        assertThat(reader.retry()).isEqualTo(Duration.ofMillis(1500));
    }

    @Test
    void comments_and_unknown_fields_are_ignored() {
        assertThat(read(": keep-alive\n\n:\n:data: x\nDATA: y\n data: z\nfoo: bar\nfoo\ndata: a\n\n"))
                .containsExactly("message|null|a");
    }

    @Test
    void an_event_that_the_end_cuts_off_is_dropped() {
        assertThat(read("data: a\n\ndata: b")).containsExactly("message|null|a");
        assertThat(read("data: a\n\ndata: b\n")).containsExactly("message|null|a");
        assertThat(read("data: a\n\ndata: b\r\n")).containsExactly("message|null|a");
    }

    @Test
    void data_that_is_not_utf8_arrives_byte_for_byte() throws SseOverflow {
        var reader = new SseReader();
        byte[] odd = {(byte) 0xC3, (byte) 0x28, (byte) 0xFF, 0, 7};
        feed(reader, "data: ");
        reader.feed(ByteBuffer.wrap(odd));
        feed(reader, "\n\n");
        assertThat(reader.poll().data()).isEqualTo(odd);
    }

    @Test
    void a_huge_line_is_read_whole_in_small_pieces() throws SseOverflow {
        byte[] huge = new byte[5_000_000];
        for (int i = 0; i < huge.length; i++) {
            huge[i] = (byte) ('a' + i % 26);
        }
        var reader = new SseReader();
        feed(reader, "data: ");
        for (int i = 0; i < huge.length; i += 1000) {
            reader.feed(ByteBuffer.wrap(huge, i, 1000));
        }
        feed(reader, "\n\ndata: next\n\n");
        assertThat(reader.poll().data()).isEqualTo(huge);
        assertThat(reader.poll().text()).isEqualTo("next");
    }

    @Test
    void an_event_over_the_limit_is_an_error_that_names_the_limit() throws SseOverflow {
        var reader = new SseReader(10);
        feed(reader, "data:12345\n\n"); // a line of exactly ten bytes
        assertThat(reader.poll().text()).isEqualTo("12345");
        assertThatThrownBy(() -> feed(reader, "data:123456"))
                .isInstanceOf(SseOverflow.class)
                .hasMessageContaining("larger than 10 bytes");
    }

    @Test
    void many_short_lines_of_one_event_count_together() throws SseOverflow {
        var reader = new SseReader(20);
        feed(reader, "data:12345\ndata:1234\n");
        assertThatThrownBy(() -> feed(reader, "data:123456\n")).isInstanceOf(SseOverflow.class);
    }

    @Test
    void a_comment_may_be_of_any_length() throws SseOverflow {
        var reader = new SseReader(10);
        feed(reader, "\n:" + "x".repeat(100_000) + "\ndata:a\n\n");
        assertThat(reader.poll().text()).isEqualTo("a");
    }

    @Property(tries = 500)
    void however_a_stream_is_cut_the_events_are_the_same(@ForAll("streams") String stream) throws SseOverflow {
        byte[] bytes = stream.getBytes(UTF_8);
        List<String> whole = read(stream);
        for (int cut = 0; cut <= bytes.length; cut++) {
            var reader = new SseReader();
            reader.feed(ByteBuffer.wrap(bytes, 0, cut));
            reader.feed(ByteBuffer.wrap(bytes, cut, bytes.length - cut));
            assertThat(drain(reader)).as("cut at byte %d", cut).isEqualTo(whole);
        }
        var byteByByte = new SseReader();
        for (byte b : bytes) {
            byteByByte.feed(ByteBuffer.wrap(new byte[] {b}));
        }
        assertThat(drain(byteByByte)).as("byte by byte").isEqualTo(whole);
    }

    @Property(tries = 500)
    void it_agrees_with_the_standard_written_down_line_by_line(@ForAll("streams") String stream) {
        assertThat(read(stream)).isEqualTo(ByTheBook.read(stream));
    }

    @Provide
    Arbitrary<String> streams() {
        Arbitrary<String> text =
                Arbitraries.of("a", " ", "", "é", "日本", "😀", ":", "\t", "{\"x\": [1]}", "\uFEFF", "\0", "7", "120");
        Arbitrary<String> value = text.list().ofMaxSize(4).map(parts -> String.join("", parts));
        Arbitrary<String> field =
                Arbitraries.of("data", "data", "data", "event", "id", "retry", "", "other", "dat", "data ");
        Arbitrary<String> ending = Arbitraries.of("\n", "\r", "\r\n", "\n\n", "\r\r", "\r\n\r\n");
        Arbitrary<String> line = Combinators.combine(field, Arbitraries.of(":", ": ", ":  ", ""), value, ending)
                .as((name, colon, v, end) -> name + colon + v + end);
        return Combinators.combine(
                        Arbitraries.of("", "", "\uFEFF"), line.list().ofMaxSize(12), Arbitraries.of("", "data: cut"))
                .as((start, lines, tail) -> start + String.join("", lines) + tail);
    }

    private static void feed(SseReader reader, String text) throws SseOverflow {
        reader.feed(ByteBuffer.wrap(text.getBytes(UTF_8)));
    }

    private static List<String> read(String text) {
        var reader = new SseReader();
        try {
            feed(reader, text);
        } catch (SseOverflow e) {
            throw new AssertionError(e);
        }
        return drain(reader);
    }

    private static List<String> drain(SseReader reader) {
        var events = new ArrayList<String>();
        for (SseEvent event = reader.poll(); event != null; event = reader.poll()) {
            events.add(event.type() + "|" + event.id() + "|" + event.text());
        }
        return events;
    }
}
