package dev.millrace.engine;

import java.time.InstantSource;
import java.util.function.Supplier;

/**
 * What an engine can be told.
 *
 * @param worker names this process among those that share a store; new at each start
 * @param maxTurns how many agents run at once; more tasks wait in order
 * @param maxQueued how many tasks may wait in one context
 * @param maxAttempts how often a task is taken up whose worker was lost, before it fails
 * @param tailBytes how much of a journal that is read stays in memory, for each context
 */
public record EngineSettings(
        String worker,
        int maxTurns,
        int maxQueued,
        int maxAttempts,
        long tailBytes,
        InstantSource clock,
        Supplier<String> ids,
        Observer observer) {

    public EngineSettings {
        atLeastOne("maxTurns", maxTurns);
        atLeastOne("maxQueued", maxQueued);
        atLeastOne("maxAttempts", maxAttempts);
        atLeastOne("tailBytes", tailBytes);
    }

    private static void atLeastOne(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be at least 1, not " + value);
        }
    }

    /** 4,096 turns at once, 20 tasks queued in a context, 5 attempts, 256 KiB of journal in memory. */
    public static EngineSettings defaults() {
        InstantSource clock = InstantSource.system();
        var ids = new Ids(clock, new java.security.SecureRandom());
        return new EngineSettings(
                ProcessHandle.current().pid() + "-" + ids.get(), 4096, 20, 5, 256 * 1024, clock, ids, Observer.NONE);
    }

    public EngineSettings withMaxTurns(int turns) {
        return new EngineSettings(worker, turns, maxQueued, maxAttempts, tailBytes, clock, ids, observer);
    }

    public EngineSettings withMaxQueued(int queued) {
        return new EngineSettings(worker, maxTurns, queued, maxAttempts, tailBytes, clock, ids, observer);
    }

    public EngineSettings withMaxAttempts(int attempts) {
        return new EngineSettings(worker, maxTurns, maxQueued, attempts, tailBytes, clock, ids, observer);
    }

    public EngineSettings withTailBytes(long bytes) {
        return new EngineSettings(worker, maxTurns, maxQueued, maxAttempts, bytes, clock, ids, observer);
    }

    public EngineSettings withClock(InstantSource source) {
        return new EngineSettings(worker, maxTurns, maxQueued, maxAttempts, tailBytes, source, ids, observer);
    }

    public EngineSettings withObserver(Observer other) {
        return new EngineSettings(worker, maxTurns, maxQueued, maxAttempts, tailBytes, clock, ids, other);
    }
}
