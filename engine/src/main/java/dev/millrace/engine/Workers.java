package dev.millrace.engine;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The room for turns in this process, and the turns that run in it. A place is taken inside the transaction that takes
 * a lease, before the turn exists, and given back when its thread is done, or when that transaction is undone.
 */
final class Workers {
    private static final Logger LOG = LoggerFactory.getLogger(Workers.class);

    private final int size;
    private final Semaphore places;
    private final ConcurrentHashMap<String, LiveTurn> running = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Integer> contexts = new ConcurrentHashMap<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean suspended;

    Workers(int size) {
        this.size = size;
        places = new Semaphore(size);
    }

    boolean tryTake() {
        return !closed() && !suspended && places.tryAcquire();
    }

    void giveBack() {
        places.release();
    }

    int free() {
        return closed() || suspended ? 0 : places.availablePermits();
    }

    /** Nobody gets a place while this process may not take leases. */
    void suspend(boolean now) {
        suspended = now;
    }

    /** Nobody gets a place any more; who has one keeps it. */
    void close() {
        closed.countDown();
    }

    boolean closed() {
        return closed.getCount() == 0;
    }

    /** Waits out a pause that the closing cuts short. */
    void pause(Duration pause) {
        try {
            var _ = closed.await(pause.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            // A stray thread of the agent's did that. It shortens one pause, and no more.
            LOG.debug("interrupted in a pause");
        }
    }

    /** True if every place was given back in time. */
    boolean awaitIdle(Duration patience) throws InterruptedException {
        if (!places.tryAcquire(size, patience.toMillis(), TimeUnit.MILLISECONDS)) {
            return false;
        }
        places.release(size);
        return true;
    }

    void add(LiveTurn turn) {
        contexts.merge(turn.contextId(), 1, Integer::sum);
        running.put(turn.taskId(), turn);
    }

    void remove(LiveTurn turn) {
        running.remove(turn.taskId(), turn);
        contexts.computeIfPresent(turn.contextId(), (id, turns) -> turns == 1 ? null : turns - 1);
    }

    @Nullable LiveTurn find(String taskId) {
        return running.get(taskId);
    }

    /** True if a turn of this context runs here. */
    boolean runsIn(String contextId) {
        return contexts.containsKey(contextId);
    }

    Collection<LiveTurn> all() {
        return List.copyOf(running.values());
    }
}
