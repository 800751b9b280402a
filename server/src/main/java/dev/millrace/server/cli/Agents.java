package dev.millrace.server.cli;

import dev.millrace.agents.EchoAgent;
import dev.millrace.agents.ModelAgent;
import dev.millrace.agents.SubAgents;
import dev.millrace.agents.Tool;
import dev.millrace.agents.ToolChoice;
import dev.millrace.agents.Toolbox;
import dev.millrace.agents.mcp.McpServer;
import dev.millrace.agents.remote.RemoteAgent;
import dev.millrace.agents.remote.RemoteTool;
import dev.millrace.engine.AgentCatalog.Listing;
import dev.millrace.server.config.AgentPlan;
import dev.millrace.server.config.BadSetting;
import dev.millrace.server.config.RemotePlan;
import dev.millrace.server.config.Settings;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.ServiceLoader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agents that {@code serve} offers.
 *
 * @param servers whose tools they use
 * @param remotes agents elsewhere that they use as tools
 */
record Agents(List<Listing> listings, List<McpServer> servers, List<RemoteTool> remotes) implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Agents.class);
    private static final String ECHO = "echo";

    /** Stands in the names of tools of MCP servers, which come and go with those. */
    private static final String OF_A_SERVER = "__";

    /** Those with models come first, as they are configured; {@code echo} is always there. MCP servers are connected to. */
    static Agents of(Settings settings) {
        requireNames(settings);
        var listings = new ArrayList<Listing>();
        List<McpServer> servers = List.of();
        var remoteTools = new ArrayList<RemoteTool>();
        if (!settings.agents().isEmpty()) {
            var boxes = new ArrayList<Toolbox>();
            boxes.add(ownTools());
            servers = settings.mcp().stream()
                    .map(McpServer::new)
                    .map(McpServer::start)
                    .toList();
            boxes.addAll(servers);
            settings.remotes().stream()
                    .filter(RemotePlan::tool)
                    .map(plan -> new RemoteTool(plan.config(), plan.description()))
                    .forEach(remoteTools::add);
            boxes.add(Toolbox.of(List.copyOf(remoteTools)));
            settings.agents().forEach(plan -> warnOfMissing(plan, boxes));
            settings.agents().forEach(plan -> listings.add(listing(plan, boxes)));
        }
        for (RemotePlan plan : settings.remotes()) {
            listings.add(new Listing(plan.config().name(), plan.description(), new RemoteAgent(plan.config())));
        }
        listings.add(new Listing(
                ECHO,
                listings.isEmpty()
                        ? "Repeats what it is told, word by word; the default agent, because no model is configured."
                        : "Repeats what it is told, word by word.",
                new EchoAgent()));
        return new Agents(listings, servers, remoteTools);
    }

    /** What would else be found out when everything has been started. */
    private static void requireNames(Settings settings) {
        var names = new LinkedHashSet<>(List.of(ECHO));
        settings.agents().forEach(plan -> names.add(plan.name()));
        for (RemotePlan plan : settings.remotes()) {
            String name = plan.config().name();
            if (!names.add(name)) {
                throw new BadSetting("remotes." + name, "there is an agent of this name already; choose another one");
            }
        }
        for (AgentPlan plan : settings.agents()) {
            for (String other : plan.spawns()) {
                if (!names.contains(other)) {
                    throw new BadSetting(
                            "agents." + plan.name() + ".spawns",
                            "there is no agent \"" + other + "\"; there are: " + String.join(", ", names));
                }
            }
        }
    }

    /** Leaves the servers of their tools. */
    @Override
    public void close() {
        servers.forEach(McpServer::close);
        remotes.forEach(RemoteTool::close);
    }

    /** Not an error: the class may be there the next time, and the agent works without it. */
    private static void warnOfMissing(AgentPlan plan, List<Toolbox> boxes) {
        var there = new HashSet<String>();
        boxes.forEach(box -> box.tools().forEach(tool -> there.add(tool.name())));
        for (String name : plan.tools()) {
            if (!name.contains("*") && !name.contains(OF_A_SERVER) && !there.contains(name)) {
                log.warn(
                        "agents.{}.tools: there is no tool \"{}\": no class that META-INF/services/{} names on the class path"
                                + " is called so",
                        plan.name(),
                        name,
                        Tool.class.getName());
            }
        }
    }

    private static Listing listing(AgentPlan plan, List<Toolbox> boxes) {
        var choice = new ToolChoice(plan.tools(), plan.approve());
        var own = new ArrayList<Toolbox>(boxes.stream().map(choice::of).toList());
        if (!plan.spawns().isEmpty()) {
            own.add(new SubAgents(plan.spawns()));
        }
        var config = plan.config().withToolboxes(own);
        return new Listing(plan.name(), plan.description(), new ModelAgent(config));
    }

    /** Tools on the class path, which name themselves in {@code META-INF/services/dev.millrace.agents.Tool}. */
    private static Toolbox ownTools() {
        return Toolbox.of(ServiceLoader.load(Tool.class).stream()
                .map(ServiceLoader.Provider::get)
                .toList());
    }
}
