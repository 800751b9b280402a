package dev.millrace.protocol.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.function.Supplier;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class LongTextTest {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    /** Long texts are long by what stands before: what is interesting may stand anywhere around a piece's border. */
    private static String longer(String text, int before) {
        return "x".repeat(before) + text + "é";
    }

    private static String written(String text) {
        var bytes = new ExactBytes();
        try (var json = JsonText.generator(bytes)) {
            LongText.write(json, text);
        }
        return new String(bytes.bytes(), UTF_8);
    }

    @Property
    void a_long_text_is_written_as_a_short_one_would_be(@ForAll String text, @ForAll @IntRange(max = 2100) int before) {
        String whole = Unicode.wellFormed(longer(text, before));
        assertThat(written(whole)).isEqualTo(MAPPER.writeValueAsString(whole));
        assertThat(JsonText.parse(written(whole).getBytes(UTF_8)).stringValue()).isEqualTo(whole);
    }

    /** Several times over, since what was read or written is remembered, and two texts may share a place. */
    @Property(tries = 50)
    void a_large_text_is_the_same_however_often_it_is_read_and_written(
            @ForAll String text, @ForAll @IntRange(min = 16_300, max = 16_500) int before) {
        String whole = Unicode.wellFormed(longer(text, before));
        String json = MAPPER.writeValueAsString(whole);
        byte[] source = json.getBytes(UTF_8);
        String read = JsonText.parse(source).stringValue();
        Arrays.fill(source, (byte) '!'); // the array is the caller's, who may use it again
        assertThat(read).isEqualTo(whole);
        for (int i = 0; i < 3; i++) {
            assertThat(written(read)).isEqualTo(json);
            assertThat(written(whole)).isEqualTo(json);
            String other = "y".repeat(before) + text;
            assertThat(written(other)).isEqualTo(MAPPER.writeValueAsString(Unicode.wellFormed(other)));
        }
    }

    @Test
    void every_control_character_is_escaped_as_in_a_short_text() {
        for (char c = 0; c <= 0x80; c++) {
            String text = longer(String.valueOf(c), 600);
            assertThat(written(text)).isEqualTo(MAPPER.writeValueAsString(text));
        }
    }

    @Property
    void a_long_text_is_read_as_a_short_one_would_be(
            @ForAll String text, @ForAll @IntRange(max = 2100) int before, @ForAll boolean ascii) {
        byte[] json = "{\"a\":[1,\"%s\",\"b\"]}"
                .formatted(inner(longer(text, before), ascii))
                .getBytes(UTF_8);
        assertThat(JsonText.parse(json)).isEqualTo(MAPPER.readTree(json));
        assertThat(LongText.read(json, 6)).isNull(); // a number begins there
    }

    @Test
    void what_is_long_is_read_without_the_parser_whatever_is_escaped_in_it() {
        String text = longer("\"\\/\b\t\n\f\r\0\u001fü€\uD83D\uDE00", 600);
        for (boolean ascii : new boolean[] {true, false}) {
            byte[] json = ("\"" + inner(text, ascii) + "\" ").getBytes(UTF_8);
            assertThat(LongText.read(json, 0)).isEqualTo(text);
        }
        assertThat(LongText.read("\"short\"".getBytes(UTF_8), 0)).isNull();
    }

    @Test
    void a_replacement_character_that_was_sent_is_kept_and_half_a_pair_is_left_to_who_replaces_it() {
        for (String text : new String[] {longer("\uFFFD", 700), longer("\uD83D", 700), longer("\uDE00\uD83D", 700)}) {
            byte[] json = ("\"" + inner(text, true) + "\"").getBytes(UTF_8);
            assertThat(JsonText.parse(json).stringValue()).isEqualTo(text);
        }
    }

    @Property(tries = 2000)
    void damage_in_a_long_text_is_refused_where_the_parser_refuses_it(
            @ForAll @IntRange(max = 1300) int at, @ForAll byte damage, @ForAll boolean ascii) {
        byte[] json = ("[\"" + inner(longer("ü\n€\uD83D\uDE00\"", 600).repeat(2), ascii) + "\",7]").getBytes(UTF_8);
        json[at % json.length] = damage;
        assertThat(outcome(() -> JsonText.parse(json))).isEqualTo(outcome(() -> parsed(json)));
    }

    /** Jackson's own tree, or its complaint. */
    private static JsonNode parsed(byte[] json) {
        try (var parser = JsonText.parser(json)) {
            JsonNode tree = MAPPER.readTree(parser);
            JsonText.requireEnd(parser);
            return tree;
        } catch (JacksonException e) {
            throw JsonText.malformed(e);
        }
    }

    private static Object outcome(Supplier<JsonNode> reading) {
        try {
            return reading.get();
        } catch (MalformedJson e) {
            return e.getMessage();
        }
    }

    /** What stands between the quotes. */
    private static String inner(String text, boolean ascii) {
        if (!ascii) {
            String quoted = MAPPER.writeValueAsString(text);
            return quoted.substring(1, quoted.length() - 1);
        }
        var escaped = new StringBuilder();
        for (char c : text.toCharArray()) {
            escaped.append(
                    c > ' ' && c < 0x7f && c != '"' && c != '\\' ? String.valueOf(c) : "\\u%04x".formatted((int) c));
        }
        return escaped.toString();
    }

    @Property
    void half_a_character_is_written_as_one_that_stands_for_it(@ForAll @IntRange(max = 1300) int before) {
        for (String half : new String[] {"\uD83D", "\uDE00", "\uDE00\uD83D", "?\uD83D"}) {
            String text = "x".repeat(before) + half + "?";
            assertThat(written(text)).isEqualTo(MAPPER.writeValueAsString(Unicode.wellFormed(text)));
        }
    }

    @Property
    void half_a_character_is_found_wherever_it_stands(@ForAll @IntRange(max = 2100) int before) {
        assertThat(Unicode.isWellFormed(longer("\uD83D", before))).isFalse();
        assertThat(Unicode.isWellFormed(longer("\uDE00", before))).isFalse();
        assertThat(Unicode.isWellFormed(longer("\uDE00\uD83D", before))).isFalse();
        assertThat(Unicode.isWellFormed(longer("\uD83D\uDE00", before))).isTrue();
        assertThat(Unicode.wellFormed(longer("\uD83D!", before))).isEqualTo(longer("\uFFFD!", before));
    }
}
