package dev.millrace.server.openai;

import dev.millrace.protocol.json.JsonText;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Bodies of requests and responses. Of a request, {@code null} and a missing field mean the same. */
final class Json {
    private Json() {}

    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    static ArrayNode array() {
        return JsonNodeFactory.instance.arrayNode();
    }

    static byte[] bytes(JsonNode json) {
        return JsonMapper.shared().writeValueAsBytes(json);
    }

    static void respond(Exchange exchange, int status, ObjectNode body) throws IOException {
        exchange.respond(status, "application/json", bytes(body));
    }

    /** The request's body. */
    static ObjectNode body(Exchange exchange) throws HttpProblem, IOException, Refusal {
        String type = exchange.header("Content-Type").orElse("");
        if (!type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT).equals("application/json")) {
            // Also keeps out the forms of other web sites: a browser asks before it sends them JSON.
            throw new HttpProblem(
                    415,
                    "unsupported-media-type",
                    "The request body must be JSON",
                    "The Content-Type is \"" + type + "\"; send \"application/json\".");
        }
        if (JsonText.parse(exchange.body()) instanceof ObjectNode object) {
            return object;
        }
        throw new Refusal(400, "invalid_value", null, "The body must be a JSON object.", java.util.Map.of());
    }

    static @Nullable JsonNode given(JsonNode object, String field) {
        JsonNode value = object.get(field);
        return value == null || value.isNull() ? null : value;
    }

    static @Nullable String text(JsonNode object, String at, String field) throws Refusal {
        JsonNode value = given(object, field);
        if (value != null && !value.isString()) {
            throw Refusal.invalid(at + field, "must be a string");
        }
        return value == null ? null : value.stringValue();
    }

    static String required(JsonNode object, String at, String field) throws Refusal {
        String text = text(object, at, field);
        if (text == null || text.isEmpty()) {
            throw Refusal.invalid(at + field, "is missing");
        }
        return text;
    }

    static boolean flag(JsonNode object, String field, boolean unlessGiven) throws Refusal {
        JsonNode value = given(object, field);
        if (value != null && !value.isBoolean()) {
            throw Refusal.invalid(field, "must be true or false");
        }
        return value == null ? unlessGiven : value.booleanValue();
    }

    static @Nullable ArrayNode list(JsonNode object, String at, String field) throws Refusal {
        JsonNode value = given(object, field);
        if (value == null) {
            return null;
        }
        if (value instanceof ArrayNode array) {
            return array;
        }
        throw Refusal.invalid(at + field, "must be an array");
    }

    /** JSON that a client has written into a string, as it has to for arguments. */
    static @Nullable JsonNode inside(String text) {
        try {
            return JsonMapper.shared().readTree(text);
        } catch (tools.jackson.core.JacksonException notJson) {
            return null;
        }
    }
}
