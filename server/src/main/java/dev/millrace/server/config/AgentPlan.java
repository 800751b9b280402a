package dev.millrace.server.config;

import dev.millrace.agents.AgentConfig;
import java.util.List;

/**
 * An agent with a model, as it is configured: all but its tools, which are found when the server starts.
 *
 * @param name in URLs and requests
 * @param description one sentence
 * @param config with no toolboxes yet
 * @param tools which of the tools that are there it has: names, where a {@code *} stands for any letters
 * @param approve for which of them its user is asked each time
 * @param spawns the agents that it may set to work by itself
 */
public record AgentPlan(
        String name,
        String description,
        AgentConfig config,
        List<String> tools,
        List<String> approve,
        List<String> spawns) {
    public AgentPlan {
        tools = List.copyOf(tools);
        approve = List.copyOf(approve);
        spawns = List.copyOf(spawns);
    }
}
