package dev.millrace.engine;

import dev.millrace.engine.store.TaskRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a conversation stands. It is not stored: it follows from the context's row and its open tasks. {@code QUEUED} says
 * that there are messages that nobody has worked on yet; a {@code PARALLEL} context has no queue.
 */
public enum ContextState {
    /** There is no such conversation. */
    NONE,
    /** Nothing is under way. */
    IDLE,
    /** Its agent works, or is about to. */
    RUNNING,
    RUNNING_QUEUED,
    /** Its agent asked, and waits for the user. */
    WAITING,
    WAITING_QUEUED,
    /** Its last task failed, and the user has not said yet what is to become of that. */
    FAILED,
    FAILED_QUEUED,
    ARCHIVED,
    ARCHIVED_FAILED,
    ARCHIVED_FAILED_QUEUED;

    /** The state of a context with these open tasks. */
    public static ContextState of(@Nullable Context context, List<TaskRecord> open) {
        if (context == null) {
            return NONE;
        }
        boolean serial = context.concurrency() == Context.Concurrency.SERIAL;
        boolean queued = serial && open.stream().anyMatch(TaskRecord::queued);
        if (context.shelf().archived()) {
            return !context.held() ? ARCHIVED : queued ? ARCHIVED_FAILED_QUEUED : ARCHIVED_FAILED;
        }
        if (open.stream().anyMatch(task -> task.state().interrupted())
                && open.stream().allMatch(task -> task.state().interrupted() || (serial && task.queued()))) {
            return queued ? WAITING_QUEUED : WAITING;
        }
        if (context.held() && open.stream().allMatch(TaskRecord::queued)) {
            return queued ? FAILED_QUEUED : FAILED;
        }
        if (open.isEmpty()) {
            return IDLE;
        }
        return queued ? RUNNING_QUEUED : RUNNING;
    }

    public boolean archived() {
        return this == ARCHIVED || this == ARCHIVED_FAILED || this == ARCHIVED_FAILED_QUEUED;
    }
}
