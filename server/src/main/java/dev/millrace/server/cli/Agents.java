package dev.millrace.server.cli;

import dev.millrace.agents.EchoAgent;
import dev.millrace.agents.ModelAgent;
import dev.millrace.agents.ModelConfig;
import dev.millrace.engine.AgentCatalog.Listing;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The agents that {@code serve} offers. */
final class Agents {
    private Agents() {}

    /** With a model, {@code model} is the default agent; {@code echo} is always there. */
    static List<Listing> of(@Nullable ModelConfig model) {
        if (model == null) {
            return List.of(new Listing(
                    "echo",
                    "Repeats what it is told, word by word; the default agent, because no model is configured.",
                    new EchoAgent()));
        }
        return List.of(
                new Listing("model", "Answers with the chat model " + model.model() + ".", new ModelAgent(model)),
                new Listing("echo", "Repeats what it is told, word by word.", new EchoAgent()));
    }
}
