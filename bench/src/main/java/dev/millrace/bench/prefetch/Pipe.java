package dev.millrace.bench.prefetch;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A link of fixed bandwidth. Whoever sends over it has one slice under way at a time and waits in line with the next, so
 * that all who send share it fairly. Any thread.
 */
final class Pipe {
    private final double bytesPerNano;
    private final ReentrantLock lock = new ReentrantLock(true);
    private long freeAt = System.nanoTime();

    Pipe(double bytesPerSecond) {
        bytesPerNano = bytesPerSecond / TimeUnit.SECONDS.toNanos(1);
    }

    /** Waits until this many bytes have gone over the link, behind those that were there before. */
    void pass(int bytes) throws InterruptedException {
        long done;
        lock.lockInterruptibly();
        try {
            freeAt = Math.max(freeAt, System.nanoTime()) + (long) (bytes / bytesPerNano);
            done = freeAt;
        } finally {
            lock.unlock();
        }
        long wait = done - System.nanoTime();
        if (wait > 0) {
            TimeUnit.NANOSECONDS.sleep(wait);
        }
    }
}
