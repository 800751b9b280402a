package dev.millrace.protocol.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
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
            LongText.write(json, Unicode.wellFormed(text));
        }
        return new String(bytes.bytes(), UTF_8);
    }

    @Property
    void a_long_text_is_written_as_a_short_one_would_be(@ForAll String text, @ForAll @IntRange(max = 2100) int before) {
        String whole = Unicode.wellFormed(longer(text, before));
        assertThat(written(whole)).isEqualTo(MAPPER.writeValueAsString(whole));
        assertThat(JsonText.parse(written(whole).getBytes(UTF_8)).stringValue()).isEqualTo(whole);
    }

    @Test
    void every_control_character_is_escaped_as_in_a_short_text() {
        for (char c = 0; c <= 0x80; c++) {
            String text = longer(String.valueOf(c), 600);
            assertThat(written(text)).isEqualTo(MAPPER.writeValueAsString(text));
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
