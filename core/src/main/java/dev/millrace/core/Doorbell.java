package dev.millrace.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A wake-up for one waiting thread: ringing is cheap, rings coalesce, a ring is never lost.
 *
 * <p>A doorbell says <em>look again</em>, never <em>what</em> there is to see. So one ring is as good as ten, and a ring
 * that comes before the wait counts: the next {@code await} returns at once. Waiters therefore look, wait, and look
 * again; a thread that looks only after it has waited misses nothing either.
 *
 * <h2>How it works</h2>
 *
 * Two variables: {@code rung}, and {@code waiter}, the thread that waits. A ringer first sets {@code rung}, then reads
 * {@code waiter} and unparks whom it finds. A waiter first writes {@code waiter}, then tests {@code rung}, and parks
 * only if it was not set. All four accesses are volatile, hence in one total order, so it cannot be that the ringer sees
 * no waiter <em>and</em> the waiter sees no ring: whichever comes second sees the first. If the ring falls between the
 * waiter's test and its parking, the unpark leaves a permit and the park returns at once.
 *
 * <p>A ringer that finds {@code rung} already set has nothing to do. Whoever set it either saw no waiter, and then every
 * waiter that comes sees the ring, or is about to unpark the one it saw.
 *
 * <p>Parks may end without cause, and an unpark may reach a thread that has left already (the ringer read
 * {@code waiter} just before). Both are harmless: the waiter only returns when it has taken the ring itself, else it
 * parks again.
 *
 * <h2>Memory effects</h2>
 *
 * What a thread did before {@link #ring} happens-before what another does after an {@code await} (or {@link #poll}) that
 * took a ring at that moment or later; this holds for each of several rings that were taken as one.
 */
public final class Doorbell {
    private static final VarHandle RUNG;
    private static final VarHandle WAITER;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            RUNG = lookup.findVarHandle(Doorbell.class, "rung", boolean.class);
            WAITER = lookup.findVarHandle(Doorbell.class, "waiter", Thread.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Pace pace;
    private volatile boolean rung;
    private volatile @Nullable Thread waiter;

    /** A doorbell whose waits go by the machine's time. */
    public Doorbell() {
        this(Pace.REAL);
    }

    /** @param pace the time that a wait with a timeout goes by */
    public Doorbell(Pace pace) {
        this.pace = pace;
    }

    /** Wakes the waiter, or lets the next {@code await} return at once. Never blocks; any thread. */
    public void ring() {
        // A plain test of `rung` would be cheaper, but then what was written before a coalesced ring could be unseen by
        // the waiter that takes it.
        if (!(boolean) RUNG.getAndSet(this, true)) {
            Thread asleep = waiter;
            if (asleep != null) {
                LockSupport.unpark(asleep);
            }
        }
    }

    /** Takes a ring without waiting: true if there was one. For the thread that would otherwise wait. */
    public boolean poll() {
        return rung && (boolean) RUNG.getAndSet(this, false);
    }

    /**
     * Waits for a ring, and takes it. One thread at a time may wait. Does not look at the time.
     *
     * @throws InterruptedException if interrupted before or while waiting; a ring at that moment stays for the next wait
     * @throws IllegalStateException if another thread is waiting
     */
    public void await() throws InterruptedException {
        enter();
        try {
            while (!poll()) {
                LockSupport.park(this);
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
            }
        } finally {
            waiter = null;
        }
    }

    /**
     * Waits at most {@code timeout}, of {@link Pace#nanoTime}; true if rung, false if the time was over first. A
     * timeout of zero or less does not wait; one of more than 292 years counts as 292 years.
     *
     * @throws InterruptedException if interrupted before or while waiting; a ring at that moment stays for the next wait
     * @throws IllegalStateException if another thread is waiting
     */
    public boolean await(Duration timeout) throws InterruptedException {
        enter();
        try {
            if (poll()) {
                return true;
            }
            long nanos = TimeUnit.NANOSECONDS.convert(timeout);
            long deadline = pace.nanoTime() + nanos;
            while (nanos > 0) {
                pace.parkNanos(this, nanos);
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                if (poll()) {
                    return true;
                }
                nanos = deadline - pace.nanoTime();
            }
            return false;
        } finally {
            waiter = null;
        }
    }

    private void enter() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (!WAITER.compareAndSet(this, null, Thread.currentThread())) {
            throw new IllegalStateException("a doorbell wakes one waiter at a time, and " + waiter + " is waiting");
        }
    }
}
