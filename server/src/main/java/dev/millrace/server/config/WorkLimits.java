package dev.millrace.server.config;

import dev.millrace.engine.EngineSettings;
import java.time.Duration;

/**
 * How much is worked on and kept at once.
 *
 * @param turns how many agents run at once; more tasks wait in order
 * @param queued how many tasks may wait in one chat
 * @param attempts how often a task is tried, the first time included, before it fails because its server was lost
 * @param answerWithin how long a task that asked waits for its user, before it fails
 * @param tailBytes how much of a context that is read stays in memory
 * @param lease how long a server that shares its store keeps its tasks without a sign of life
 * @param lookAgain how long what another server did may go unnoticed, if no word of it comes through
 */
public record WorkLimits(
        int turns,
        int queued,
        int attempts,
        Duration answerWithin,
        long tailBytes,
        Duration lease,
        Duration lookAgain) {

    /** The engine's own defaults. */
    public static WorkLimits defaults() {
        EngineSettings engine = EngineSettings.defaults();
        return new WorkLimits(
                engine.maxTurns(),
                engine.maxQueued(),
                engine.maxAttempts(),
                engine.answerWithin(),
                engine.tailBytes(),
                engine.lease(),
                engine.lookAgain());
    }

    /** These limits as the engine takes them. */
    public EngineSettings engine() {
        return EngineSettings.defaults()
                .withMaxTurns(turns)
                .withMaxQueued(queued)
                .withMaxAttempts(attempts)
                .withAnswerWithin(answerWithin)
                .withTailBytes(tailBytes)
                .withLease(lease)
                .withLookAgain(lookAgain);
    }

    /** The same, among servers that share a store. */
    WorkLimits sharing(Duration newLease, Duration newLookAgain) {
        return new WorkLimits(turns, queued, attempts, answerWithin, tailBytes, newLease, newLookAgain);
    }
}
