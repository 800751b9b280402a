package dev.millrace.agents;

import java.time.Duration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A tool that does what the test says. */
record ScriptedTool(String name, Does does, boolean repeatable, boolean needsApproval, Duration timeout)
        implements Tool {
    interface Does {
        JsonNode with(Call call) throws Exception;
    }

    static ScriptedTool of(String name, Does does) {
        return new ScriptedTool(name, does, false, false, null);
    }

    ScriptedTool onlyLooks() {
        return new ScriptedTool(name, does, true, needsApproval, timeout);
    }

    ScriptedTool withApproval() {
        return new ScriptedTool(name, does, repeatable, true, timeout);
    }

    ScriptedTool within(Duration time) {
        return new ScriptedTool(name, does, repeatable, needsApproval, time);
    }

    @Override
    public String description() {
        return "Does what the test says.";
    }

    @Override
    public ObjectNode parameters() {
        return (ObjectNode)
                JsonMapper.shared().readTree("{\"type\":\"object\",\"properties\":{\"to\":{\"type\":\"string\"}}}");
    }

    @Override
    public String target(ObjectNode arguments) {
        return arguments.path("to").asString("");
    }

    @Override
    public JsonNode call(Call call) throws Exception {
        return does.with(call);
    }
}
