package dev.millrace.engine;

import dev.millrace.core.Doorbell;
import dev.millrace.core.Pace;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
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
    private final Places places;

    /** Turns that run without a place while they wait for others. */
    private final AtomicInteger lent = new AtomicInteger();

    private final ConcurrentHashMap<String, LiveTurn> running = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Integer> contexts = new ConcurrentHashMap<>();
    private final Pace pace;
    private final Set<Doorbell> pausing = ConcurrentHashMap.newKeySet();

    /** Rung when a place is given back; for who waits until all are. */
    private final Doorbell returned;

    private volatile boolean closed;
    private volatile boolean suspended;

    Workers(int size) {
        this(size, Pace.REAL);
    }

    /** @param pace what pauses go by */
    Workers(int size, Pace pace) {
        this.size = size;
        this.pace = pace;
        returned = new Doorbell(pace);
        places = new Places(size);
    }

    boolean tryTake() {
        return !closed && !suspended && places.tryAcquire();
    }

    void giveBack() {
        places.release();
        returned.ring();
    }

    int free() {
        return closed || suspended ? 0 : Math.max(0, places.availablePermits());
    }

    /**
     * Gives a turn's place to others until it is taken back, free or not: there may be more turns than places for a moment.
     *
     * @param told that a place is free
     */
    Turn.Loan lend(Runnable told) {
        lent.incrementAndGet();
        giveBack();
        told.run();
        var returned = new AtomicBoolean();
        return () -> {
            if (returned.compareAndSet(false, true)) {
                places.takeAnyway();
                lent.decrementAndGet();
            }
        };
    }

    private boolean idle() {
        return places.availablePermits() - lent.get() >= size;
    }

    /** A semaphore that can owe permits. */
    private static final class Places extends Semaphore {
        private static final long serialVersionUID = 1L;

        Places(int permits) {
            super(permits);
        }

        void takeAnyway() {
            reducePermits(1);
        }
    }

    /** Nobody gets a place while this process may not take leases. */
    void suspend(boolean now) {
        suspended = now;
    }

    /** Nobody gets a place any more; who has one keeps it. */
    void close() {
        closed = true;
        pausing.forEach(Doorbell::ring);
    }

    boolean closed() {
        return closed;
    }

    /** Waits out a pause that the closing cuts short. */
    void pause(Duration pause) {
        var bell = new Doorbell(pace);
        pausing.add(bell);
        try {
            if (!closed) {
                boolean cutShort = bell.await(pause);
                LOG.trace("paused for {}, cut short: {}", pause, cutShort);
            }
        } catch (InterruptedException e) {
            // A stray thread of the agent's did that. It shortens one pause, and no more.
            LOG.debug("interrupted in a pause");
        } finally {
            pausing.remove(bell);
        }
    }

    /** True if every place was given back in time. One thread at a time. */
    boolean awaitIdle(Duration patience) throws InterruptedException {
        long deadline = pace.nanoTime() + patience.toNanos();
        while (!idle()) {
            if (!returned.await(Duration.ofNanos(deadline - pace.nanoTime()))) {
                return idle();
            }
        }
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
