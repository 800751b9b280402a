package dev.millrace.protocol.json;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.NotEmpty;
import org.junit.jupiter.api.Test;

class ChunkFormTest {
    private static void requireTheSame(String taskId, String contextId, String artifactId, String text) {
        var form = ChunkForm.appending(taskId, contextId, artifactId);
        byte[] whole = A2aJson.STREAM_RESPONSE.write(
                TaskArtifactUpdateEvent.chunk(taskId, contextId, Artifact.text(artifactId, text), true));
        assertThat(form.write(text)).isEqualTo(whole);
        assertThat(form.read(whole)).isEqualTo(A2aJson.STREAM_RESPONSE.read(whole));
    }

    @Property(tries = 500)
    void a_piece_is_written_and_read_as_every_event_is(
            @ForAll @NotEmpty String taskId,
            @ForAll @NotEmpty String contextId,
            @ForAll @NotEmpty String artifactId,
            @ForAll String text) {
        requireTheSame(taskId, contextId, artifactId, text);
    }

    @Property(tries = 500)
    void pieces_are_joined_as_if_they_had_been_one(@ForAll List<String> texts) {
        var form = ChunkForm.appending("task", "context", "answer");
        assertThat(form.join(texts.stream().map(form::write).toList())).isEqualTo(form.write(String.join("", texts)));
    }

    @Test
    void so_are_escapes_and_halves_of_pairs() {
        for (String text :
                new String[] {"", "0", "1", "a\"b\\c/d", "\n\t\r\b\f\u0000\u001f\u007f", "é€😀", "\ud800x\udc00"}) {
            requireTheSame("task", "context", "answer", text);
        }
    }

    @Test
    void and_long_texts() {
        requireTheSame("task", "context", "answer", "x".repeat(100_000));
        requireTheSame("task", "context", "answer", "\"ü\"".repeat(100_000));
    }
}
