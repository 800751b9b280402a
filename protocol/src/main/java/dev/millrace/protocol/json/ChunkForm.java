package dev.millrace.protocol.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import java.util.Arrays;
import java.util.List;

/**
 * The JSON of the pieces of text that are appended to one artifact while it streams: byte for byte what {@link
 * A2aJson#STREAM_RESPONSE} writes of them. What is the same in all of them is written once; a piece costs its own text and
 * one copy, and to read it again costs no more. Safe for any number of threads.
 */
public final class ChunkForm {
    private final String taskId;
    private final String contextId;
    private final String artifactId;
    private final byte[] before;
    private final byte[] after;

    private ChunkForm(String taskId, String contextId, String artifactId, byte[] before, byte[] after) {
        this.taskId = taskId;
        this.contextId = contextId;
        this.artifactId = artifactId;
        this.before = before;
        this.after = after;
    }

    /** The form of pieces that say nothing but text. */
    public static ChunkForm appending(String taskId, String contextId, String artifactId) {
        byte[] one = whole(taskId, contextId, artifactId, "0");
        byte[] other = whole(taskId, contextId, artifactId, "1");
        int text = Arrays.mismatch(one, other); // the one place where they can differ
        byte[] before = Arrays.copyOf(one, text);
        return new ChunkForm(taskId, contextId, artifactId, before, Arrays.copyOfRange(one, text + 1, one.length));
    }

    private static byte[] whole(String taskId, String contextId, String artifactId, String text) {
        return A2aJson.STREAM_RESPONSE.write(piece(taskId, contextId, artifactId, text));
    }

    private static TaskArtifactUpdateEvent piece(String taskId, String contextId, String artifactId, String text) {
        return TaskArtifactUpdateEvent.chunk(taskId, contextId, Artifact.text(artifactId, text), true);
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

    /**
     * The event of a piece.
     *
     * @param json what this form wrote
     */
    public StreamResponse read(byte[] json) {
        String text = new String(json, before.length, json.length - before.length - after.length, UTF_8);
        return text.indexOf('\\') < 0
                ? piece(taskId, contextId, artifactId, text)
                : A2aJson.STREAM_RESPONSE.read(json); // something is escaped in it
    }

    /**
     * The event of one piece with the text of all of these.
     *
     * @param pieces what this form wrote
     */
    public byte[] join(List<byte[]> pieces) {
        int around = before.length + after.length;
        int length = 0;
        for (byte[] piece : pieces) {
            length = Math.addExact(length, piece.length - around);
        }
        byte[] text = new byte[length];
        int at = 0;
        for (byte[] piece : pieces) {
            System.arraycopy(piece, before.length, text, at, piece.length - around);
            at += piece.length - around;
        }
        return around(text, 0, length);
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
