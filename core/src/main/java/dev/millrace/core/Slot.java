package dev.millrace.core;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One block's place in a prefetch's window: what to fetch, who fetches it, and what came of it. Everything here is
 * guarded by the prefetch's lock.
 */
final class Slot<K, B> {
    private sealed interface Outcome<B> {
        record Pending<B>() implements Outcome<B> {}

        record Fetched<B>(B block) implements Outcome<B> {}

        record Failed<B>(Throwable cause) implements Outcome<B> {}

        /** Delivered, or no longer wanted: what still comes is discarded. */
        record Gone<B>() implements Outcome<B> {}
    }

    /** What to fetch; null for the place where the plan itself failed. */
    final @Nullable K key;

    /** When the first fetch began, by the hedge timer. */
    final long since;

    private final List<Thread> fetching = new ArrayList<>(1);
    private Outcome<B> outcome = new Outcome.Pending<>();
    private @Nullable Throwable firstFailure;
    private boolean hedged;

    Slot(@Nullable K key, long since) {
        this.key = key;
        this.since = since;
    }

    boolean pending() {
        return outcome instanceof Outcome.Pending;
    }

    /** True if the block is here and has not been delivered. */
    boolean full() {
        return outcome instanceof Outcome.Fetched;
    }

    /** True once a second fetch was tried. */
    boolean hedged() {
        return hedged;
    }

    /** A fetch of this block begins. */
    void begin(Thread fetch) {
        hedged = !fetching.isEmpty();
        fetching.add(fetch);
    }

    /** A fetch has ended, and is not to be interrupted any more. */
    void end(Thread fetch) {
        fetching.remove(fetch);
    }

    /** A fetch brought the block: true if it was the first, false if the block is not wanted. */
    boolean fetched(B block) {
        if (!pending()) {
            return false;
        }
        outcome = new Outcome.Fetched<>(block);
        interruptAll();
        return true;
    }

    /** A fetch failed: true if this fails the block, false if another fetch may still bring it. */
    boolean failed(Throwable cause) {
        if (!pending()) {
            return false;
        }
        if (firstFailure == null) {
            firstFailure = cause;
        } else if (firstFailure != cause) {
            firstFailure.addSuppressed(cause);
        }
        if (!fetching.isEmpty()) {
            return false;
        }
        outcome = new Outcome.Failed<>(firstFailure);
        return true;
    }

    /** Why there is no block, or null. */
    @Nullable Throwable failure() {
        return outcome instanceof Outcome.Failed<B>(Throwable cause) ? cause : null;
    }

    /** Takes the block out, if it is there; stops all fetches. What comes after this is not wanted. */
    @Nullable B remove() {
        B block = outcome instanceof Outcome.Fetched<B>(B fetched) ? fetched : null;
        outcome = new Outcome.Gone<>();
        interruptAll();
        return block;
    }

    private void interruptAll() {
        fetching.forEach(Thread::interrupt);
    }
}
