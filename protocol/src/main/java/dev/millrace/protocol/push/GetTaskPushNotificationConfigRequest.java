package dev.millrace.protocol.push;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/** Asks for one push configuration of a task. */
public record GetTaskPushNotificationConfigRequest(@Nullable String tenant, String taskId, String id) {

    public GetTaskPushNotificationConfigRequest {
        requireNonNull(taskId, "taskId");
        requireNonNull(id, "id");
    }
}
