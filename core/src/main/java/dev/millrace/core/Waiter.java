package dev.millrace.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A reader's place on the list of {@link Waiters}: its doorbell, and a state that says who owes what to whom.
 *
 * <ul>
 *   <li>{@code OFF}: not on the list.
 *   <li>{@code WAITING}: on the list, and its reader wants to be woken.
 *   <li>{@code LEFT}: still on the list, but its reader has gone (nudged, interrupted, closed). If it comes back before
 *       the next wave, it takes its old place again, so that a reader leaves no more than one node behind.
 * </ul>
 *
 * Only a reader moves between WAITING and LEFT, only a wave moves to OFF, and both do it
 * atomically. So exactly one of two things is true of a reader that stops waiting: it left before the wave came to it,
 * and the wave passes on to another; or the wave has reached it, and it carries the wave on before it does anything
 * else.
 */
final class Waiter {
    private static final int OFF = 0;
    private static final int WAITING = 1;
    private static final int LEFT = 2;
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Waiter.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final Doorbell bell = new Doorbell();

    /** The next on the list or wave; owned by whoever put this waiter there, until it is taken off. */
    @Nullable Waiter next;

    /** Set once, when the reader is closed. */
    volatile boolean closed;

    private volatile int state;

    /** Written before the state becomes OFF, read by the reader after it has seen that. */
    private @Nullable Wave wave;

    /** The reader waits again: true if the waiter is still on the list from the time before. */
    boolean rejoin() {
        return STATE.compareAndSet(this, LEFT, WAITING);
    }

    /** Makes this waiter ready to be put on the list. Only while it is off. */
    void join() {
        wave = null;
        state = WAITING;
    }

    /** The reader waits no more, for whatever reason. If it was woken, it now wakes others. */
    void leave() {
        if (!STATE.compareAndSet(this, WAITING, LEFT)) {
            Wave carried = wave;
            wave = null;
            if (carried != null) {
                carried.pass();
            }
        }
    }

    /** Takes this waiter, which the caller took off the list, off duty: true if its reader waited and was woken. */
    boolean wake(Wave by) {
        next = null;
        wave = by;
        if ((int) STATE.getAndSet(this, OFF) != WAITING) {
            return false;
        }
        bell.ring();
        return true;
    }

    /** True if it is on the list though its reader does not wait. */
    boolean idles() {
        return state == LEFT;
    }
}
