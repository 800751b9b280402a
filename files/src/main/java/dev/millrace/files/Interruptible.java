package dev.millrace.files;

import org.jspecify.annotations.Nullable;

/**
 * Runs what waits for sockets so that an interrupt ends the wait. Virtual threads do that by themselves: the socket is
 * closed. For any other thread a virtual one does the work, and is interrupted in its place.
 */
final class Interruptible {
    private Interruptible() {}

    /** Something that waits for sockets. */
    @FunctionalInterface
    interface Call<T> {
        T make() throws SourceException, InterruptedException;
    }

    /** The call has ended when this has, however it ended. */
    static <T> T call(Call<T> call) throws SourceException, InterruptedException {
        if (Thread.currentThread().isVirtual()) {
            return call.make();
        }
        var deputy = new Deputy<>(call);
        Thread thread = Thread.ofVirtual().name("millrace-origin").start(deputy);
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
                thread.interrupt();
            }
        }
        if (interrupted && !deputy.wasInterrupted()) {
            Thread.currentThread().interrupt();
        }
        return deputy.result();
    }

    private static final class Deputy<T> implements Runnable {
        private final Call<T> call;
        private @Nullable T result;
        private @Nullable Throwable failure;

        Deputy(Call<T> call) {
            this.call = call;
        }

        @Override
        public void run() {
            try {
                result = call.make();
            } catch (Throwable e) {
                failure = e;
            }
        }

        boolean wasInterrupted() {
            return failure instanceof InterruptedException;
        }

        T result() throws SourceException, InterruptedException {
            switch (failure) {
                case SourceException source -> throw source;
                case InterruptedException interrupt -> throw interrupt;
                case RuntimeException bug -> throw bug;
                case Error error -> throw error;
                case null, default -> {}
            }
            if (result == null) {
                throw new IllegalStateException("a call of an origin ended without a result", failure);
            }
            return result;
        }
    }
}
