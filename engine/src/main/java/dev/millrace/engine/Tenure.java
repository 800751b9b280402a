package dev.millrace.engine;

import dev.millrace.core.Doorbell;
import dev.millrace.engine.store.Replicas;
import dev.millrace.engine.store.StoreFailure;
import java.time.Duration;
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
 * write is fenced by their epochs.
 */
final class Tenure {
    private static final Logger LOG = LoggerFactory.getLogger(Tenure.class);

    private final Replicas replicas;
    private final EngineSettings settings;
    private final Workers workers;
    private final Consumer<String> lost;
    private final Consumer<@Nullable Duration> nextEnd;
    private final Runnable joined;
    private final Doorbell bell = new Doorbell();
    private volatile String id;
    private volatile boolean stopped;
    private @Nullable Thread thread;

    // The thread's own, once it runs.
    private boolean held;
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
        id = settings.worker();
    }

    /** In whose name this process takes leases now. */
    String id() {
        return id;
    }

    /** @throws StoreFailure if the store can't be reached */
    void start() {
        join();
        thread = Thread.ofPlatform().name("millrace-lease").daemon().start(this::run);
    }

    private void join() {
        if (former != null) {
            replicas.leave(former); // or else what it held would wait for its end
            former = null;
        }
        long asked = System.nanoTime();
        Replicas.Renewal answer = replicas.join(id, settings.lease());
        heldUntil = asked + settings.lease().toNanos();
        held = true;
        nextEnd.accept(answer.nextEnd());
        workers.suspend(false);
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
        Duration soon = settings.lease().dividedBy(30);
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
            if (held && (ranOut() || !renew())) {
                abandon();
            }
            if (!held) {
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
            if (held && ranOut()) {
                abandon();
            }
            return false;
        }
    }

    private boolean ranOut() {
        return System.nanoTime() - heldUntil >= 0;
    }

    private boolean renew() {
        long asked = System.nanoTime();
        Replicas.Renewal renewal = replicas.renew(id, settings.lease());
        if (renewal.alive()) {
            heldUntil = asked + settings.lease().toNanos();
            nextEnd.accept(renewal.nextEnd());
        }
        return renewal.alive();
    }

    private void abandon() {
        LOG.warn("the lease {} ran out: what was held under it is left to others", id);
        held = false;
        workers.suspend(true);
        former = id;
        id = settings.worker() + "-" + settings.ids().get();
        lost.accept(former);
    }
}
