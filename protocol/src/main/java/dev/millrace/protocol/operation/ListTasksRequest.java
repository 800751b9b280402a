package dev.millrace.protocol.operation;

import dev.millrace.protocol.TaskState;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Asks for tasks, newest status first.
 *
 * @param tenant the tenant of the request, or null
 * @param contextId only tasks of this conversation, or null for all
 * @param status only tasks in this state, or null for all
 * @param pageSize at most so many, 1 to 100; null for 50 (A2A v1.0, 3.1.4). The numbers are as the client gave them: the
 *     server checks the range
 * @param pageToken the {@code nextPageToken} of the page before, or null for the first page
 * @param historyLength at most so many messages of history for each task; 0 for none, null for the server's default
 * @param statusTimestampAfter only tasks that came to their status at this time or later, or null for all
 * @param includeArtifacts true to have the artifacts too
 */
public record ListTasksRequest(
        @Nullable String tenant,
        @Nullable String contextId,
        @Nullable TaskState status,
        @Nullable Integer pageSize,
        @Nullable String pageToken,
        @Nullable Integer historyLength,
        @Nullable Instant statusTimestampAfter,
        boolean includeArtifacts) {

    /** The first page of all tasks. */
    public static ListTasksRequest all() {
        return new ListTasksRequest(null, null, null, null, null, null, null, false);
    }
}
