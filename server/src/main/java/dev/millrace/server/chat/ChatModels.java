package dev.millrace.server.chat;

import dev.millrace.agents.ModelAgent;
import dev.millrace.agents.ModelConfig;
import dev.millrace.agents.Prices;
import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.Engine;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import java.io.IOException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The models that messages may choose from. Of addresses and keys nothing is told. */
final class ChatModels {
    private final Engine engine;
    private final Identity identity;

    ChatModels(Engine engine, Identity identity) {
        this.engine = engine;
        this.identity = identity;
    }

    /** {@code GET /models}. */
    void list(Exchange exchange) throws HttpProblem, IOException {
        identity.owner(exchange);
        ObjectNode body = ChatJson.object();
        ArrayNode models = body.putArray("models");
        for (AgentCatalog.Listing listing : engine.agents().all()) {
            if (listing.agent().inner() instanceof ModelAgent agent) {
                String byDefault = agent.models().getFirst().id();
                for (ModelConfig model : agent.models()) {
                    describe(
                            models.addObject(),
                            listing.name(),
                            model,
                            model.id().equals(byDefault));
                }
            }
        }
        ChatJson.respond(exchange, 200, body);
    }

    private static void describe(ObjectNode json, String agent, ModelConfig model, boolean byDefault) {
        ModelConfig.Options options = model.options();
        json.put("id", model.id())
                .put("agent", agent)
                .put("default", byDefault)
                .put("provider", model.provider().wireName())
                .put("name", model.model());
        if (options.contextTokens() != null) {
            json.put("contextTokens", options.contextTokens());
        }
        if (options.maxTokens() != null) {
            json.put("maxTokens", options.maxTokens());
        }
        if (options.effort() != null) {
            json.put("effort", options.effort().wireName());
        }
        if (options.mostEffort() != null) {
            json.put("maxEffort", options.mostEffort().wireName());
        }
        Prices prices = model.prices();
        if (prices != null) {
            json.putObject("prices")
                    .put("input", prices.input())
                    .put("cached", prices.cached())
                    .put("cacheWrite", prices.cacheWrite())
                    .put("output", prices.output());
        }
    }
}
