package dev.millrace.engine.store.sql;

/** Waits for the end of a thread, whoever interrupts; the interrupt is kept for later. */
public final class Joining {
    private Joining() {}

    /** Returns when the thread has ended. */
    public static void join(Thread thread) {
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
