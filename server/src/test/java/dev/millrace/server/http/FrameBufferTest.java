package dev.millrace.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import org.junit.jupiter.api.Test;

class FrameBufferTest {

    @Property(tries = 300)
    void no_payload_can_forge_a_frame(
            @ForAll @Chars({'\n', '\r', ':', ' ', 'd'}) @CharRange(from = 'a', to = 'e') String payload) {
        String frame = text(new FrameBuffer().event(7, bytes("<"), bytes(payload), bytes(">")));

        assertThat(frame).startsWith("id: 7\n").endsWith("\n\n");
        var lines = frame.substring(0, frame.length() - 2).lines().toList();
        assertThat(lines.subList(1, lines.size())).allMatch(line -> line.startsWith("data: "));
        String received = lines.stream().skip(1).map(line -> line.substring(6)).collect(Collectors.joining("\n"));
        assertThat(received)
                .isEqualTo(("<" + payload + ">").replace("\r\n", "\n").replace('\r', '\n'));
    }

    @Test
    void a_shared_payload_is_wrapped_and_left_as_it_was() {
        byte[] payload = bytes("{\"artifact\":\"ü\"}");
        var out = new FrameBuffer().event(1, bytes("{\"id\":9,\"result\":"), payload, bytes("}"));
        assertThat(text(out)).isEqualTo("id: 1\ndata: {\"id\":9,\"result\":{\"artifact\":\"ü\"}}\n\n");
        assertThat(payload).isEqualTo(bytes("{\"artifact\":\"ü\"}"));
    }

    @Test
    void events_without_an_id_leave_the_resume_point() {
        assertThat(text(new FrameBuffer().event(bytes("a"), bytes("b"), bytes("c"))))
                .isEqualTo("data: abc\n\n");
    }

    @Test
    void a_comment_stays_a_comment() {
        assertThat(text(new FrameBuffer().comment("a\r\ndata: b"))).isEqualTo(": a data: b\n\n");
    }

    @Test
    void characters_numbers_and_text_come_out_in_order() {
        assertThat(text(new FrameBuffer()
                        .append('[')
                        .append(-12L)
                        .append(',')
                        .append("ä")
                        .append(']')))
                .isEqualTo("[-12,ä]");
    }

    @Test
    void a_cleared_buffer_is_empty_and_can_be_filled_again() {
        var out = new FrameBuffer().append("x".repeat(100_000));
        out.clear();
        assertThat(out.isEmpty()).isTrue();
        assertThat(text(out.append("y"))).isEqualTo("y");
    }

    private static String text(FrameBuffer out) {
        return new String(out.toByteArray(), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
