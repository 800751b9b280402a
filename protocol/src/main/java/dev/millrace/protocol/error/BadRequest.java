package dev.millrace.protocol.error;

import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code google.rpc.BadRequest}: which fields of a request were wrong.
 *
 * @param fieldViolations the fields
 */
public record BadRequest(List<FieldViolation> fieldViolations) {
    /** The type's URL in {@code @type}. */
    public static final String TYPE = "type.googleapis.com/google.rpc.BadRequest";

    /**
     * One wrong field.
     *
     * @param field its path, such as {@code message.parts[0]}
     * @param description what is wrong
     */
    public record FieldViolation(String field, String description) {}

    public BadRequest {
        fieldViolations = List.copyOf(fieldViolations);
    }

    /** One wrong field. */
    public static BadRequest of(String field, String description) {
        return new BadRequest(List.of(new FieldViolation(field, description)));
    }

    /** The JSON, with its {@code @type}. */
    public ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("@type", TYPE);
        ArrayNode violations = json.putArray("fieldViolations");
        fieldViolations.forEach(violation ->
                violations.addObject().put("field", violation.field()).put("description", violation.description()));
        return json;
    }
}
