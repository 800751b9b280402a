package dev.millrace.engine.store.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out what a restart of PostgreSQL took. A crash may take groups that were committed without waiting for the disk;
 * each group also writes its number to its writer's row, so a row that says less than its writer was told has lost
 * something, and with it all that this process knows of the contexts is in doubt.
 *
 * <p>Asked with each new connection, before anything is written over it. Any thread.
 */
final class Restarts {
    /**
     * Once after each start of PostgreSQL, and each crash of one of its processes, lets what was under way go on far behind
     * its last offset. Gives the time of that start or crash.
     */
    static final String SKIP = "SELECT skip_after_restart()::text";

    private static final Logger LOG = LoggerFactory.getLogger(Restarts.class);

    private final Views views;
    private final Map<String, Long> acknowledged = new HashMap<>();
    private @Nullable String startedAt;
    private volatile Runnable whenLost = () -> {};

    Restarts(Views views) {
        this.views = views;
    }

    /** Whom to tell that something is gone, before anything else is written. Must not block. */
    void whenLost(Runnable listener) {
        whenLost = listener;
    }

    /** PostgreSQL said that this group of the writer is committed. */
    synchronized void acknowledged(String writer, long group) {
        acknowledged.merge(writer, group, Math::max);
    }

    /** The writer has left, and so will its row. */
    synchronized void gone(String writer) {
        acknowledged.remove(writer);
    }

    void look(Connection connection) throws SQLException {
        Map<String, Long> told;
        synchronized (this) {
            told = Map.copyOf(acknowledged); // before the rows are read
        }
        String started = started(connection);
        Map<String, Long> kept = kept(connection, told);
        synchronized (this) { // until all is told, so that who looks at the same time does not write before
            boolean restarted = startedAt != null && !started.equals(startedAt);
            startedAt = started;
            boolean lost = false;
            for (var each : told.entrySet()) {
                long left = Objects.requireNonNullElse(kept.get(each.getKey()), -1L);
                lost |= left < each.getValue() && acknowledged.replace(each.getKey(), each.getValue(), left);
            }
            if (restarted || lost) {
                views.clear();
            }
            if (lost) {
                LOG.warn("PostgreSQL has lost the last of what was written without waiting for its disk: what was under"
                        + " way here begins anew");
                whenLost.run();
            }
        }
    }

    private static String started(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(SKIP)) {
            row.next();
            return row.getString(1);
        }
    }

    private static Map<String, Long> kept(Connection connection, Map<String, Long> told) throws SQLException {
        var kept = new HashMap<String, Long>();
        try (PreparedStatement select =
                connection.prepareStatement("SELECT id, last_group FROM writers WHERE id = ANY (?)")) {
            select.setArray(1, connection.createArrayOf("text", told.keySet().toArray()));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    kept.put(rows.getString(1), rows.getLong(2));
                }
            }
        }
        return kept;
    }
}
