package dev.millrace.agents;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link ModelAgent} is.
 *
 * @param models that it may use
 * @param systemPrompt what the model is told before each conversation; null = nothing
 * @param toolboxes what it can do; of two tools with one name, the first is taken
 * @param limits how far it goes
 * @param budgets what it may spend before it asks
 * @param titles the model that names its chats; null = they are called what their first messages begin with
 * @param summaries the model that sums its long chats up; null = the one that the chat is with
 * @param logContent whether what models are told and say is logged, at INFO: for who looks for a fault, since it is its
 *     users' own
 */
public record AgentConfig(
        Models models,
        @Nullable String systemPrompt,
        List<Toolbox> toolboxes,
        Limits limits,
        Budgets budgets,
        @Nullable ModelConfig titles,
        @Nullable ModelConfig summaries,
        boolean logContent) {

    /** Without budgets, with chats that no model names and that their own models sum up, and with nothing of them in the logs. */
    public AgentConfig(Models models, @Nullable String systemPrompt, List<Toolbox> toolboxes, Limits limits) {
        this(models, systemPrompt, toolboxes, limits, Budgets.NONE, null, null, false);
    }

    /**
     * How far an agent goes.
     *
     * @param steps how often the model may be called for one message
     * @param toolTimeout how long a tool may take that does not say so itself
     * @param resultLength the most characters of a tool's result that the model is told
     * @param approvalWithin how long the user has to allow a call; then it is not allowed
     * @param compactAt the share of a model's context at which what was said is summed up; 1 = never
     */
    public record Limits(int steps, Duration toolTimeout, int resultLength, Duration approvalWithin, double compactAt) {
        /** 200 steps, 2 minutes for a tool, 50,000 characters of a result, 15 minutes to allow a call, 70 % of the context. */
        public static final Limits DEFAULT =
                new Limits(200, Duration.ofMinutes(2), 50_000, Duration.ofMinutes(15), 0.7);

        public Limits {
            if (steps < 1) {
                throw new IllegalArgumentException("steps must be at least 1, not " + steps);
            }
            if (!toolTimeout.isPositive() || !approvalWithin.isPositive()) {
                throw new IllegalArgumentException("times must be longer than nothing");
            }
            if (resultLength < 100) {
                throw new IllegalArgumentException("resultLength must be at least 100, not " + resultLength);
            }
            if (!(compactAt > 0 && compactAt <= 1)) {
                throw new IllegalArgumentException("compactAt must be above 0 and at most 1, not " + compactAt);
            }
        }
    }

    public AgentConfig {
        toolboxes = List.copyOf(toolboxes);
    }

    /** One model, no prompt, no tools, the default limits. */
    public static AgentConfig of(ModelConfig model) {
        return new AgentConfig(new Models(List.of(model)), null, List.of(), Limits.DEFAULT);
    }

    public AgentConfig with(Models others) {
        return new AgentConfig(others, systemPrompt, toolboxes, limits, budgets, titles, summaries, logContent);
    }

    public AgentConfig withSystemPrompt(@Nullable String prompt) {
        return new AgentConfig(models, prompt, toolboxes, limits, budgets, titles, summaries, logContent);
    }

    public AgentConfig withTools(Tool... tools) {
        return withToolboxes(List.of(Toolbox.of(List.of(tools))));
    }

    public AgentConfig withToolboxes(List<Toolbox> boxes) {
        return new AgentConfig(models, systemPrompt, boxes, limits, budgets, titles, summaries, logContent);
    }

    public AgentConfig with(Limits others) {
        return new AgentConfig(models, systemPrompt, toolboxes, others, budgets, titles, summaries, logContent);
    }

    public AgentConfig with(Budgets others) {
        return new AgentConfig(models, systemPrompt, toolboxes, limits, others, titles, summaries, logContent);
    }

    public AgentConfig withTitles(@Nullable ModelConfig model) {
        return new AgentConfig(models, systemPrompt, toolboxes, limits, budgets, model, summaries, logContent);
    }

    public AgentConfig withSummaries(@Nullable ModelConfig model) {
        return new AgentConfig(models, systemPrompt, toolboxes, limits, budgets, titles, model, logContent);
    }

    public AgentConfig withLogContent(boolean log) {
        return new AgentConfig(models, systemPrompt, toolboxes, limits, budgets, titles, summaries, log);
    }

    /** Without the prompt: a configuration ends up in logs. */
    @Override
    public String toString() {
        return "AgentConfig[" + models.all() + ", " + toolboxes.size() + " toolboxes, " + limits + "]";
    }
}
