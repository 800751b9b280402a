package dev.millrace.core;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Ordered fan-out and fan-in with a sliding window: blocks are fetched several at a time and delivered one by one, in
 * the order of the plan. K says what to fetch, B is a fetched block.
 *
 * <p>Two numbers bound it. At most N (<em>concurrency</em>) fetches run at once. At most W (<em>window</em>) blocks are
 * in flight, or finished and not delivered; so W bounds the memory. A block whose turn it is goes out, however slow its
 * siblings are, and the next fetch starts on each delivery <em>and</em> each completion: there are no batches and no
 * thresholds at which anything waits to be refilled.
 *
 * <p>Why W is larger than N: when the block at the head is slow, those behind it finish and must be held. If W were N,
 * they would soon fill the window, and nothing would be fetched until the head came (that is how
 * {@code Gatherers.mapConcurrent} works). In simulation, with exponential latencies and N = 4, W = N reached 58 % of the
 * throughput that N independent fetches can have, W = 2 N reached 82 %, and the default, W = 3 N, 93 %.
 *
 * <h2>How it works</h2>
 *
 * The window is a queue of slots in the order of the plan, under one lock. After every event that can make room (a
 * delivery, a completion) whoever caused it asks the plan for the next key and starts its fetch, until N run, the window
 * is full, or the plan ends. The plan is asked as late as this, so it can choose the sizes of blocks by what it has
 * learned meanwhile; a gate, if there is one, is asked before it. Each fetch has a virtual thread of its own, which ends with it. The reader waits on a condition for
 * the slot at the head to be settled, well or badly.
 *
 * <p><b>Failure.</b> A fetch that fails settles its slot, which is delivered in its turn: the blocks before it come
 * first. The blocks behind it can never be delivered, so they are dropped at once and nothing more is fetched. A plan
 * that throws is a failed block at the place where the plan was. The failure stays at the head: every further
 * {@link #next} throws it again.
 *
 * <p><b>Cancellation.</b> Dropping a slot (on failure, by {@link #close}, or because a hedge won) interrupts its fetches
 * and makes whatever they still bring unwanted. Each block has exactly one fate, decided under the lock: it is delivered,
 * or it is given to {@link Builder#onDiscard}, once, by the thread that closed or by the fetch that brought it too late.
 * {@code close} does not wait for the fetches to notice their interrupt.
 *
 * <p><b>Hedging.</b> If wanted, the block at the head (the one the reader waits for, or needs next) is fetched a second
 * time when its fetch is older than a threshold. The first to bring the block wins; the other is interrupted. The block
 * fails only if both do. Hedges run beside the N fetches and are bounded by a budget: a prefetch that has started f
 * fetches has started at most f × budget hedges (rounded down; so with 5 % the first is possible from the 20th fetch
 * on). A hedge that is due and not yet affordable starts as soon as it is. Without hedging nobody looks at the time.
 *
 * <h2>Memory effects</h2>
 *
 * What a fetch did before it returned happens-before what the reader does after {@code next} gave the block, and before
 * {@code onDiscard} gets it. What happened before {@code start}, {@code next} or the end of any fetch happens-before the
 * calls of the plan that they cause.
 *
 * @param <K> what to fetch
 * @param <B> what was fetched
 */
public final class Prefetch<K, B> implements AutoCloseable {

    /** Fetches one block. Runs on a virtual thread of its own; interrupted when no longer wanted. */
    @FunctionalInterface
    public interface Fetch<K, B> {
        /** The block, never null. An interrupt means that nobody wants it; any exception will do then. */
        B fetch(K key) throws Exception;
    }

    /**
     * What a prefetch has done and has in hand.
     *
     * @param fetches fetches started, without hedges
     * @param hedges second fetches started for blocks that were late
     * @param discarded blocks fetched and given to {@code onDiscard}
     * @param inFlight threads that are fetching now, with hedges and with those that were interrupted and still run
     * @param undelivered blocks fetched and not yet delivered
     */
    public record Statistics(long fetches, long hedges, long discarded, int inFlight, int undelivered) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition headSettled = lock.newCondition();
    private final ArrayDeque<Slot<K, B>> window = new ArrayDeque<>();
    private final Iterator<? extends K> plan;
    private final Fetch<? super K, ? extends B> fetch;
    private final Consumer<? super B> onDiscard;
    private final ThreadFactory threads;
    private final int concurrency;
    private final int capacity;
    private final BooleanSupplier gate;
    private final @Nullable Hedging<K, B> hedging;

    // Guarded by the lock.
    private boolean planned;
    private boolean closed;
    private int pending;
    private int running;
    private long fetches;
    private long discarded;

    private Prefetch(Builder<K, B> settings) {
        this.plan = settings.plan;
        this.fetch = settings.fetch;
        this.onDiscard = settings.onDiscard;
        this.threads = settings.threads;
        this.concurrency = settings.concurrency;
        this.capacity = settings.window > 0 ? settings.window : Math.multiplyExact(3, settings.concurrency);
        this.gate = settings.gate;
        this.hedging = settings.hedgeAfter == null
                ? null
                : new Hedging<>(settings.hedgeAfter, settings.hedgeBudget, settings.timer, this::onHedgeDue);
    }

    /**
     * A prefetch of what the plan names, in its order.
     *
     * @param plan asked by one thread at a time, under a lock: it must not block, nor call the prefetch
     */
    public static <K, B> Builder<K, B> of(Iterator<? extends K> plan, Fetch<? super K, ? extends B> fetch) {
        return new Builder<>(plan, fetch);
    }

    /** Settings of a prefetch. */
    public static final class Builder<K, B> {
        private final Iterator<? extends K> plan;
        private final Fetch<? super K, ? extends B> fetch;
        private Consumer<? super B> onDiscard = block -> {};
        private ThreadFactory threads =
                Thread.ofVirtual().name("millrace-fetch").factory();
        private int concurrency = 4;
        private int window;
        private BooleanSupplier gate = () -> true;
        private @Nullable Function<? super K, Duration> hedgeAfter;
        private double hedgeBudget;
        private HedgeTimer timer = HedgeTimer.shared();

        Builder(Iterator<? extends K> plan, Fetch<? super K, ? extends B> fetch) {
            this.plan = Objects.requireNonNull(plan, "plan");
            this.fetch = Objects.requireNonNull(fetch, "fetch");
        }

        /** At most so many fetches run at once (N). Default 4. */
        public Builder<K, B> concurrency(int n) {
            requirePositive(n, "a concurrency");
            this.concurrency = n;
            return this;
        }

        /** At most so many blocks are in flight or finished and not delivered (W). Default 3 N. */
        public Builder<K, B> window(int w) {
            requirePositive(w, "a window");
            this.window = w;
            return this;
        }

        /**
         * A say in when the next fetch may start, besides N and W: a budget that others share, a number of fetches that
         * changes. Asked whenever a fetch could start, under the lock of the prefetch (it must not block, nor call the
         * prefetch); when it says yes, the plan is asked for the next block at once, and by the same thread. When what
         * it depends on has changed, call {@link Prefetch#nudge}. It must say yes to a prefetch that has nothing in its
         * window, or nudge it later: else the reader waits.
         */
        public Builder<K, B> gate(BooleanSupplier open) {
            this.gate = Objects.requireNonNull(open, "open");
            return this;
        }

        private static void requirePositive(int n, String what) {
            if (n < 1) {
                throw new IllegalArgumentException(what + " of " + n);
            }
        }

        /**
         * Hedge the head block once its fetch is older than {@code after}, within {@code budget} extra fetches (0.05 =
         * 5 % of the fetches started so far). Only for fetches that may run twice at once.
         */
        public Builder<K, B> hedge(Duration after, double budget) {
            if (after.isNegative()) {
                throw new IllegalArgumentException("a hedge after " + after);
            }
            return hedge(key -> after, budget);
        }

        /**
         * As {@link #hedge(Duration, double)}, with a threshold for each block: large blocks take longer.
         *
         * @param after asked once, under the lock of the prefetch, when a block that is being fetched comes to the head;
         *     never negative
         */
        public Builder<K, B> hedge(Function<? super K, Duration> after, double budget) {
            Objects.requireNonNull(after, "after");
            if (!(budget > 0 && budget <= 1)) {
                throw new IllegalArgumentException(
                        "a hedge budget of " + budget + "; it is a share, above 0, at most 1");
            }
            this.hedgeAfter = after;
            this.hedgeBudget = budget;
            return this;
        }

        /**
         * What to do with a block that was fetched and will never be delivered (release its buffer). Called once for
         * each such block, by the thread that closes the prefetch or by the one that fetched the block; what it throws
         * goes to that thread's uncaught exception handler and stops nothing.
         */
        public Builder<K, B> onDiscard(Consumer<? super B> discard) {
            this.onDiscard = Objects.requireNonNull(discard, "discard");
            return this;
        }

        /**
         * Where the fetches' threads come from, one for each fetch; by default virtual threads. Called under the lock
         * of the prefetch: it must not block. The thread must run the task itself, since it is the one that is
         * interrupted. If the factory throws or gives none, that block fails.
         */
        public Builder<K, B> threadFactory(ThreadFactory factory) {
            this.threads = Objects.requireNonNull(factory, "factory");
            return this;
        }

        Builder<K, B> timer(HedgeTimer timer) {
            this.timer = timer;
            return this;
        }

        /** Starts fetching at once. */
        public Prefetch<K, B> start() {
            Prefetch<K, B> prefetch = new Prefetch<>(this);
            prefetch.begin();
            return prefetch;
        }
    }

    private void begin() {
        lock.lock();
        try {
            refill();
        } finally {
            lock.unlock();
        }
    }

    /**
     * The next block in order; waits for it; empty at the end of the plan. Every call after a failure throws the same.
     * One reader is usual; several threads may call it and get different blocks.
     *
     * @throws ExecutionException if the fetch of the next block failed; the cause is what the fetch threw
     * @throws InterruptedException if interrupted before or while waiting; no block is lost by that, and the prefetch
     *     goes on
     * @throws CancellationException if the prefetch is closed, before the call or during it
     */
    public Optional<B> next() throws InterruptedException, ExecutionException {
        lock.lockInterruptibly();
        try {
            while (!closed) {
                Slot<K, B> head = window.peekFirst();
                if (head == null && planned) {
                    return Optional.empty();
                }
                if (head != null && !head.pending()) {
                    return Optional.of(deliver(head));
                }
                headSettled.await();
            }
            throw new CancellationException("the prefetch is closed");
        } finally {
            lock.unlock();
        }
    }

    private B deliver(Slot<K, B> head) throws ExecutionException {
        Throwable failure = head.failure();
        if (failure != null) {
            throw new ExecutionException(failure);
        }
        B block = Objects.requireNonNull(head.remove());
        window.removeFirst();
        refill();
        announceHead();
        return block;
    }

    /** Starts what may be started. Under the lock. */
    private void refill() {
        while (!planned && pending < concurrency && window.size() < capacity) {
            K key;
            try {
                if (!plan.hasNext()) {
                    planned = true;
                    break;
                }
                if (!gate.getAsBoolean()) {
                    break;
                }
                key = Objects.requireNonNull(plan.next(), "the plan gave null");
            } catch (Throwable e) {
                Slot<K, B> end = new Slot<>(null, 0);
                end.failed(e);
                window.addLast(end);
                planned = true;
                break;
            }
            Slot<K, B> slot = new Slot<>(key, hedging == null ? 0 : hedging.now());
            window.addLast(slot);
            try {
                launch(slot, key);
                pending++;
                fetches++;
            } catch (Throwable e) {
                slot.failed(e);
                planned = true;
            }
        }
        watchHead();
    }

    /** Starts a thread that fetches; throws if that cannot be done, and then nothing has changed. Under the lock. */
    private void launch(Slot<K, B> slot, K key) {
        Thread thread =
                Objects.requireNonNull(threads.newThread(() -> run(slot, key)), "the thread factory gave no thread");
        slot.begin(thread);
        running++;
        try {
            thread.start();
        } catch (Throwable e) {
            slot.end(thread);
            running--;
            throw e;
        }
    }

    private void run(Slot<K, B> slot, K key) {
        B block;
        try {
            block = Objects.requireNonNull(fetch.fetch(key), () -> "the fetch of " + key + " gave null");
        } catch (Throwable e) {
            onFailed(slot, e);
            return;
        }
        onFetched(slot, block);
    }

    private void onFetched(Slot<K, B> slot, B block) {
        boolean wanted;
        lock.lock();
        try {
            leave(slot);
            wanted = slot.fetched(block);
            if (wanted) {
                settled();
            } else {
                discarded++;
            }
        } finally {
            lock.unlock();
        }
        if (!wanted) {
            discard(block);
        }
    }

    private void onFailed(Slot<K, B> slot, Throwable cause) {
        List<B> unwanted = List.of();
        lock.lock();
        try {
            leave(slot);
            if (slot.failed(cause)) {
                planned = true;
                unwanted = dropBehind(slot);
                settled();
            }
        } finally {
            lock.unlock();
        }
        unwanted.forEach(this::discard);
    }

    /** This thread's fetch is over. From here on nobody interrupts it, so a late interrupt must not reach onDiscard. */
    private void leave(Slot<K, B> slot) {
        slot.end(Thread.currentThread());
        running--;
        boolean ignored = Thread.interrupted();
    }

    private void settled() {
        pending--;
        refill();
        announceHead();
    }

    private void announceHead() {
        Slot<K, B> head = window.peekFirst();
        if (head == null ? planned : !head.pending()) {
            headSettled.signalAll();
        }
    }

    /** Drops the slots behind this one, or all if there is none; gives the blocks that are now unwanted. */
    private List<B> dropBehind(@Nullable Slot<K, B> failed) {
        List<B> unwanted = new ArrayList<>();
        while (!window.isEmpty() && window.peekLast() != failed) {
            Slot<K, B> slot = window.removeLast();
            if (slot.pending()) {
                pending--;
            }
            B block = slot.remove();
            if (block != null) {
                unwanted.add(block);
                discarded++;
            }
        }
        return unwanted;
    }

    private void discard(B block) {
        try {
            onDiscard.accept(block);
        } catch (Throwable e) {
            Thread thread = Thread.currentThread();
            thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
        }
    }

    /** Stops all fetches at once, discards what is there, wakes a waiting reader. Idempotent; any thread. */
    @Override
    public void close() {
        List<B> unwanted;
        lock.lock();
        try {
            closed = true;
            planned = true;
            unwanted = dropBehind(null);
            watchHead();
            headSettled.signalAll();
        } finally {
            lock.unlock();
        }
        unwanted.forEach(this::discard);
    }

    /** Starts what the {@link Builder#gate gate} kept from starting, if it is open now. Any thread; never waits. */
    public void nudge() {
        lock.lock();
        try {
            refill();
            announceHead();
        } finally {
            lock.unlock();
        }
    }

    /** A snapshot. Any thread. */
    public Statistics statistics() {
        lock.lock();
        try {
            int undelivered = 0;
            for (Slot<K, B> slot : window) {
                if (slot.full()) {
                    undelivered++;
                }
            }
            long hedges = hedging == null ? 0 : hedging.started();
            return new Statistics(fetches, hedges, discarded, running, undelivered);
        } finally {
            lock.unlock();
        }
    }

    private void watchHead() {
        if (hedging != null) {
            hedging.watch(window.peekFirst());
            hedge(hedging);
        }
    }

    private void onHedgeDue(Slot<K, B> slot) {
        lock.lock();
        try {
            if (hedging != null) {
                hedging.ring(slot);
                hedge(hedging);
            }
        } finally {
            lock.unlock();
        }
    }

    private void hedge(Hedging<K, B> hedging) {
        Slot<K, B> late = hedging.claim(fetches);
        if (late != null && late.key != null) {
            try {
                launch(late, late.key);
                hedging.spend();
            } catch (Throwable e) {
                // No thread for a second fetch: the first is still at work, and decides.
            }
            hedging.watch(null);
        }
    }
}
