package dev.millrace.core;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Threads for tests: what they do ends with a result or a failure that the test sees, or the test fails. */
final class Threads {
    private Threads() {}

    /** A virtual thread at work, and its result. */
    record Work<T>(Thread thread, FutureTask<T> result) {
        T join() throws Exception {
            try {
                return result.get(40, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                var stuck = new AssertionError(thread + " is stuck");
                stuck.setStackTrace(thread.getStackTrace());
                throw stuck;
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case Exception cause -> throw cause;
                    case Error cause -> throw cause;
                    default -> throw e;
                }
            }
        }

        boolean done() {
            return result.isDone();
        }

        Work<T> untilParked() {
            await().atMost(Duration.ofSeconds(30))
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> thread.getState() == Thread.State.WAITING
                            || thread.getState() == Thread.State.TIMED_WAITING);
            return this;
        }
    }

    static <T> Work<T> go(Callable<T> work) {
        var task = new FutureTask<>(work);
        return new Work<>(Thread.ofVirtual().start(task), task);
    }

    interface Action {
        void run() throws Exception;
    }

    static Work<Void> run(Action action) {
        return go(() -> {
            action.run();
            return null;
        });
    }
}
