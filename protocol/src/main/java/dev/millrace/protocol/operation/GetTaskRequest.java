package dev.millrace.protocol.operation;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * Asks for one task.
 *
 * @param tenant the tenant of the request, or null
 * @param id the task
 * @param historyLength at most so many messages of history; 0 for none, null for the server's default
 */
public record GetTaskRequest(
        @Nullable String tenant, String id, @Nullable Integer historyLength) {

    public GetTaskRequest {
        requireNonNull(id, "id");
    }

    /** Asks for this task as the server would give it. */
    public static GetTaskRequest of(String id) {
        return new GetTaskRequest(null, id, null);
    }
}
