package dev.millrace.engine;

import dev.millrace.protocol.DataPart;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A tool that an agent asks its user's client to run. In a message it stands in a data part, {@code {"toolCalls":[{"id":…,
 * "name":…,"arguments":{…}}]}}, whoever wrote that: {@code docs/extensions/tool-calls.md}.
 *
 * @param id tells the calls of a task apart that are open at the same time; its result has the same
 * @param name which tool
 * @param arguments what the tool is to be given; not to be changed
 */
public record ToolCall(String id, String name, ObjectNode arguments) {
    /** The field of a data part that holds calls. */
    static final String FIELD = "toolCalls";

    /** The URI of the extension that describes the parts. */
    public static final String EXTENSION = "https://millrace.dev/a2a/extensions/tool-calls/v1";

    /** @throws IllegalArgumentException if the id or the name is empty */
    public ToolCall {
        Objects.requireNonNull(arguments, "arguments");
        if (id.isEmpty() || name.isEmpty()) {
            throw new IllegalArgumentException("a tool call needs an id and a name");
        }
    }

    /** A part that holds these calls. An agent that runs tools itself can record them so, in an artifact. */
    public static Part part(List<ToolCall> calls) {
        ObjectNode data = JsonNodeFactory.instance.objectNode();
        ArrayNode array = data.putArray(FIELD);
        for (ToolCall call : calls) {
            array.addObject().put("id", call.id()).put("name", call.name()).set("arguments", call.arguments());
        }
        return Part.data(data);
    }

    /** The calls in a message, in order; what is none is passed over. */
    public static List<ToolCall> in(Message message) {
        var calls = new ArrayList<ToolCall>();
        for (Part part : message.parts()) {
            if (part instanceof DataPart data && data.data().get(FIELD) instanceof ArrayNode array) {
                for (JsonNode call : array) {
                    String id = call.path("id").asString("");
                    String name = call.path("name").asString("");
                    if (!id.isEmpty() && !name.isEmpty()) {
                        calls.add(new ToolCall(id, name, arguments(call)));
                    }
                }
            }
        }
        return calls;
    }

    private static ObjectNode arguments(JsonNode call) {
        return call.path("arguments") instanceof ObjectNode given ? given : JsonNodeFactory.instance.objectNode();
    }

    /** @throws IllegalArgumentException if there are none, or two have the same id */
    static List<ToolCall> requireDistinct(List<ToolCall> calls) {
        var ids = new HashSet<String>();
        for (ToolCall call : calls) {
            if (!ids.add(call.id())) {
                throw new IllegalArgumentException("two tool calls have the id " + call.id());
            }
        }
        if (ids.isEmpty()) {
            throw new IllegalArgumentException("there is no tool call to ask for");
        }
        return List.copyOf(calls);
    }
}
