package dev.millrace.engine;

import dev.millrace.protocol.DataPart;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.json.InvalidField;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What came of a {@link ToolCall}: a result or an error. In a message it stands in a data part, {@code {"toolResults":[{
 * "id":…,"result":…}]}}, or with {@code "error"} instead of {@code "result"}.
 *
 * @param id of the call
 * @param result any JSON value, JSON's null included; null = it failed. Not to be changed
 * @param error what went wrong, in words for the agent; null = it did not
 */
public record ToolResult(
        String id, @Nullable JsonNode result, @Nullable String error) {
    /** The field of a data part that holds results. */
    static final String FIELD = "toolResults";

    /** The error of a call that will get no result any more: its task was stopped, or ended otherwise. */
    public static final String INTERRUPTED = "interrupted before it gave a result";

    /** The error of a call that its user did not answer in time. */
    public static final String LAPSED = "nobody answered in time";

    private static final Set<String> FIELDS = Set.of("id", "result", "error");

    /** @throws IllegalArgumentException if it has not exactly one of result and error */
    public ToolResult {
        if ((result == null) == (error == null)) {
            throw new IllegalArgumentException("a tool's result has either a result or an error");
        }
    }

    /** The tool gave this. */
    public static ToolResult of(String id, JsonNode result) {
        return new ToolResult(id, result, null);
    }

    /** The tool failed. */
    public static ToolResult failed(String id, String error) {
        return new ToolResult(id, null, error);
    }

    /** Nobody knows what the tool gave, if it was run at all. */
    static ToolResult interrupted(String id) {
        return failed(id, INTERRUPTED);
    }

    /** A part that holds these results. */
    public static Part part(List<ToolResult> results) {
        ObjectNode data = JsonNodeFactory.instance.objectNode();
        ArrayNode array = data.putArray(FIELD);
        for (ToolResult each : results) {
            ObjectNode written = array.addObject().put("id", each.id());
            if (each.result() != null) {
                written.set("result", each.result());
            } else {
                written.put("error", each.error());
            }
        }
        return Part.data(data);
    }

    /** The results in a message, in order; what is none is passed over. */
    public static List<ToolResult> in(Message message) {
        var results = new ArrayList<ToolResult>();
        for (Part part : message.parts()) {
            if (part instanceof DataPart data && data.data().get(FIELD) instanceof ArrayNode array) {
                array.forEach(each -> ifOne(each).ifPresent(results::add));
            }
        }
        return results;
    }

    private static Optional<ToolResult> ifOne(JsonNode node) {
        try {
            return Optional.of(readOne(node, ""));
        } catch (InvalidField notOne) {
            return Optional.empty();
        }
    }

    /**
     * Reads an array of results.
     *
     * @param path where it stands, for the error
     * @throws InvalidField if it is none, or one of them is not a result
     */
    public static List<ToolResult> read(@Nullable JsonNode array, String path) {
        if (!(array instanceof ArrayNode)) {
            throw new InvalidField(path, "is required, and must be an array of results");
        }
        var results = new ArrayList<ToolResult>();
        for (JsonNode each : array) {
            results.add(readOne(each, path + "[" + results.size() + "]"));
        }
        return results;
    }

    private static ToolResult readOne(JsonNode node, String path) {
        if (!(node instanceof ObjectNode fields)) {
            throw new InvalidField(path, "must be an object");
        }
        for (String name : fields.propertyNames()) {
            if (!FIELDS.contains(name)) {
                throw new InvalidField(path + "." + name, "there is no such field; there are: error, id, result");
            }
        }
        JsonNode id = fields.get("id");
        if (id == null || !id.isString() || id.stringValue().isEmpty()) {
            throw new InvalidField(path + ".id", "is required, and must be the id of a tool call");
        }
        JsonNode result = fields.get("result");
        JsonNode error = fields.get("error");
        if ((result == null) == (error == null)) {
            throw new InvalidField(path, "must have either \"result\" or \"error\"");
        }
        if (error != null && !error.isString()) {
            throw new InvalidField(path + ".error", "must be a string");
        }
        return new ToolResult(id.stringValue(), result, error == null ? null : error.stringValue());
    }
}
