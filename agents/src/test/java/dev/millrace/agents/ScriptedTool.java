package dev.millrace.agents;

import java.time.Duration;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A tool that does what the test says. */
record ScriptedTool(
        String name,
        Does does,
        boolean repeatable,
        boolean needsApproval,
        Duration timeout,
        UnaryOperator<String> targets)
        implements Tool {
    interface Does {
        JsonNode with(Call call) throws Exception;
    }

    static ScriptedTool of(String name, Does does) {
        return new ScriptedTool(name, does, false, false, null, to -> to);
    }

    ScriptedTool onlyLooks() {
        return new ScriptedTool(name, does, true, needsApproval, timeout, targets);
    }

    ScriptedTool withApproval() {
        return new ScriptedTool(name, does, repeatable, true, timeout, targets);
    }

    ScriptedTool within(Duration time) {
        return new ScriptedTool(name, does, repeatable, needsApproval, time, targets);
    }

    /** What a call is done to, by what it says that it is to. */
    ScriptedTool on(UnaryOperator<String> other) {
        return new ScriptedTool(name, does, repeatable, needsApproval, timeout, other);
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
        return targets.apply(arguments.path("to").asString(""));
    }

    @Override
    public JsonNode call(Call call) throws Exception {
        return does.with(call);
    }
}
