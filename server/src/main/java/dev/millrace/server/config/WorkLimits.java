package dev.millrace.server.config;

import dev.millrace.engine.EngineSettings;

/**
 * How much is worked on and kept at once.
 *
 * @param turns how many agents run at once; more tasks wait in order
 * @param queued how many tasks may wait in one chat
 * @param attempts how often a task is taken up whose server was lost, before it fails
 * @param tailBytes how much of a context that is read stays in memory
 */
public record WorkLimits(int turns, int queued, int attempts, long tailBytes) {

    /** The engine's own defaults. */
    public static WorkLimits defaults() {
        EngineSettings engine = EngineSettings.defaults();
        return new WorkLimits(engine.maxTurns(), engine.maxQueued(), engine.maxAttempts(), engine.tailBytes());
    }

    /** These limits as the engine takes them. */
    public EngineSettings engine() {
        return EngineSettings.defaults()
                .withMaxTurns(turns)
                .withMaxQueued(queued)
                .withMaxAttempts(attempts)
                .withTailBytes(tailBytes);
    }
}
