package dev.millrace.protocol.json;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class ChunkFormTest {
    private static void requireTheSame(String taskId, String contextId, String artifactId, String text) {
        assertThat(ChunkForm.appending(taskId, contextId, artifactId).write(text))
                .isEqualTo(A2aJson.STREAM_RESPONSE.write(
                        TaskArtifactUpdateEvent.chunk(taskId, contextId, Artifact.text(artifactId, text), true)));
    }

    @Property(tries = 500)
    void a_piece_is_written_as_every_event_is(
            @ForAll String taskId, @ForAll String contextId, @ForAll String artifactId, @ForAll String text) {
        requireTheSame(taskId, contextId, artifactId, text);
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
