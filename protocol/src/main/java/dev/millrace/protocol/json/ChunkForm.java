package dev.millrace.protocol.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import java.util.Arrays;

/**
 * The JSON of the pieces of text that are appended to one artifact while it streams: byte for byte what {@link
 * A2aJson#STREAM_RESPONSE} writes of them. What is the same in all of them is written once; a piece costs its own text and
 * one copy. Safe for any number of threads.
 */
public final class ChunkForm {
    private final byte[] before;
    private final byte[] after;

    private ChunkForm(byte[] before, byte[] after) {
        this.before = before;
        this.after = after;
    }

    /** The form of pieces that say nothing but text. */
    public static ChunkForm appending(String taskId, String contextId, String artifactId) {
        byte[] one = whole(taskId, contextId, artifactId, "0");
        byte[] other = whole(taskId, contextId, artifactId, "1");
        int text = Arrays.mismatch(one, other); // the one place where they can differ
        return new ChunkForm(Arrays.copyOf(one, text), Arrays.copyOfRange(one, text + 1, one.length));
    }

    private static byte[] whole(String taskId, String contextId, String artifactId, String text) {
        return A2aJson.STREAM_RESPONSE.write(
                TaskArtifactUpdateEvent.chunk(taskId, contextId, Artifact.text(artifactId, text), true));
    }

    /** The event of the piece with this text, as UTF-8, in an array of the caller's own. */
    public byte[] write(String text) {
        if (isPlain(text)) {
            byte[] plain = text.getBytes(UTF_8);
            return around(plain, 0, plain.length);
        }
        byte[] quoted = JsonText.quote(text).getBytes(UTF_8);
        return around(quoted, 1, quoted.length - 2);
    }

    /** Whether it stands in JSON as it is. */
    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c == '"' || c == '\\' || Character.isSurrogate(c)) {
                return false;
            }
        }
        return true;
    }

    private byte[] around(byte[] text, int from, int length) {
        byte[] all = Arrays.copyOf(before, Math.addExact(before.length + after.length, length));
        System.arraycopy(text, from, all, before.length, length);
        System.arraycopy(after, 0, all, before.length + length, after.length);
        return all;
    }
}
