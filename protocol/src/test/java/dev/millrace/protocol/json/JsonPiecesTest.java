package dev.millrace.protocol.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import java.io.ByteArrayOutputStream;
import java.util.List;
import org.junit.jupiter.api.Test;

class JsonPiecesTest {
    private static final String LARGE = "a \"large\" text ".repeat(10_000);

    private static String together(JsonPieces pieces) {
        var all = new ByteArrayOutputStream();
        pieces.pieces().forEach(all::writeBytes);
        return all.toString(UTF_8);
    }

    @Test
    void what_is_small_is_one_piece() {
        Message message = Message.user("m1", "hello");
        JsonPieces pieces = A2aJson.MESSAGE.pieces(message, "[".getBytes(UTF_8), "]".getBytes(UTF_8));
        assertThat(pieces.pieces()).hasSize(1);
        assertThat(together(pieces)).isEqualTo("[" + A2aJson.MESSAGE.writeText(message) + "]");
    }

    @Test
    void each_large_text_is_a_piece_and_what_stands_between_is_one() {
        Message message = Message.user("m1", LARGE)
                .withParts(List.of(Part.text(LARGE), Part.text("small"), Part.text("smaller"), Part.text(LARGE)));
        JsonPieces pieces = A2aJson.MESSAGE.pieces(message, "[".getBytes(UTF_8), "]".getBytes(UTF_8));
        assertThat(pieces.pieces()).hasSize(5);
        assertThat(pieces.pieces().get(1)).asString(UTF_8).isEqualTo(LARGE.replace("\"", "\\\""));
        assertThat(together(pieces)).isEqualTo("[" + A2aJson.MESSAGE.writeText(message) + "]");
        assertThat(pieces.bytes()).asString(UTF_8).isEqualTo(together(pieces));
        assertThat(A2aJson.MESSAGE.read(A2aJson.MESSAGE.pieces(message).bytes()))
                .isEqualTo(message);
    }
}
