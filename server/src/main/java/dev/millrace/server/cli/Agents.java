package dev.millrace.server.cli;

import dev.millrace.agents.EchoAgent;
import dev.millrace.agents.ModelAgent;
import dev.millrace.agents.Tool;
import dev.millrace.agents.ToolChoice;
import dev.millrace.agents.Toolbox;
import dev.millrace.agents.mcp.McpServer;
import dev.millrace.engine.AgentCatalog.Listing;
import dev.millrace.server.config.AgentPlan;
import dev.millrace.server.config.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/**
 * The agents that {@code serve} offers.
 *
 * @param servers whose tools they use
 */
record Agents(List<Listing> listings, List<McpServer> servers) implements AutoCloseable {

    /** Those with models come first, as they are configured; {@code echo} is always there. MCP servers are connected to. */
    static Agents of(Settings settings) {
        var listings = new ArrayList<Listing>();
        List<McpServer> servers = List.of();
        if (!settings.agents().isEmpty()) {
            var boxes = new ArrayList<Toolbox>();
            boxes.add(ownTools());
            servers = settings.mcp().stream()
                    .map(McpServer::new)
                    .map(McpServer::start)
                    .toList();
            boxes.addAll(servers);
            settings.agents().forEach(plan -> listings.add(listing(plan, boxes)));
        }
        listings.add(new Listing(
                "echo",
                listings.isEmpty()
                        ? "Repeats what it is told, word by word; the default agent, because no model is configured."
                        : "Repeats what it is told, word by word.",
                new EchoAgent()));
        return new Agents(listings, servers);
    }

    /** Leaves the MCP servers. */
    @Override
    public void close() {
        servers.forEach(McpServer::close);
    }

    private static Listing listing(AgentPlan plan, List<Toolbox> boxes) {
        var choice = new ToolChoice(plan.tools(), plan.approve());
        var config = plan.config().withToolboxes(boxes.stream().map(choice::of).toList());
        return new Listing(plan.name(), plan.description(), new ModelAgent(config));
    }

    /** Tools on the class path, which name themselves in {@code META-INF/services/dev.millrace.agents.Tool}. */
    private static Toolbox ownTools() {
        return Toolbox.of(ServiceLoader.load(Tool.class).stream()
                .map(ServiceLoader.Provider::get)
                .toList());
    }
}
