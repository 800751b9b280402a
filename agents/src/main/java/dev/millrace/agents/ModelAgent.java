package dev.millrace.agents;

import dev.millrace.engine.Agent;
import dev.millrace.engine.Engine;
import dev.millrace.engine.ToolResult;
import dev.millrace.engine.Turn;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answers with a chat model, which may call tools.
 *
 * <p>The model gets the whole conversation and the message; its words go to the turn's answer one by one, as they come, its
 * reasoning and the arguments of its calls to artifacts beside it. A cancel takes effect at once, whether or not the model
 * has said anything: the connection is closed. A failure fails the task with a sentence for its user, see {@link
 * ModelFailure}; where {@link ModelConfig#retry} lets it try again, the words of the new answer replace what was said before.
 * After a crash it goes on behind the last step whose calls were on record. Prompts and answers are never logged.
 *
 * <p>Any number of turns may run at once. {@link #close} ends those that are under way.
 */
public final class ModelAgent implements Agent, AutoCloseable {
    private final AgentConfig config;
    private final ModelConnections connections;
    private final ModelCalls calls;
    private final @Nullable Titles titles;
    private volatile @Nullable Engine engine;
    private volatile ModelObserver observer = ModelObserver.NONE;

    public ModelAgent(AgentConfig config) {
        this(config, Thread::sleep);
    }

    /** With one model, and nothing else. */
    public ModelAgent(ModelConfig model) {
        this(AgentConfig.of(model));
    }

    ModelAgent(AgentConfig config, Pause pause) {
        this.config = config;
        connections = ModelConnections.of(config.models().all());
        calls = new ModelCalls(connections, new StreamingModels(), pause, () -> observer, config.logContent());
        titles = config.titles() == null ? null : new Titles(calls, config.titles());
    }

    /** The models that messages may choose from. */
    public List<ModelConfig> models() {
        return config.models().all();
    }

    /** Where its tools come from, such as MCP servers. */
    public List<Toolbox> toolboxes() {
        return config.toolboxes().stream().map(Toolbox::inner).toList();
    }

    /** Whom to tell of what it asks of models and tools, from the next call on. */
    public void observe(ModelObserver listener) {
        observer = listener;
    }

    @Override
    public void attached(Engine runs) {
        engine = runs;
        for (Toolbox box : config.toolboxes()) {
            if (box instanceof SubAgents others) {
                others.attached(runs);
            }
        }
    }

    @Override
    public void run(Turn turn) throws ModelFailure, InterruptedException {
        Choice choice;
        try {
            choice = Choice.of(config.models(), turn.history(), turn.message());
        } catch (Choice.NotPossible wrong) {
            turn.reject(String.valueOf(wrong.getMessage()));
            return;
        }
        boolean hasContent =
                Conversation.hasContent(turn.message(), choice.model().provider());
        if (!hasContent && ToolResult.in(turn.message()).isEmpty()) {
            turn.reject("The message has no text that a model could answer.");
            return;
        }
        Engine runs = engine;
        if (titles != null
                && runs != null
                && turn.attempt() == 1
                && turn.history().isEmpty()) {
            titles.name(turn, runs);
        }
        new ModelTurn(turn, config, calls, choice, new Spending(turn, config.budgets(), engine), observer).run();
    }

    /** Closes every connection. Turns that are under way fail. Idempotent. */
    @Override
    public void close() {
        connections.close();
    }
}
