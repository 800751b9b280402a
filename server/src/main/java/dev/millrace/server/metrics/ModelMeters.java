package dev.millrace.server.metrics;

import dev.millrace.agents.ModelAgent;
import dev.millrace.agents.ModelFailure;
import dev.millrace.agents.ModelObserver;
import dev.millrace.agents.Tokens;
import dev.millrace.agents.Toolbox;
import dev.millrace.agents.mcp.McpServer;
import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.Engine;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Counts what agents ask of models and tools, and tells which MCP servers are there. It is told once for each answer and each
 * call, and not for each word, so the meters may be looked up then. Tools that a model made up are none: only those that ran
 * are counted, so there is an end to their names.
 */
final class ModelMeters implements ModelObserver {
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2_500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofMinutes(1),
        Duration.ofMinutes(5)
    };

    private final MeterRegistry registry;

    ModelMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    void watch(Engine engine) {
        Set<String> servers = new HashSet<>();
        for (AgentCatalog.Listing listing : engine.agents().all()) {
            if (listing.agent().inner() instanceof ModelAgent agent) {
                agent.observe(this);
                for (Toolbox box : agent.toolboxes()) {
                    if (box instanceof McpServer server && servers.add(server.name())) {
                        watch(server);
                    }
                }
            }
        }
    }

    private void watch(McpServer server) {
        Gauge.builder("millrace.mcp.connected", server, each -> each.connected() ? 1 : 0)
                .description("Whether an MCP server is there (1) or not (0)")
                .tag("server", server.name())
                .register(registry);
        Gauge.builder("millrace.mcp.tools", server, each -> each.tools().size())
                .description("Tools of an MCP server that can be called now")
                .tag("server", server.name())
                .register(registry);
    }

    @Override
    public void asked(String model, ModelFailure.@Nullable Kind failure, @Nullable Duration firstWord, Duration whole) {
        timer("millrace.model.calls", "Answers of models, each try by itself, by what went wrong")
                .tag("model", model)
                .tag("failure", failure == null ? "none" : failure.name().toLowerCase(Locale.ROOT))
                .register(registry)
                .record(whole);
        if (firstWord != null) {
            timer("millrace.model.first.word", "From a request to a model to the first that it said")
                    .tag("model", model)
                    .register(registry)
                    .record(firstWord);
        }
    }

    @Override
    public void used(String model, Tokens tokens, long costMicros) {
        count(model, "input", tokens.input());
        count(model, "cached", tokens.cached());
        count(model, "cache_write", tokens.cacheWrites());
        count(model, "output", tokens.output());
        count(model, "reasoning", tokens.reasoning());
        Counter.builder("millrace.model.cost")
                .description("What models took, in the unit of their prices")
                .tag("model", model)
                .register(registry)
                .increment(costMicros / 1e6);
    }

    private void count(String model, String kind, long tokens) {
        Counter.builder("millrace.model.tokens")
                .description(
                        "Tokens that models read (input, of which cached and cache_write) and wrote (output, of which"
                                + " reasoning)")
                .tag("model", model)
                .tag("kind", kind)
                .register(registry)
                .increment((double) tokens);
    }

    @Override
    public void ran(String tool, boolean failed, Duration took) {
        timer("millrace.tool.calls", "Calls of tools, by whether they failed")
                .tag("tool", tool)
                .tag("failed", Boolean.toString(failed))
                .register(registry)
                .record(took);
    }

    @Override
    public void summedUp(String model) {
        Counter.builder("millrace.conversations.summed.up")
                .description("Conversations that were summed up, by the model that did it")
                .tag("model", model)
                .register(registry)
                .increment();
    }

    private static Timer.Builder timer(String name, String description) {
        return Timer.builder(name).description(description).serviceLevelObjectives(BUCKETS);
    }
}
