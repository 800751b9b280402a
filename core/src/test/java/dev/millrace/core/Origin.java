package dev.millrace.core;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** A source of blocks where the test decides when each fetch ends, and how. */
final class Origin {
    /** A block has an identity, so that a test can tell it from another fetch of the same key. */
    static final class Block {
        final int key;

        Block(int key) {
            this.key = key;
        }

        @Override
        public String toString() {
            return "block " + key;
        }
    }

    /** A fetch that has begun. */
    static final class Call {
        final int key;
        private final CompletableFuture<Block> answer = new CompletableFuture<>();
        private final CompletableFuture<Boolean> end = new CompletableFuture<>();
        private final CompletableFuture<Void> interrupt = new CompletableFuture<>();

        Call(int key) {
            this.key = key;
        }

        void succeed() {
            answer.complete(new Block(key));
        }

        void fail(Throwable cause) {
            answer.completeExceptionally(cause);
        }

        /** Waits until this fetch is interrupted, which a deaf one outlives. */
        void awaitInterrupt() throws Exception {
            interrupt.get(30, TimeUnit.SECONDS);
        }

        /** Waits for the end of this fetch; true if it was interrupted. */
        boolean interrupted() throws Exception {
            return end.get(30, TimeUnit.SECONDS);
        }
    }

    final LinkedBlockingQueue<Call> calls = new LinkedBlockingQueue<>();
    final List<Block> brought = new CopyOnWriteArrayList<>();
    final AtomicInteger begun = new AtomicInteger();
    final AtomicInteger inFlight = new AtomicInteger();
    final AtomicInteger mostInFlight = new AtomicInteger();
    private final Map<List<Integer>, CompletableFuture<Call>> arrivals = new ConcurrentHashMap<>();
    private final Map<Integer, AtomicInteger> attempts = new ConcurrentHashMap<>();

    /** Fetches that do not end when interrupted, but only when they are answered. */
    volatile boolean deaf;

    Block fetch(int key) throws Exception {
        mostInFlight.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
        begun.incrementAndGet();
        var call = new Call(key);
        int attempt = attempts.computeIfAbsent(key, k -> new AtomicInteger()).incrementAndGet();
        arrival(key, attempt).complete(call);
        calls.add(call);
        boolean interrupted = false;
        try {
            for (; ; ) {
                try {
                    Block block = call.answer.get();
                    brought.add(block);
                    return block;
                } catch (InterruptedException e) {
                    interrupted = true;
                    call.interrupt.complete(null);
                    if (!deaf) {
                        throw e;
                    }
                } catch (ExecutionException e) {
                    switch (e.getCause()) {
                        case Exception cause -> throw cause;
                        case Error cause -> throw cause;
                        default -> throw e;
                    }
                }
            }
        } finally {
            inFlight.decrementAndGet();
            call.end.complete(interrupted);
        }
    }

    private CompletableFuture<Call> arrival(int key, int attempt) {
        return arrivals.computeIfAbsent(List.of(key, attempt), k -> new CompletableFuture<>());
    }

    /** The first fetch of this key, once it has begun. */
    Call call(int key) throws Exception {
        return call(key, 1);
    }

    /** The n-th fetch of this key, once it has begun. */
    Call call(int key, int attempt) throws Exception {
        return call(key, attempt, Duration.ofSeconds(30));
    }

    Call call(int key, int attempt, Duration limit) throws Exception {
        try {
            return arrival(key, attempt).get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError("fetch " + attempt + " of block " + key + " did not begin; begun: " + begun, e);
        }
    }

    boolean hasBegun(int key) {
        return attempts.containsKey(key);
    }
}
