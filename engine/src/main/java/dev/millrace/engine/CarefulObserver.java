package dev.millrace.engine;

import dev.millrace.protocol.TaskState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what an observer throws away from the engine. Observers are told on threads that must go on: the store's
 * writer, and turns on the way to their end.
 */
record CarefulObserver(Observer observer) implements Observer {
    private static final Logger LOG = LoggerFactory.getLogger(CarefulObserver.class);

    @Override
    public void sent(long nanos) {
        tell(() -> observer.sent(nanos));
    }

    /** Without {@link #tell}, whose argument is an object for each call. */
    @Override
    public void stage(Stage stage, long nanos) {
        try {
            observer.stage(stage, nanos);
        } catch (RuntimeException | Error e) {
            failed(e);
        }
    }

    @Override
    public void started(String taskId, long nanos) {
        tell(() -> observer.started(taskId, nanos));
    }

    @Override
    public void firstChunk(String taskId) {
        tell(() -> observer.firstChunk(taskId));
    }

    @Override
    public void ended(String taskId, TaskState state, long nanos) {
        tell(() -> observer.ended(taskId, state, nanos));
    }

    @Override
    public void recovered(String taskId, int attempt) {
        tell(() -> observer.recovered(taskId, attempt));
    }

    private static void tell(Runnable telling) {
        try {
            telling.run();
        } catch (RuntimeException | Error e) {
            failed(e);
        }
    }

    private static void failed(Throwable e) {
        LOG.warn("the observer failed; the engine goes on", e);
    }
}
