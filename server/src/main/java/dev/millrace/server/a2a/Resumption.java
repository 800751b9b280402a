package dev.millrace.server.a2a;

import dev.millrace.protocol.Task;
import dev.millrace.protocol.json.InvalidField;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The extension by which a client that was cut gets exactly what it missed: {@code docs/extensions/resume.md}. */
final class Resumption {
    static final String URI = "https://millrace.dev/a2a/extensions/resume/v1";
    static final String DESCRIPTION =
            "Events carry ids; SubscribeToTask with Last-Event-ID continues after that event, nothing missed or repeated.";

    /** The id of the last event that the client has seen. */
    static final String LAST_EVENT_ID = "Last-Event-ID";

    /** The generation of a task that the client knows: GetTask waits for another one. */
    static final String KNOWN_GENERATION = "A2A-Known-Generation";

    private Resumption() {}

    /** The offset to continue after; null if the client does not resume. */
    static @Nullable Long after(Optional<String> lastEventId) {
        return number(LAST_EVENT_ID, lastEventId, "must be the id of an event of this server");
    }

    /** The generation that GetTask is to wait beyond; null if it is to answer at once. */
    static @Nullable Long known(Optional<String> generation) {
        return number(KNOWN_GENERATION, generation, "must be a generation that this server gave");
    }

    private static @Nullable Long number(String field, Optional<String> given, String otherwise) {
        String text = given.orElse("").strip();
        if (text.isEmpty()) {
            return null;
        }
        if (!text.matches("[0-9]{1,18}")) {
            throw new InvalidField(field, otherwise);
        }
        return Long.valueOf(text);
    }

    /** A task with its generation, for a client that declared the extension. */
    static Task mark(Task task, long generation) {
        return task.withMetadata(marked(task.metadata(), "generation", generation));
    }

    /** Metadata with a number under the extension's URI. */
    static ObjectNode marked(@Nullable ObjectNode metadata, String name, long number) {
        // A copy: what the journal holds is shared.
        ObjectNode marked = metadata == null ? JsonNodeFactory.instance.objectNode() : metadata.deepCopy();
        marked.putObject(URI).put(name, number);
        return marked;
    }
}
