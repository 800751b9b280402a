package dev.millrace.engine;

/** Waiting for threads that are about to end. */
final class Threads {
    private Threads() {}

    /** Waits until the thread has ended, whatever interrupts; an interrupt is kept for the caller. */
    static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
