package dev.millrace.engine;

import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.TaskRecord;
import java.util.ArrayList;
import java.util.List;
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
 */
final class Outbox {
    private final Ledger ledger;
    private final Lease lease;
    private final Observer observer;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private List<Event> gathering = new ArrayList<>();
    private int onTheWay;
    private boolean sealed;
    private boolean committedAny;
    private @Nullable Throwable failure;

    Outbox(Ledger ledger, Lease lease, Observer observer) {
        this.ledger = ledger;
        this.lease = lease;
        this.observer = observer;
    }

    /** @throws TurnLost if this turn may write no more */
    void add(Event event) {
        lock.lock();
        try {
            while (gathering.size() >= Turn.PENDING_EVENTS && failure == null) {
                changed.awaitUninterruptibly();
            }
            throwIfFailed();
            gathering.add(event);
            if (onTheWay == 0) {
                submitGathered();
            }
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

    /** The agent is done: sends what gathered, behind what is on its way, and takes nothing more. Does not wait. */
    void seal() {
        lock.lock();
        try {
            sealed = true;
            submitGathered();
        } finally {
            lock.unlock();
        }
    }

    /** Nothing more can be added or is written; what gathered is dropped. */
    void close(Throwable reason) {
        fail(reason);
    }

    /** True once a chunk may be in the store. */
    boolean wroteAny() {
        lock.lock();
        try {
            return committedAny || onTheWay > 0;
        } finally {
            lock.unlock();
        }
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

    /**
     * Sends what gathered, if anything did. Under the lock, the submit itself included: when an agent returns, its thread
     * sends the last batch while the store's thread may be sending the one before, and the store takes them, and the end of
     * the task behind them, in the order in which they are submitted.
     */
    private void submitGathered() {
        if (gathering.isEmpty() || failure != null) {
            return;
        }
        List<Event> batch = gathering;
        gathering = new ArrayList<>();
        onTheWay++;
        var _ = ledger.change(lease.task().contextId(), Durability.WRITTEN, draft -> {
                    requireLease(draft, lease);
                    batch.forEach(draft::append);
                    return draft.events().size();
                })
                .whenComplete((count, error) -> {
                    if (error != null) {
                        fail(error);
                    } else {
                        next();
                    }
                });
    }

    private void next() {
        boolean first;
        lock.lock();
        try {
            first = !committedAny;
            committedAny = true;
            onTheWay--;
            submitGathered();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (first) {
            observer.firstChunk(lease.task().id());
        }
    }

    private void fail(Throwable reason) {
        lock.lock();
        try {
            if (failure == null) {
                failure = reason;
            }
            onTheWay = 0;
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
