package dev.millrace.protocol.operation;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Asks to end a task before it is done. */
public record CancelTaskRequest(
        @Nullable String tenant, String id, @Nullable ObjectNode metadata) {

    public CancelTaskRequest {
        requireNonNull(id, "id");
    }

    /** Asks to end this task. */
    public static CancelTaskRequest of(String id) {
        return new CancelTaskRequest(null, id, null);
    }
}
