package dev.millrace.protocol.operation;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/** Asks for a task as it is now, and then for its events. */
public record SubscribeToTaskRequest(@Nullable String tenant, String id) {

    public SubscribeToTaskRequest {
        requireNonNull(id, "id");
    }

    /** Asks for this task. */
    public static SubscribeToTaskRequest of(String id) {
        return new SubscribeToTaskRequest(null, id);
    }
}
