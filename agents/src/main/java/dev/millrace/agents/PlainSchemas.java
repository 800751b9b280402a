package dev.millrace.agents;

import dev.langchain4j.model.chat.request.json.JsonAnyOfSchema;
import dev.langchain4j.model.chat.request.json.JsonArraySchema;
import dev.langchain4j.model.chat.request.json.JsonBooleanSchema;
import dev.langchain4j.model.chat.request.json.JsonEnumSchema;
import dev.langchain4j.model.chat.request.json.JsonIntegerSchema;
import dev.langchain4j.model.chat.request.json.JsonNumberSchema;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchemaElement;
import dev.langchain4j.model.chat.request.json.JsonStringSchema;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * JSON Schema as far as it has types, properties, items, enumerations and alternatives. What it has beyond that (patterns,
 * ranges) a model is not told; what refers to a definition is any text.
 */
final class PlainSchemas {
    private PlainSchemas() {}

    static JsonObjectSchema object(JsonNode schema) {
        var object = JsonObjectSchema.builder()
                .description(description(schema))
                .required(schema.path("required").values().stream()
                        .map(JsonNode::asString)
                        .toList());
        schema.path("properties").properties().forEach(each -> object.addProperty(each.getKey(), of(each.getValue())));
        return object.build();
    }

    private static JsonSchemaElement of(JsonNode schema) {
        String description = description(schema);
        if (schema.path("enum").isArray()) {
            return JsonEnumSchema.builder()
                    .description(description)
                    .enumValues(schema.path("enum").values().stream()
                            .map(JsonNode::asString)
                            .toList())
                    .build();
        }
        Optional<JsonNode> choices = List.of("anyOf", "oneOf").stream()
                .filter(schema::has)
                .findFirst()
                .map(schema::path);
        if (choices.isPresent()) {
            return JsonAnyOfSchema.builder()
                    .description(description)
                    .anyOf(choices.get().values().stream()
                            .filter(each -> !each.path("type").asString("").equals("null"))
                            .map(PlainSchemas::of)
                            .toList())
                    .build();
        }
        return switch (type(schema)) {
            case "object" -> object(schema);
            case "array" ->
                JsonArraySchema.builder()
                        .description(description)
                        .items(of(schema.path("items")))
                        .build();
            case "integer" ->
                JsonIntegerSchema.builder().description(description).build();
            case "number" -> JsonNumberSchema.builder().description(description).build();
            case "boolean" ->
                JsonBooleanSchema.builder().description(description).build();
            default -> JsonStringSchema.builder().description(description).build();
        };
    }

    /** Of several, the first that is not null. */
    private static String type(JsonNode schema) {
        JsonNode type = schema.path("type");
        if (type.isArray()) {
            return type.values().stream()
                    .map(JsonNode::asString)
                    .filter(each -> !each.equals("null"))
                    .findFirst()
                    .orElse("string");
        }
        return type.asString(schema.has("properties") ? "object" : "string");
    }

    private static @Nullable String description(JsonNode schema) {
        JsonNode description = schema.path("description");
        return description.isString() ? description.stringValue() : null;
    }
}
