package dev.millrace.protocol.push;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/** Asks to remove one push configuration of a task. One that is not there counts as removed. */
public record DeleteTaskPushNotificationConfigRequest(
        @Nullable String tenant, String taskId, String id) {

    public DeleteTaskPushNotificationConfigRequest {
        requireNonNull(taskId, "taskId");
        requireNonNull(id, "id");
    }
}
