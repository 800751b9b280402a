package dev.millrace.agents;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import dev.langchain4j.model.chat.request.json.JsonSchemaElement;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Tools as LangChain4j wants them described. What stands in the schema of a property goes to the provider as it is. */
final class ToolSpecs {
    private ToolSpecs() {}

    static ToolSpecification of(String name, String description, ObjectNode schema, Provider provider) {
        if (provider == Provider.GEMINI) {
            // Google's own subset of JSON Schema, into which LangChain4j turns its own elements alone.
            return ToolSpecification.builder()
                    .name(name)
                    .description(description)
                    .parameters(PlainSchemas.object(schema))
                    .build();
        }
        var parameters = JsonObjectSchema.builder().addProperties(elements(schema.path("properties")));
        parameters.required(schema.path("required").values().stream()
                .map(JsonNode::asString)
                .toList());
        if (schema.path("additionalProperties").isBoolean()) {
            parameters.additionalProperties(schema.path("additionalProperties").booleanValue());
        }
        String definitions = schema.has("$defs") ? "$defs" : "definitions";
        if (schema.path(definitions).isObject()) {
            parameters.definitions(elements(schema.path(definitions)));
        }
        return ToolSpecification.builder()
                .name(name)
                .description(description)
                .parameters(parameters.build())
                .build();
    }

    private static Map<String, JsonSchemaElement> elements(JsonNode schemas) {
        var elements = new LinkedHashMap<String, JsonSchemaElement>();
        schemas.properties()
                .forEach(each -> elements.put(
                        each.getKey(), JsonRawSchema.from(each.getValue().toString())));
        return elements;
    }
}
