package dev.millrace.engine.store.postgres;

import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.Write;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** One submit on its way. After {@link #giveUp} nobody waits for it any more. */
final class Submitted<R> {
    private final String contextId;
    private final Durability durability;
    private final Function<Reader, Write<R>> decide;
    private final CompletableFuture<R> future = new CompletableFuture<>();
    private final long at;
    private boolean givenUp;

    /** @param at {@link System#nanoTime} */
    Submitted(String contextId, Durability durability, Function<Reader, Write<R>> decide, long at) {
        this.contextId = contextId;
        this.durability = durability;
        this.decide = decide;
        this.at = at;
    }

    String contextId() {
        return contextId;
    }

    Durability durability() {
        return durability;
    }

    CompletableFuture<R> future() {
        return future;
    }

    long waitedNanos(long now) {
        return now - at;
    }

    boolean givenUp() {
        return givenUp;
    }

    /** Called by the thread that has it, when it is in nobody's hands but its own. */
    void giveUp(StoreFailure reason) {
        givenUp = true;
        future.completeExceptionally(reason);
    }

    /**
     * Decides on the change as it is so far, and adds what is to be written to it. What the decision throws is its
     * outcome, except that the store could not be asked.
     */
    Decided decide(Change change, Reader reader) {
        Write<R> write;
        try {
            write = decide.apply(reader);
        } catch (StoreFailure | Change.NotYet e) {
            throw e;
        } catch (RuntimeException | Error refused) {
            return new Decided.Declined(this, refused);
        }
        var written = new Decided.Written<>(this, write);
        try {
            change.add(write);
        } catch (RuntimeException | Error e) {
            written.undone();
            throw e;
        }
        return written;
    }
}
