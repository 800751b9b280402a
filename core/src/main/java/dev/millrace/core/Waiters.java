package dev.millrace.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The readers that wait for a journal's next event: a stack to which each pushes itself, and which the next event takes
 * as a whole.
 *
 * <h2>Why no wake-up is lost</h2>
 *
 * A reader enlists and then looks at the journal once more; a writer changes the journal and then calls {@link #wake}.
 * Both use volatile accesses, so if the reader's second look misses the change, the writer finds the reader on the list.
 *
 * <h2>Why everyone on the list is woken</h2>
 *
 * {@link #wake} takes the list as a {@link Wave} and wakes two. The rule that keeps the wave going: <em>while the wave
 * is not empty, some thread that will certainly run is inside {@link Wave#pass}, or has been woken and not yet passed
 * it on.</em> Whoever is in {@code pass} wakes waiters until two of them have really been woken or none is left; and a
 * reader that was woken calls {@code pass} on its way out of the wait, before anything else and on every way out, be it
 * the ring, an interrupt, a nudge or a close ({@link Waiter#leave}). A reader that stopped waiting before the wave
 * reached it was not woken, and the wave went on to the next in its stead. So no reader's wake-up depends on one that
 * has died.
 *
 * <p>Two waves can be under way at once, through different waiters: a waiter is on the list or in one wave, never both.
 *
 * <h2>Garbage</h2>
 *
 * A reader that goes leaves its waiter on the list until the next wave. One that comes back takes it up again; those
 * that were closed are counted, and when they outnumber the open readers (and are more than a few) everyone is woken for
 * nothing: the list is empty then, and those who still wait come back to it. That is one wake-up for each reader that
 * closed, and needs no second way to take the list, which a writer in its midst could find empty.
 */
final class Waiters {
    private static final int FEW = 32;
    private static final VarHandle TOP;
    private static final VarHandle CLOSED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            TOP = lookup.findVarHandle(Waiters.class, "top", Waiter.class);
            CLOSED = lookup.findVarHandle(Waiters.class, "closed", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile @Nullable Waiter top;

    /** Closed waiters on the list, about: a hint for when to clear the list. */
    @SuppressWarnings("UnusedVariable")
    private volatile int closed;

    /** Puts the waiter on the list. After this the caller must look once more at what it waits for. */
    void enlist(Waiter waiter) {
        if (!waiter.rejoin()) {
            waiter.join();
            push(waiter);
        }
    }

    private void push(Waiter waiter) {
        Waiter below;
        do {
            below = top;
            waiter.next = below;
        } while (!TOP.compareAndSet(this, below, waiter));
    }

    /** Wakes everyone who is on the list. Never blocks; costs the caller two wake-ups at most. */
    void wake() {
        if (top == null) {
            return;
        }
        Waiter all = takeAll();
        if (all != null) {
            new Wave(all).pass();
        }
    }

    private @Nullable Waiter takeAll() {
        CLOSED.setOpaque(this, 0);
        return (Waiter) TOP.getAndSet(this, null);
    }

    /** Counts a closed waiter that stays on the list: true if it is time to clear the list by a {@link #wake}. */
    boolean litter(int readers) {
        return (int) CLOSED.getAndAdd(this, 1) >= FEW + readers;
    }

    /** How many are on the list, for tests; only while nothing else happens. */
    int length() {
        int n = 0;
        for (Waiter waiter = top; waiter != null; waiter = waiter.next) {
            n++;
        }
        return n;
    }
}
