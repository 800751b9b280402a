package dev.millrace.engine;

import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Supplier;

/**
 * What an engine can be told.
 *
 * @param worker names this process among those that share a store; new at each start
 * @param maxTurns how many agents run at once; more tasks wait in order
 * @param maxQueued how many tasks may wait in one context
 * @param maxAttempts how often a task is tried, the first time included, before it fails because its worker was lost
 * @param answerWithin how long a task waits for its user's answer, before it fails
 * @param lease how long a process that shares its store keeps its tasks without a sign of life; it gives one every third
 *     of that
 * @param lookAgain how long what another process did may go unnoticed here, if no word of it comes through
 * @param tailBytes how much of a journal that is read stays in memory, for each context
 */
public record EngineSettings(
        String worker,
        int maxTurns,
        int maxQueued,
        int maxAttempts,
        Duration answerWithin,
        Duration lease,
        Duration lookAgain,
        long tailBytes,
        InstantSource clock,
        Supplier<String> ids,
        Observer observer) {

    public EngineSettings {
        atLeastOne("maxTurns", maxTurns);
        atLeastOne("maxQueued", maxQueued);
        atLeastOne("maxAttempts", maxAttempts);
        atLeastOne("answerWithin in ms", answerWithin.toMillis());
        atLeastOne("tailBytes", tailBytes);
        atLeastOne("lease in ms", lease.toMillis());
        atLeastOne("lookAgain in ms", lookAgain.toMillis());
    }

    private static void atLeastOne(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be at least 1, not " + value);
        }
    }

    /**
     * 4,096 turns at once, 20 tasks queued in a context, 6 attempts (the first and 5 after a crash), a day to answer, a
     * lease of 15 s, 256 KiB of journal in memory.
     */
    public static EngineSettings defaults() {
        InstantSource clock = InstantSource.system();
        var ids = new Ids(clock, new java.security.SecureRandom());
        return new EngineSettings(
                ProcessHandle.current().pid() + "-" + ids.get(),
                4096,
                20,
                6,
                Duration.ofDays(1),
                Duration.ofSeconds(15),
                Duration.ofSeconds(5),
                256 * 1024,
                clock,
                ids,
                Observer.NONE);
    }

    public EngineSettings withMaxTurns(int turns) {
        return new EngineSettings(
                worker, turns, maxQueued, maxAttempts, answerWithin, lease, lookAgain, tailBytes, clock, ids, observer);
    }

    public EngineSettings withMaxQueued(int queued) {
        return new EngineSettings(
                worker, maxTurns, queued, maxAttempts, answerWithin, lease, lookAgain, tailBytes, clock, ids, observer);
    }

    public EngineSettings withMaxAttempts(int attempts) {
        return new EngineSettings(
                worker, maxTurns, maxQueued, attempts, answerWithin, lease, lookAgain, tailBytes, clock, ids, observer);
    }

    public EngineSettings withAnswerWithin(Duration other) {
        return new EngineSettings(
                worker, maxTurns, maxQueued, maxAttempts, other, lease, lookAgain, tailBytes, clock, ids, observer);
    }

    public EngineSettings withLease(Duration other) {
        return new EngineSettings(
                worker,
                maxTurns,
                maxQueued,
                maxAttempts,
                answerWithin,
                other,
                lookAgain,
                tailBytes,
                clock,
                ids,
                observer);
    }

    public EngineSettings withLookAgain(Duration other) {
        return new EngineSettings(
                worker, maxTurns, maxQueued, maxAttempts, answerWithin, lease, other, tailBytes, clock, ids, observer);
    }

    public EngineSettings withTailBytes(long bytes) {
        return new EngineSettings(
                worker, maxTurns, maxQueued, maxAttempts, answerWithin, lease, lookAgain, bytes, clock, ids, observer);
    }

    public EngineSettings withClock(InstantSource source) {
        return new EngineSettings(
                worker,
                maxTurns,
                maxQueued,
                maxAttempts,
                answerWithin,
                lease,
                lookAgain,
                tailBytes,
                source,
                ids,
                observer);
    }

    public EngineSettings withObserver(Observer other) {
        return new EngineSettings(
                worker, maxTurns, maxQueued, maxAttempts, answerWithin, lease, lookAgain, tailBytes, clock, ids, other);
    }
}
