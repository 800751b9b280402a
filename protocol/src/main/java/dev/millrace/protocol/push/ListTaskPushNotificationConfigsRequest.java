package dev.millrace.protocol.push;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * Asks for the push configurations of a task.
 *
 * @param tenant the tenant of the request, or null
 * @param taskId the task
 * @param pageSize at most so many, or null for the server's default
 * @param pageToken the {@code nextPageToken} of the page before, or null for the first page
 */
public record ListTaskPushNotificationConfigsRequest(
        @Nullable String tenant,
        String taskId,
        @Nullable Integer pageSize,
        @Nullable String pageToken) {

    public ListTaskPushNotificationConfigsRequest {
        requireNonNull(taskId, "taskId");
    }
}
