package dev.millrace.engine;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One conversation.
 *
 * @param owner whose it is; for everybody else it does not exist
 * @param agent the name of the agent that answers in it
 * @param updatedAt when a task of it last changed its state
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

    /** How many tasks of a context may run at once. */
    public enum Concurrency {
        /** One at a time, in order; others queue. Chats. */
        SERIAL,
        /** All at once. Plain A2A agents. */
        PARALLEL
    }

    /** After events that changed no state. */
    public Context at(long offset) {
        return new Context(id, owner, agent, title, concurrency, createdAt, updatedAt, offset);
    }

    /** After a change of state. */
    public Context changed(Instant now) {
        return new Context(id, owner, agent, title, concurrency, createdAt, now, lastOffset);
    }
}
