package dev.millrace.server.files;

import java.util.concurrent.locks.ReentrantLock;

/**
 * Interrupts the thread that made it when the client leaves, as long as it is open: an interrupt that came later would
 * hit whatever the thread does next.
 */
final class Presence implements AutoCloseable {
    private final Thread waiting = Thread.currentThread();
    private final ReentrantLock lock = new ReentrantLock();
    private boolean open = true;
    private boolean interrupted;

    /** Any thread. */
    void left() {
        lock.lock();
        try {
            if (open && !interrupted) {
                interrupted = true;
                waiting.interrupt();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            open = false;
            if (interrupted) {
                boolean _ = Thread.interrupted();
            }
        } finally {
            lock.unlock();
        }
    }
}
