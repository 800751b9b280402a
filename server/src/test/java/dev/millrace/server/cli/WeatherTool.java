package dev.millrace.server.cli;

import dev.millrace.agents.Tool;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/** A tool on the class path, as a user would put it there. */
public final class WeatherTool implements Tool {
    @Override
    public String name() {
        return "weather";
    }

    @Override
    public String description() {
        return "The weather in a town, now.";
    }

    @Override
    public ObjectNode parameters() {
        ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "object");
        schema.putObject("properties").putObject("town").put("type", "string");
        return schema;
    }

    @Override
    public JsonNode call(Call call) {
        return StringNode.valueOf("rain in " + call.arguments().path("town").asString());
    }
}
