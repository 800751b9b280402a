package dev.millrace.server.openai;

import dev.millrace.engine.Event;
import dev.millrace.protocol.json.JsonText;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * What nearly all events of an answer are: one more piece of text for an artifact that was begun. It is read here without a tree
 * and without records, because there is one for each token of a model.
 */
record PlainChunk(String artifactId, String text) {

    /** Null if the event is anything else, or more: it is to be read as what it is. */
    static @Nullable PlainChunk read(Event event) {
        if (event.kind() != Event.Kind.CHUNK) {
            return null;
        }
        try (JsonParser json = JsonText.parser(event.json())) {
            if (json.nextToken() != JsonToken.START_OBJECT
                    || !"artifactUpdate".equals(json.nextName())
                    || json.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            return update(json);
        } catch (JacksonException e) {
            return null; // whoever reads it whole says what is wrong
        }
    }

    private static @Nullable PlainChunk update(JsonParser json) {
        PlainChunk chunk = null;
        boolean append = false;
        for (String name = json.nextName(); name != null; name = json.nextName()) {
            JsonToken value = json.nextToken();
            switch (name) {
                case "taskId", "contextId" -> {}
                case "append" -> append = value == JsonToken.VALUE_TRUE;
                case "artifact" -> {
                    chunk = value == JsonToken.START_OBJECT ? artifact(json) : null;
                    if (chunk == null) {
                        return null;
                    }
                }
                default -> {
                    return null;
                }
            }
        }
        return append ? chunk : null;
    }

    private static @Nullable PlainChunk artifact(JsonParser json) {
        String id = null;
        String text = null;
        for (String name = json.nextName(); name != null; name = json.nextName()) {
            JsonToken value = json.nextToken();
            if (name.equals("artifactId") && value == JsonToken.VALUE_STRING) {
                id = json.getString();
            } else if (name.equals("parts") && value == JsonToken.START_ARRAY) {
                text = onlyText(json);
                if (text == null) {
                    return null;
                }
            } else {
                return null;
            }
        }
        return id == null || text == null ? null : new PlainChunk(id, text);
    }

    /** Of an array with one part, which is a text and nothing else. */
    private static @Nullable String onlyText(JsonParser json) {
        if (json.nextToken() != JsonToken.START_OBJECT
                || !"text".equals(json.nextName())
                || json.nextToken() != JsonToken.VALUE_STRING) {
            return null;
        }
        String text = json.getString();
        return json.nextToken() == JsonToken.END_OBJECT && json.nextToken() == JsonToken.END_ARRAY ? text : null;
    }
}
