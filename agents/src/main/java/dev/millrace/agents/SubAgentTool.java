package dev.millrace.agents;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One of the tools of {@link SubAgents}. Each knows a call that it has seen before, so each may be run again.
 *
 * @param waits how long it may wait for other tasks; null = it does not
 */
record SubAgentTool(
        String name,
        String description,
        ObjectNode parameters,
        Body body,
        @Nullable Duration waits) implements Tool {

    /** What it does. */
    @FunctionalInterface
    interface Body {
        JsonNode call(Call call) throws Exception;
    }

    @Override
    public JsonNode call(Call call) throws Exception {
        return body.call(call);
    }

    @Override
    public boolean repeatable() {
        return true;
    }

    @Override
    public boolean waitsForTasks() {
        return waits != null;
    }

    @Override
    public @Nullable Duration timeout() {
        return waits == null ? null : waits.plusMinutes(1); // it ends by itself
    }
}
