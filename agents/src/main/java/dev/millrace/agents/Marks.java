package dev.millrace.agents;

import dev.millrace.protocol.Message;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the model agent writes beside its artifacts, so that readers can tell them apart and it can itself later: {@code
 * {"millrace":{"kind":…}}} in their metadata.
 */
final class Marks {
    private static final String FIELD = "millrace";

    /** What an artifact is. */
    enum Kind {
        /** What the model said to its user. */
        ANSWER,
        /** What it said to itself. */
        REASONING,
        /** A tool call: its arguments as text while they come, and then the call itself. */
        CALL,
        /** What came of one. */
        RESULT,
        /** What was said before, summed up: it stands for all of it. */
        SUMMARY;

        String wireName() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    private Marks() {}

    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    /** Metadata that says what it is. */
    static ObjectNode of(Kind kind, ObjectNode more) {
        ObjectNode metadata = object();
        metadata.putObject(FIELD).put("kind", kind.wireName()).setAll(more);
        return metadata;
    }

    static ObjectNode of(Kind kind) {
        return of(kind, object());
    }

    /** What is written beside a message; nothing, if nothing is. */
    static JsonNode in(Message message) {
        ObjectNode metadata = message.metadata();
        return metadata == null ? MissingNode.getInstance() : metadata.path(FIELD);
    }

    static boolean is(Message message, Kind kind) {
        return in(message).path("kind").asString("").equals(kind.wireName());
    }

    /** A field of what a user wrote beside a message; null = it is not there. */
    static @Nullable JsonNode asked(Message message, String field) {
        ObjectNode metadata = message.metadata();
        JsonNode value = metadata == null ? null : metadata.get(field);
        return value == null || value.isNull() ? null : value;
    }
}
