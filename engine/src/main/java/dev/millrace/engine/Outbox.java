package dev.millrace.engine;

import dev.millrace.core.Pace;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.TaskRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
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
 * <p><b>Order.</b> A batch is handed to the store under the lock, so batches reach it in the order in which they were
 * taken, and nothing that the end of the turn submits after {@link #seal} overtakes one. A store may commit, and call
 * back, within the call: the lock is reentrant, and as nobody can add while it is held, the call back finds nothing more
 * to send and uses no stack to speak of. What can't be stored takes all that is behind it with it: the words of a turn
 * have no holes.
 */
final class Outbox {
    private final Ledger ledger;
    private final Lease lease;
    private final Observer observer;
    private final Pace pace;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private List<Event> gathering = new ArrayList<>();
    private int onTheWay;
    private boolean sealed;
    private boolean committedAny;

    // By the pace.
    private long startedAt;
    private volatile long firstCommittedAt;
    private final AtomicBoolean shown = new AtomicBoolean();

    // Written under the lock. Read without it by transactions, which must not wait for it: who holds it may wait for
    // them.
    private volatile @Nullable Throwable failure;

    Outbox(Ledger ledger, Lease lease, EngineSettings settings) {
        this.ledger = ledger;
        this.lease = lease;
        observer = settings.observer();
        pace = settings.pace();
    }

    /** The agent starts, at this time of the pace. Called before it emits anything. */
    void started(long nanoTime) {
        startedAt = nanoTime;
    }

    /** What was committed first is on its way to a reader, who may be faster than the news of the commit. */
    void shown() {
        if (!shown.get() && shown.compareAndSet(false, true)) {
            long committed = firstCommittedAt;
            observer.stage(Stage.FIRST_FRAME, committed == 0 ? 0 : Math.max(0, pace.nanoTime() - committed));
        }
    }

    /** @throws TurnLost if this turn may write no more */
    void add(Event event) {
        lock.lock();
        try {
            while (gathering.size() >= Turn.PENDING_EVENTS && failure == null && !sealed) {
                changed.awaitUninterruptibly();
            }
            throwIfFailed();
            gathering.add(event);
            if (onTheWay == 0) {
                send();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Notes what the agent told that it used; in time for the end of the turn, which is written after it. */
    void use(Usage used) {
        lock.lock();
        try {
            throwIfFailed();
            var _ = ledger.change(lease.task().contextId(), Durability.WRITTEN, draft -> {
                TaskRecord task = ledger.requireLease(draft, lease).using(used);
                draft.put(task);
                return task;
            });
        } finally {
            lock.unlock();
        }
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
        lock.lock();
        try {
            sealed = true;
            send();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Nothing more can be added or is written; what gathered is dropped. */
    void close(Throwable reason) {
        fail(reason);
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

    /** Hands what gathered to the store; called with the lock held. */
    private void send() {
        if (gathering.isEmpty() || failure != null) {
            return;
        }
        List<Event> batch = gathering;
        gathering = new ArrayList<>();
        onTheWay++;
        var _ = ledger.emit(lease, batch, this::requireWhole).whenComplete((done, error) -> settle(error));
    }

    /** Asked in the transaction of a batch: one before it, which was on its way when this one was sent, may have failed. */
    private void requireWhole() {
        Throwable before = failure;
        if (before != null) {
            throw new TurnLost("what was emitted before this is not stored: " + before.getMessage());
        }
    }

    /** A batch was committed, or not. */
    private void settle(@Nullable Throwable error) {
        boolean first = false;
        lock.lock();
        try {
            onTheWay--;
            if (error != null) {
                fail(error);
            } else {
                first = !committedAny;
                if (first) {
                    firstCommittedAt = pace.nanoTime();
                }
                committedAny = true;
                if (onTheWay == 0) {
                    send();
                }
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (first) {
            observer.stage(Stage.FIRST_EVENT, firstCommittedAt - startedAt);
            observer.firstChunk(lease.task().id());
        }
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
}
