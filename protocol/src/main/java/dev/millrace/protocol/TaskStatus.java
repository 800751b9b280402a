package dev.millrace.protocol;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * Where a task stands, since when, and what the agent says about it.
 *
 * @param state the state
 * @param message what the agent says about it, or null
 * @param timestamp when the task came to this status, or null if unknown. Cut to whole milliseconds, which is what the
 *     wire carries (A2A v1.0, 5.6.1), so that a status is equal to itself after a round trip
 */
public record TaskStatus(
        TaskState state,
        @Nullable Message message,
        @Nullable Instant timestamp) {

    public TaskStatus {
        requireNonNull(state, "state");
        timestamp = timestamp == null ? null : timestamp.truncatedTo(ChronoUnit.MILLIS);
    }

    /** A status without a message. */
    public static TaskStatus of(TaskState state, Instant timestamp) {
        return new TaskStatus(state, null, timestamp);
    }

    /** This status with a message. */
    public TaskStatus withMessage(@Nullable Message message) {
        return new TaskStatus(state, message, timestamp);
    }
}
