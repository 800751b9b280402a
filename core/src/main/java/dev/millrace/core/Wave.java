package dev.millrace.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One wake-up on its way through the readers that waited when an event came. Each reader that it reaches carries it on
 * to two more, so a thousand readers are awake after ten steps, and whoever published paid for two.
 *
 * <p>Taking a waiter from the wave is a lock-free pop. The pop is free of the ABA problem: a waiter that was popped can
 * come back only to the journal's list, never to this wave.
 */
final class Wave {
    private static final int FAN_OUT = 2;
    private static final VarHandle REST;

    static {
        try {
            REST = MethodHandles.lookup().findVarHandle(Wave.class, "rest", Waiter.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile @Nullable Waiter rest;

    Wave(Waiter first) {
        this.rest = first;
    }

    /** Wakes two readers, or as many as there are left. Those that have gone do not count. */
    void pass() {
        int woken = 0;
        while (woken < FAN_OUT) {
            Waiter waiter = pop();
            if (waiter == null) {
                return;
            }
            if (waiter.wake(this)) {
                woken++;
            }
        }
    }

    private @Nullable Waiter pop() {
        for (; ; ) {
            Waiter top = rest;
            // If another pops it first, `next` may be anything, but then the exchange fails.
            if (top == null || REST.compareAndSet(this, top, top.next)) {
                return top;
            }
        }
    }
}
