package dev.millrace.engine;

import dev.millrace.protocol.TaskState;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which tasks to list, newest status first.
 *
 * @param agent only tasks of this agent; null = of all
 * @param changedSince only tasks whose status changed at or after this
 * @param after the {@link Page#next} of the page before; null = from the first
 */
public record TaskQuery(
        String owner,
        @Nullable String agent,
        @Nullable String contextId,
        @Nullable TaskState state,
        @Nullable Instant changedSince,
        int limit,
        @Nullable String after) {}
