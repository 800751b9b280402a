package dev.millrace.engine.store.postgres;

import java.time.Duration;

/**
 * How a PostgreSQL store behaves.
 *
 * @param readers connections that read; each takes one query at a time
 * @param views contexts whose present state is kept in memory, so that a write needs no read before it
 * @param patience how long a write waits for a connection, before it fails; a group that was under way when its
 *     connection was lost waits as long until its outcome is known
 * @param hints whether the processes tell each other at once what they did (NOTIFY); false = each finds out when it looks
 *     again, for where no connection can listen, and for tests
 * @param answerWithin how long the server may take for one statement, and the network for its answer
 */
public record PostgresSettings(
        PostgresAddress address, int readers, int views, Duration patience, boolean hints, Duration answerWithin) {

    public PostgresSettings {
        if (readers < 1 || views < 1) {
            throw new IllegalArgumentException("a store needs at least one reader and one view");
        }
        if (patience.isNegative() || !answerWithin.isPositive()) {
            throw new IllegalArgumentException("patience and answerWithin must not be negative");
        }
    }

    /** Four readers, 10,000 views, 10 s of patience, 15 s for an answer. */
    public static PostgresSettings of(PostgresAddress address) {
        return new PostgresSettings(address, 4, 10_000, Duration.ofSeconds(10), true, Duration.ofSeconds(15));
    }

    public PostgresSettings withPatience(Duration other) {
        return new PostgresSettings(address, readers, views, other, hints, answerWithin);
    }

    public PostgresSettings withViews(int other) {
        return new PostgresSettings(address, readers, other, patience, hints, answerWithin);
    }

    public PostgresSettings withHints(boolean other) {
        return new PostgresSettings(address, readers, views, patience, other, answerWithin);
    }
}
