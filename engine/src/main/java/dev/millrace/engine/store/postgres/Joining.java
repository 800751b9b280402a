package dev.millrace.engine.store.postgres;

/** Waits for the end of a thread, whoever interrupts; the interrupt is kept for later. */
final class Joining {
    private Joining() {}

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
