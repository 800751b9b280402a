package dev.millrace.core;

import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;

/** Ordered fan-out and fan-in with a sliding window: K says what to fetch, B is a fetched block. */
public final class Prefetch<K, B> implements AutoCloseable {

    /** Fetches one block. Runs on a virtual thread of its own; interrupted when no longer wanted. */
    @FunctionalInterface
    public interface Fetch<K, B> {
        B fetch(K key) throws Exception;
    }

    public static <K, B> Builder<K, B> of(Iterator<? extends K> plan, Fetch<? super K, ? extends B> fetch) {
        throw new UnsupportedOperationException();
    }

    /** Settings of a prefetch. */
    public static final class Builder<K, B> {
        Builder() {}

        /** At most so many fetches run at once (N). Default 4. */
        public Builder<K, B> concurrency(int n) {
            throw new UnsupportedOperationException();
        }

        /** At most so many blocks are in flight or finished and not delivered (W). Default 3 N. */
        public Builder<K, B> window(int w) {
            throw new UnsupportedOperationException();
        }

        /** Hedge the head block once it is older than {@code after}, within {@code budget} extra fetches (0.05 = 5 %). */
        public Builder<K, B> hedge(Duration after, double budget) {
            throw new UnsupportedOperationException();
        }

        /** What to do with a block that was fetched and will never be delivered (release its buffer). */
        public Builder<K, B> onDiscard(Consumer<? super B> discard) {
            throw new UnsupportedOperationException();
        }

        /** Starts fetching at once. */
        public Prefetch<K, B> start() {
            throw new UnsupportedOperationException();
        }
    }

    /**
     * The next block in order; waits for it; empty at the end of the plan. Every call after a failure throws the same.
     *
     * @throws ExecutionException if the fetch of the next block failed; the cause is what the fetch threw
     */
    public Optional<B> next() throws InterruptedException, ExecutionException {
        throw new UnsupportedOperationException();
    }

    /** Stops all fetches at once, discards what is there, wakes a waiting reader. Idempotent; any thread. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
