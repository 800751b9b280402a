package dev.millrace.server.openai;

import dev.millrace.agents.ModelAgent;
import dev.millrace.agents.ModelConfig;
import dev.millrace.engine.AgentCatalog;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Agents as OpenAI's clients see them: each is a model, and {@code agent/model} is one of the models it may use. */
final class AgentModels {

    /**
     * One of them.
     *
     * @param id as it is asked for
     * @param model of those that the agent may use; null = its default one, or it has none
     */
    record Chosen(String id, String agent, @Nullable String model) {}

    private final AgentCatalog agents;

    AgentModels(AgentCatalog agents) {
        this.agents = agents;
    }

    List<String> ids() {
        var ids = new ArrayList<String>();
        for (AgentCatalog.Listing listing : agents.all()) {
            ids.add(listing.name());
            if (listing.agent().inner() instanceof ModelAgent agent
                    && agent.models().size() > 1) {
                for (ModelConfig model : agent.models()) {
                    ids.add(listing.name() + "/" + model.id());
                }
            }
        }
        return ids;
    }

    Chosen choose(String id) throws Refusal {
        int slash = id.indexOf('/');
        String name = slash < 0 ? id : id.substring(0, slash);
        AgentCatalog.Listing listing = agents.find(name);
        if (listing != null && slash < 0) {
            return new Chosen(id, name, null);
        }
        if (listing != null && listing.agent().inner() instanceof ModelAgent agent) {
            String model = id.substring(slash + 1);
            if (agent.models().stream().anyMatch(each -> each.id().equals(model))) {
                return new Chosen(id, name, model);
            }
        }
        throw new Refusal(
                404,
                "model_not_found",
                "model",
                "There is no model \"" + id + "\" here; there are: " + String.join(", ", ids()),
                Map.of());
    }
}
