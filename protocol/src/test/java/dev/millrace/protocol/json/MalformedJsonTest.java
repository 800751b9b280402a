package dev.millrace.protocol.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MalformedJsonTest {

    private static MalformedJson malformed(String json) {
        return catchThrowableOfType(MalformedJson.class, () -> A2aJson.PART.read(json.getBytes(UTF_8)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "{\"text\":\"a\"",
                "{\"text\":\"a\"}}",
                "{\"text\":\"a\"} {}",
                "{text:\"a\"}",
                "{'text':'a'}",
                "{\"text\":\"a\",}",
                "{\"text\":\"a\nb\"}",
                "{\"text\":NaN}",
                "{\"text\":01}",
                "// no\n{}",
                "nul",
                "{\"text\":\"\\x\"}",
                "{\"text\":\"a\",\"text\":\"b\"}",
                "{\"metadata\":{\"a\":1,\"a\":1},\"text\":\"\"}"
            })
    void what_is_no_json_is_malformed(String json) {
        assertThat(malformed(json)).as(json).isNotNull();
    }

    @Test
    void the_error_says_where() {
        MalformedJson error = malformed("{\"text\":\n  \"a\" \"b\"}");

        assertThat(error.line()).isEqualTo(2);
        assertThat(error.column()).isEqualTo(7);
        assertThat(error).hasMessageStartingWith("line 2, column 7: ");
    }

    @ParameterizedTest
    @MethodSource("beyondLimits")
    void what_is_beyond_a_limit_is_malformed(String json) {
        assertThat(malformed(json)).isNotNull();
    }

    static Stream<String> beyondLimits() {
        return Stream.of(
                "{\"data\":" + "[".repeat(JsonText.MAX_DEPTH) + "]".repeat(JsonText.MAX_DEPTH) + "}",
                "[".repeat(1_000_000),
                "{\"data\":" + "1".repeat(JsonText.MAX_NUMBER_LENGTH + 1) + "}");
    }

    @Test
    void no_error_speaks_of_the_parser() {
        for (String json : new String[] {"{\"a\":1,\"a\":2}", "{} {}", "{", "[1 2]", "tru"}) {
            assertThat(malformed(json).getMessage()).doesNotContainIgnoringCase("jackson", "Feature", "ObjectNode");
        }
    }
}
