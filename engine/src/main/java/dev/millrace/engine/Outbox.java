package dev.millrace.engine;

import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.TaskRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What a turn emitted and the store has not committed yet.
 *
 * <p>The first event goes to the store at once. While it is on its way, what follows gathers here, and goes together
 * as soon as the first is committed: natural batching, with no timer and no wait to fill. The agent does not wait for
 * commits; it blocks only when {@link Turn#PENDING_EVENTS} events gathered.
 *
 * <p>Every batch is fenced in its own transaction: it is written only while the task is WORKING under this turn's epoch.
 *
 * <p><b>Order.</b> A batch is taken under the lock and handed to the store outside of it, because the store may commit
 * (and call back) within the call. Between the two it is counted in {@code inHand}. A batch is taken only when none is
 * on its way, so batches can't overtake each other; only {@link #seal}, which does not wait for commits, waits until
 * nothing is in hand, which takes no longer than a hand-over.
 */
final class Outbox {
    private final Ledger ledger;
    private final Lease lease;
    private final Observer observer;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private List<Event> gathering = new ArrayList<>();
    private int onTheWay;
    private int inHand;
    private boolean sealed;

    // Written under the lock. Read without it by transactions, which must not wait for it: who holds it may wait for
    // them.
    private volatile boolean wroteAny;
    private volatile @Nullable Throwable failure;
    private volatile boolean committedAny;

    Outbox(Ledger ledger, Lease lease, Observer observer) {
        this.ledger = ledger;
        this.lease = lease;
        this.observer = observer;
    }

    /** @throws TurnLost if this turn may write no more */
    void add(Event event) {
        List<Event> batch = null;
        lock.lock();
        try {
            while (gathering.size() >= Turn.PENDING_EVENTS && failure == null && !sealed) {
                changed.awaitUninterruptibly();
            }
            throwIfFailed();
            gathering.add(event);
            if (onTheWay == 0) {
                batch = takeGathered();
            }
        } finally {
            lock.unlock();
        }
        send(batch);
    }

    /** Waits until everything added so far is committed. */
    void flush() throws InterruptedException {
        lock.lock();
        try {
            while ((onTheWay > 0 || !gathering.isEmpty()) && failure == null) {
                changed.await();
            }
            throwIfFailed();
        } finally {
            lock.unlock();
        }
    }

    /** The agent is done: sends what gathered, behind what is on its way, and takes nothing more. Waits for no commit. */
    void seal() {
        List<Event> batch = null;
        lock.lock();
        try {
            sealed = true;
            while (inHand > 0) {
                changed.awaitUninterruptibly();
            }
            if (!gathering.isEmpty() && failure == null) {
                batch = takeGathered();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        send(batch);
    }

    /** Nothing more can be added or is written; what gathered is dropped. */
    void close(Throwable reason) {
        fail(reason);
    }

    /** True once a chunk may be in the store. */
    boolean wroteAny() {
        return wroteAny;
    }

    /** Why something that was emitted is not in the store; null if nothing failed so far. */
    @Nullable Throwable failure() {
        return failure;
    }

    private void throwIfFailed() {
        if (sealed) {
            throw new TurnLost("the agent of task " + lease.task().id() + " has returned");
        }
        switch (failure) {
            case null -> {}
            case TurnLost lost -> throw new TurnLost(String.valueOf(lost.getMessage()));
            case Throwable other ->
                throw new IllegalStateException("what this turn emits can't be stored: " + other, other);
        }
    }

    private List<Event> takeGathered() {
        List<Event> batch = gathering;
        gathering = new ArrayList<>();
        onTheWay++;
        inHand++;
        wroteAny = true;
        return batch;
    }

    /** A loop, not a recursion: a store that commits within the call would otherwise use stack for every batch. */
    private void send(@Nullable List<Event> first) {
        List<Event> batch = first;
        while (batch != null) {
            CompletableFuture<Integer> commit = submit(batch);
            if (!commit.isDone()) {
                var _ = commit.whenComplete((count, error) -> send(settle(error)));
                return;
            }
            batch = settle(commit.isCompletedExceptionally() ? commit.exceptionNow() : null);
        }
    }

    private CompletableFuture<Integer> submit(List<Event> batch) {
        try {
            return ledger.change(lease.task().contextId(), Durability.WRITTEN, draft -> {
                requireLease(draft, lease);
                batch.forEach(draft::append);
                return draft.events().size();
            });
        } finally {
            handedOver();
        }
    }

    private void handedOver() {
        lock.lock();
        try {
            inHand--;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** A batch was committed, or not. Returns the next one. */
    private @Nullable List<Event> settle(@Nullable Throwable error) {
        if (error != null) {
            fail(error);
            return null;
        }
        boolean first;
        List<Event> batch = null;
        lock.lock();
        try {
            first = !committedAny;
            committedAny = true;
            onTheWay--;
            if (!gathering.isEmpty() && failure == null && onTheWay == 0) {
                batch = takeGathered();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (first) {
            observer.firstChunk(lease.task().id());
        }
        return batch;
    }

    private void fail(Throwable reason) {
        lock.lock();
        try {
            if (failure == null) {
                failure = reason;
            }
            gathering.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The task as it is, if this lease still holds. */
    static TaskRecord requireLease(Draft draft, Lease lease) {
        TaskRecord now = draft.task(lease.task().id());
        boolean holds = now != null
                && now.epoch() == lease.task().epoch()
                && TaskTable.next(now.state(), Transition.EMIT).isPresent();
        if (!holds || now == null) {
            throw new TurnLost("task " + lease.task().id() + " is "
                    + (now == null ? "gone" : now.state().toString())
                    + "; this turn (epoch " + lease.task().epoch() + ") may write no more");
        }
        return now;
    }
}
