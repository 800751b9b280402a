package dev.millrace.server.chat;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.core.Journal;
import dev.millrace.engine.Event;
import dev.millrace.server.http.FrameBuffer;
import dev.millrace.server.http.Framing;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * The entries of one stream: {@code {"offset":n,"taskId":…,"event":{…}}} around the journal's bytes, which go out as
 * they are. An entry of the chat itself has no {@code taskId}. One for each stream, used by its thread alone.
 */
final class EntryFrames {
    private static final byte[] OFFSET = "{\"offset\":".getBytes(UTF_8);
    private static final byte[] END = "}".getBytes(UTF_8);

    private final Ending ending;
    private final Consumer<String> shown;

    // Neighbours belong to the same task as a rule, so what stands between offset and payload is made once for many.
    private @Nullable String taskId;
    private byte[] middle = middle(null);

    /** The task whose words came last. */
    private @Nullable String speaking;

    /** @param shown told of each task whose words begin in this stream */
    EntryFrames(Ending ending, Consumer<String> shown) {
        this.ending = ending;
        this.shown = shown;
    }

    /** One Server-Sent Event for each entry, with its offset as the id. */
    Framing<Event> events() {
        return Framing.each((entry, out) -> {
            byte[] head = new FrameBuffer()
                    .append(OFFSET)
                    .append(entry.offset())
                    .append(between(entry))
                    .toByteArray();
            out.event(entry.offset(), head, entry.event().json(), END);
            return ending.after(entry);
        });
    }

    /** One JSON array for each batch. */
    Framing<Event> arrays() {
        return this::array;
    }

    private Framing.Then array(List<Journal.Entry<Event>> batch, FrameBuffer out) {
        var then = Framing.Then.CONTINUE;
        char before = '[';
        for (Journal.Entry<Event> entry : batch) {
            out.append(before).append(OFFSET).append(entry.offset()).append(between(entry));
            out.append(entry.event().json()).append(END);
            before = ',';
            then = ending.after(entry);
            if (then == Framing.Then.END) {
                break;
            }
        }
        out.append(']');
        return then;
    }

    private byte[] between(Journal.Entry<Event> entry) {
        String of = entry.event().taskId();
        if (entry.event().kind() == Event.Kind.CHUNK && of != null && !of.equals(speaking)) {
            speaking = of;
            shown.accept(of);
        }
        if (of == null ? taskId != null : !of.equals(taskId)) {
            taskId = of;
            middle = middle(of);
        }
        return middle;
    }

    private static byte[] middle(@Nullable String taskId) {
        String task = taskId == null ? "" : ",\"taskId\":" + JsonNodeFactory.instance.stringNode(taskId);
        return (task + ",\"event\":").getBytes(UTF_8);
    }
}
