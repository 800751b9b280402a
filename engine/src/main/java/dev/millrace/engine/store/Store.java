package dev.millrace.engine.store;

import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where contexts, tasks and events are kept. Any thread.
 *
 * <p>Some stores are shared by several processes; they have {@link #replicas}. Any other belongs to one process at a time
 * (it refuses a second one), so a lease in it that another process holds belongs to a dead one.
 */
public interface Store extends AutoCloseable {

    /**
     * Runs {@code decide} on the present state of the context, alone among the writers of that context, writes what it
     * returns and completes the future after {@link Write#committed} ran. Submits of one thread for one context are
     * decided in the order of submission. If {@code decide} throws, nothing is written and the future fails with
     * that; if the store can't write, with {@link StoreFailure}.
     *
     * <p>This may complete the future, and so run what depends on it, within the call. Otherwise the thread that does
     * so holds no lock that a submit needs: whoever depends on the future may hold one of their own around a submit.
     */
    <R> CompletableFuture<R> submit(String contextId, Durability durability, Function<Reader, Write<R>> decide);

    /**
     * Runs {@code query} on a consistent view, which has every write whose {@code committed} has run; null =
     * not about one context. Blocks the calling (virtual) thread.
     *
     * @throws InterruptedException if the caller was interrupted while it waited
     */
    <R extends @Nullable Object> R read(@Nullable String contextId, Function<Reader, R> query)
            throws InterruptedException;

    /**
     * As {@link #read}, of one context, and as soon as its writes are {@link Write#written}: for who tells of it only by what is
     * written to that context in turn, and so comes behind.
     */
    default <R extends @Nullable Object> R readWritten(String contextId, Function<Reader, R> query)
            throws InterruptedException {
        return read(contextId, query);
    }

    /** Whether {@link Write.Merge#text} is asked for when somebody searches, and not when it is written. */
    default boolean readsWordsLater() {
        return false;
    }

    /** How the processes that share this store know of each other; null = it is not shared. */
    default @Nullable Replicas replicas() {
        return null;
    }

    /** Where pushes are kept; null = this store keeps none. */
    default @Nullable PushStore pushes() {
        return null;
    }

    /** What its processes must have alike; null = the store keeps no secrets, for it belongs to one process alone. */
    default @Nullable SecretStore secrets() {
        return null;
    }

    /** What its processes no longer take for good; null = the store keeps none, as for {@link #secrets}. */
    default @Nullable RevocationStore revocations() {
        return null;
    }

    /** Where it is noted which uploaded files there are, and which are named; null = this store notes none. */
    default @Nullable FileRegister files() {
        return null;
    }

    /** Waits for what was submitted, then releases everything. Idempotent. */
    @Override
    void close();
}
