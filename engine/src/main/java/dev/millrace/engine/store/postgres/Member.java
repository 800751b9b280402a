package dev.millrace.engine.store.postgres;

import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.StoreFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One context's part of a group: its submits, in order, and what became of them so far. One thread. */
final class Member {
    private final String contextId;
    private final List<Submitted<?>> submits;
    private final List<Decided> decided = new ArrayList<>();
    private final Set<String> keysAskedFor = new LinkedHashSet<>();
    private @Nullable Change change;
    private int losses;
    private int failures;

    Member(String contextId, List<Submitted<?>> submits) {
        this.contextId = contextId;
        this.submits = new ArrayList<>(submits);
    }

    String contextId() {
        return contextId;
    }

    List<Submitted<?>> submits() {
        return submits;
    }

    /** How often another writer was faster. */
    int losses() {
        return losses;
    }

    /** Keys that a decision asked for: worth reading with the context. */
    Set<String> keysAskedFor() {
        return keysAskedFor;
    }

    Change change() {
        return Objects.requireNonNull(change, "nothing is decided yet");
    }

    /**
     * Decides everything on this view.
     *
     * @param queries answers what the view does not know
     * @return false if the decisions rest on a guess that must not be relied on; then nothing is decided
     */
    boolean decide(View view, Reader queries) {
        submits.removeIf(Submitted::givenUp);
        var begun = new Change(contextId, view);
        change = begun;
        var reader = new DecidingReader(begun, queries);
        try {
            for (Submitted<?> submitted : submits) {
                decided.add(submitted.decide(begun, reader));
                if (view.origin() == View.Origin.GUESSED && !begun.writes()) {
                    undo();
                    return false;
                }
            }
        } catch (Change.NotYet e) {
            // It waits for the next round, with those behind it: what is before it must be committed first.
        }
        return true;
    }

    /** Nothing of it was written, this time. */
    void undo() {
        if (change != null) {
            keysAskedFor.addAll(change.assumedUnknown());
            change.sends().forEach(send -> keysAskedFor.add(send.key()));
        }
        decided.forEach(Decided::undone);
        decided.clear();
        change = null;
    }

    void lose() {
        losses++;
        undo();
    }

    /** How often it was tried in vain for another reason. */
    int failures() {
        return failures;
    }

    void failOnce() {
        failures++;
        undo();
    }

    /** True if the server has to be asked about it. */
    boolean mustBeAsked() {
        return !decided.isEmpty() && change().mustBeChecked();
    }

    /** It is committed: tells everybody. True if all of it is done now. */
    boolean tell() {
        var done = List.copyOf(decided);
        submits.subList(0, done.size()).clear();
        decided.clear();
        change = null;
        losses = 0;
        done.forEach(Decided::tell);
        return submits.isEmpty();
    }

    /** What is not told yet fails. */
    void fail(StoreFailure reason) {
        undo();
        submits.forEach(each -> each.giveUp(reason));
        submits.clear();
    }

    void giveUpLate(long patienceNanos, StoreFailure reason) {
        long now = System.nanoTime();
        for (Submitted<?> each : submits) {
            if (!each.givenUp() && each.waitedNanos(now) > patienceNanos) {
                each.giveUp(reason);
            }
        }
    }

    boolean waitedLessThan(Duration patience) {
        long now = System.nanoTime();
        return submits.stream().anyMatch(each -> each.waitedNanos(now) < patience.toNanos());
    }

    boolean allGivenUp() {
        return submits.stream().allMatch(Submitted::givenUp);
    }

    /** Each submit by itself, so that one that can't be written harms no other. */
    List<Member> split() {
        return submits.stream()
                .map(each -> new Member(contextId, List.of(each)))
                .toList();
    }
}
