package dev.millrace.engine;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One conversation.
 *
 * @param owner whose it is; for everybody else it does not exist
 * @param agent the name of the agent that answers in it
 * @param lastOffset the offset of its newest event
 */
public record Context(
        String id,
        String owner,
        String agent,
        @Nullable String title,
        Concurrency concurrency,
        Instant createdAt,
        Instant updatedAt,
        long lastOffset) {

    /** How many tasks of a context may run at once. The numbers are stored. */
    public enum Concurrency {
        /** One at a time, in order; others queue. Chats. */
        SERIAL,
        /** All at once. Plain A2A agents. */
        PARALLEL
    }

    public Context touched(Instant now, long offset) {
        return new Context(id, owner, agent, title, concurrency, createdAt, now, offset);
    }
}
