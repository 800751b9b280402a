package dev.millrace.engine;

import dev.millrace.core.Pace;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Consumer;
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
 * @param clock stamps what is told to people
 * @param pace what everything that waits for a time goes by
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
        Pace pace,
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
                Pace.REAL,
                ids,
                Observer.NONE);
    }

    public EngineSettings withMaxTurns(int turns) {
        return with(change -> change.maxTurns = turns);
    }

    public EngineSettings withMaxQueued(int queued) {
        return with(change -> change.maxQueued = queued);
    }

    public EngineSettings withMaxAttempts(int attempts) {
        return with(change -> change.maxAttempts = attempts);
    }

    public EngineSettings withAnswerWithin(Duration other) {
        return with(change -> change.answerWithin = other);
    }

    public EngineSettings withLease(Duration other) {
        return with(change -> change.lease = other);
    }

    public EngineSettings withLookAgain(Duration other) {
        return with(change -> change.lookAgain = other);
    }

    public EngineSettings withTailBytes(long bytes) {
        return with(change -> change.tailBytes = bytes);
    }

    public EngineSettings withClock(InstantSource source) {
        return with(change -> change.clock = source);
    }

    public EngineSettings withObserver(Observer other) {
        return with(change -> change.observer = other);
    }

    private EngineSettings with(Consumer<Change> change) {
        var changed = new Change(this);
        change.accept(changed);
        return changed.settings();
    }

    /** Settings while one of them becomes another: the one place that names them all. */
    private static final class Change {
        private final String worker;
        private int maxTurns;
        private int maxQueued;
        private int maxAttempts;
        private Duration answerWithin;
        private Duration lease;
        private Duration lookAgain;
        private long tailBytes;
        private InstantSource clock;
        private final Pace pace;
        private final Supplier<String> ids;
        private Observer observer;

        Change(EngineSettings from) {
            worker = from.worker;
            maxTurns = from.maxTurns;
            maxQueued = from.maxQueued;
            maxAttempts = from.maxAttempts;
            answerWithin = from.answerWithin;
            lease = from.lease;
            lookAgain = from.lookAgain;
            tailBytes = from.tailBytes;
            clock = from.clock;
            pace = from.pace;
            ids = from.ids;
            observer = from.observer;
        }

        EngineSettings settings() {
            return new EngineSettings(
                    worker,
                    maxTurns,
                    maxQueued,
                    maxAttempts,
                    answerWithin,
                    lease,
                    lookAgain,
                    tailBytes,
                    clock,
                    pace,
                    ids,
                    observer);
        }
    }
}
