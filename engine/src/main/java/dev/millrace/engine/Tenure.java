package dev.millrace.engine;

import dev.millrace.core.Doorbell;
import dev.millrace.engine.store.Replicas;
import dev.millrace.engine.store.StoreFailure;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * This process's right to hold tasks in a store that it shares with others: one lease for all of them.
 *
 * <p>It is renewed every third of its time. If it could have run out, by this process's own clock, which is counted from
 * before the renewal was asked for, or if the store says that it has, it is never revived: every turn is told that it is
 * lost, and this process goes on under a new id, as a new one. No lease is taken in between. What the old turns may still
 * write is fenced by their epochs, and by the id itself: who holds a lease under another may write no more.
 */
final class Tenure {
    private static final Logger LOG = LoggerFactory.getLogger(Tenure.class);

    /** Between two tries to reach a store that can't be reached. */
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    private final Replicas replicas;
    private final EngineSettings settings;
    private final Workers workers;
    private final Consumer<String> lost;
    private final Consumer<@Nullable Duration> nextEnd;
    private final Runnable joined;
    private final Doorbell bell;
    private volatile String id;
    private volatile boolean stopped;
    private @Nullable Thread thread;

    /** Held for a moment. */
    private final ReentrantLock forfeiting = new ReentrantLock();

    /** The id that was given up and not yet left. */
    private @Nullable String forfeited;

    private boolean held;

    // The thread's own, once it runs.
    private long heldUntil;
    private @Nullable String former;
    private boolean unheard;

    /**
     * @param lost told that the lease under this id is no more
     * @param joined called when this process may take leases again
     * @param nextEnd told, after each renewal, when the next lease of another process may run out
     */
    Tenure(
            Replicas replicas,
            EngineSettings settings,
            Workers workers,
            Consumer<String> lost,
            Consumer<@Nullable Duration> nextEnd,
            Runnable joined) {
        this.replicas = replicas;
        this.settings = settings;
        this.workers = workers;
        this.lost = lost;
        this.nextEnd = nextEnd;
        this.joined = joined;
        bell = new Doorbell(settings.pace());
        id = settings.worker();
    }

    /** In whose name this process takes leases now. */
    String id() {
        return id;
    }

    /** @throws StoreFailure if the store can't be reached */
    void start() {
        join();
        thread = settings.pace().startApart("millrace-lease", this::run);
    }

    private void join() {
        if (former != null) {
            replicas.leave(former); // or else what it held would wait for its end
            former = null;
        }
        long asked = settings.pace().nanoTime();
        Replicas.Renewal answer = replicas.join(id, settings.lease());
        heldUntil = asked + settings.lease().toNanos();
        hold();
        nextEnd.accept(answer.nextEnd());
    }

    private void hold() {
        forfeiting.lock();
        try {
            held = true;
            workers.suspend(false);
        } finally {
            forfeiting.unlock();
        }
    }

    /**
     * Gives up what is held, at once: the store has lost a part of what the turns here have written. They write nothing
     * more from here on, and hear of it soon. Any thread; does not block.
     */
    void forfeit() {
        forfeiting.lock();
        try {
            if (held) {
                held = false;
                workers.suspend(true);
                forfeited = id;
                id = settings.worker() + "-" + settings.ids().get();
            }
        } finally {
            forfeiting.unlock();
        }
        bell.ring();
    }

    /** What was given up, once; null = nothing was. */
    private @Nullable String takeForfeited() {
        forfeiting.lock();
        try {
            String taken = forfeited;
            forfeited = null;
            return taken;
        } finally {
            forfeiting.unlock();
        }
    }

    private boolean held() {
        forfeiting.lock();
        try {
            return held;
        } finally {
            forfeiting.unlock();
        }
    }

    /** Gives the lease back. */
    void stop() {
        stopped = true;
        bell.ring();
        if (thread != null) {
            Threads.join(thread);
        }
        try {
            replicas.leave(id);
        } catch (StoreFailure e) {
            LOG.warn("the lease {} was not given back, it runs out by itself: {}", id, e.getMessage());
        }
    }

    private void run() {
        Duration third = settings.lease().dividedBy(3);
        Duration thirtieth = settings.lease().dividedBy(30);
        Duration soon = thirtieth.compareTo(LONGEST_PAUSE) < 0 ? thirtieth : LONGEST_PAUSE;
        try {
            bell.await(third);
            while (!stopped) {
                bell.await(signOfLife() ? third : soon);
            }
        } catch (InterruptedException e) {
            LOG.debug("nobody interrupts the lease's thread", e);
        }
    }

    /** False = the store could not be asked. */
    private boolean signOfLife() {
        try {
            if (held() && (ranOut() || !renew())) {
                LOG.warn("the lease {} ran out: what was held under it is left to others", id);
                forfeit();
            }
            leaveToOthers();
            if (!held()) {
                join();
                LOG.info("goes on as {}", id);
                joined.run();
            }
            unheard = false;
            return true;
        } catch (StoreFailure e) {
            LOG.atLevel(unheard ? Level.DEBUG : Level.WARN)
                    .log("the lease {} could not be renewed, trying again and again: {}", id, e.getMessage());
            unheard = true;
            if (held() && ranOut()) {
                LOG.warn("the lease {} ran out: what was held under it is left to others", id);
                forfeit();
            }
            leaveToOthers();
            return false;
        }
    }

    private boolean ranOut() {
        return settings.pace().nanoTime() - heldUntil >= 0;
    }

    private boolean renew() {
        long asked = settings.pace().nanoTime();
        Replicas.Renewal renewal = replicas.renew(id, settings.lease());
        if (renewal.alive()) {
            heldUntil = asked + settings.lease().toNanos();
            nextEnd.accept(renewal.nextEnd());
        }
        return renewal.alive();
    }

    /** Tells the turns that were held under what was given up. */
    private void leaveToOthers() {
        String given = takeForfeited();
        if (given != null) {
            former = given;
            lost.accept(given);
        }
    }
}
