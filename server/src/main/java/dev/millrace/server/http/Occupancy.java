package dev.millrace.server.http;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Who is in the house: open requests and WebSocket connections. Says when all have left. */
final class Occupancy {

    /**
     * What can be done to a guest from outside.
     *
     * @param evict makes it leave now
     * @param beat what it does each heartbeat
     */
    record Resident(Runnable evict, Runnable beat) {}

    /** One who has entered. Leaving twice is leaving once. */
    final class Guest {
        private final Resident resident;

        private Guest(Resident resident) {
            this.resident = resident;
        }

        void leave() {
            if (guests.remove(this) && guests.isEmpty()) {
                lock.lock();
                try {
                    empty.signalAll();
                } finally {
                    lock.unlock();
                }
            }
        }
    }

    private final Set<Guest> guests = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition empty = lock.newCondition();

    Guest enter(Resident resident) {
        var guest = new Guest(resident);
        guests.add(guest);
        return guest;
    }

    int size() {
        return guests.size();
    }

    void beat() {
        guests.forEach(guest -> guest.resident.beat().run());
    }

    void evictAll() {
        guests.forEach(guest -> guest.resident.evict().run());
    }

    /** Waits until all have left; false if the time was over first. */
    boolean awaitEmpty(Duration patience) throws InterruptedException {
        long left = patience.toNanos();
        lock.lock();
        try {
            while (!guests.isEmpty()) {
                if (left <= 0) {
                    return false;
                }
                left = empty.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }
}
