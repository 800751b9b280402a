package dev.millrace.protocol;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * A task came to a new status.
 *
 * @param taskId the task
 * @param contextId its conversation
 * @param status the new status
 * @param metadata what the agent adds about this event, or null
 */
public record TaskStatusUpdateEvent(
        String taskId,
        String contextId,
        TaskStatus status,
        @Nullable ObjectNode metadata) implements StreamResponse {

    public TaskStatusUpdateEvent {
        requireNonNull(taskId, "taskId");
        requireNonNull(contextId, "contextId");
        requireNonNull(status, "status");
    }

    /** An event without metadata. */
    public static TaskStatusUpdateEvent of(String taskId, String contextId, TaskStatus status) {
        return new TaskStatusUpdateEvent(taskId, contextId, status, null);
    }
}
