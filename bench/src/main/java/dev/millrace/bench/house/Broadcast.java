package dev.millrace.bench.house;

import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A bounded broadcast: one ring that all readers share. A reader that falls more than the ring's size behind loses what
 * was overwritten, and is not told. Any thread.
 */
final class Broadcast {
    /** Events in the ring: the capacity of the original's queue. */
    static final int CAPACITY = 256;

    /** An event; its bytes are shared. */
    @SuppressWarnings("ArrayRecordComponent")
    record Slot(long id, byte[] payload, boolean last) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition more = lock.newCondition();
    private final @Nullable Slot[] ring = new Slot[CAPACITY];
    private long sent;

    void send(byte[] payload, boolean last) {
        lock.lock();
        try {
            ring[(int) (sent % CAPACITY)] = new Slot(sent + 1, payload, last);
            sent++;
            more.signalAll();
        } finally {
            lock.unlock();
        }
    }

    long sent() {
        lock.lock();
        try {
            return sent;
        } finally {
            lock.unlock();
        }
    }

    Receiver receiver(long after) {
        return new Receiver(after);
    }

    final class Receiver {
        private long next;

        private Receiver(long after) {
            next = after;
        }

        /** The next event that is still there; empty if none came in time. */
        Optional<Slot> receive(long timeoutMillis) throws InterruptedException {
            lock.lock();
            try {
                long left = TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
                while (next >= sent) {
                    if (left <= 0) {
                        return Optional.empty();
                    }
                    left = more.awaitNanos(left);
                }
                next = Math.max(next, sent - CAPACITY); // lagged: what was there is gone
                return Optional.ofNullable(ring[(int) (next++ % CAPACITY)]);
            } finally {
                lock.unlock();
            }
        }
    }
}
