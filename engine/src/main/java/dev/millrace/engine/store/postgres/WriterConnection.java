package dev.millrace.engine.store.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A writer's connection, and its row in the table of writers. Not thread-safe.
 *
 * <p><b>What became of a group whose answer did not come.</b> The group's transaction also writes the group's number to
 * the writer's row. A new connection begins with a new incarnation: that waits for the old transaction if it is still
 * under way, and turns it away if it comes later. What the row says then is final.
 */
final class WriterConnection {
    /** What a new connection found: the last group that was committed, and who lost in it. */
    record Found(long lastGroup, Set<String> lost) {}

    private final Connections connections;
    private final Restarts restarts;
    private final String id;
    private @Nullable Connection connection;
    private boolean registered;
    private long incarnation;
    private long group;

    WriterConnection(Connections connections, Restarts restarts, String id) {
        this.connections = connections;
        this.restarts = restarts;
        this.id = id;
    }

    /** Null if there is none now. */
    @Nullable Connection get() {
        return connection;
    }

    /** The number of the group that was asked for last. */
    long group() {
        return group;
    }

    /** @return null if nothing is known of what this writer wrote before */
    @Nullable Found open() throws SQLException {
        Connection opened = connections.forWriting();
        try {
            restarts.look(opened);
            Found found = register(opened);
            connection = opened;
            return found;
        } catch (SQLException e) {
            Connections.closeQuietly(opened);
            throw e;
        }
    }

    private @Nullable Found register(Connection opened) throws SQLException {
        try (PreparedStatement update =
                opened.prepareStatement("UPDATE writers SET incarnation = incarnation + 1, seen_at = now()"
                        + " WHERE id = ? RETURNING incarnation, last_group, lost")) {
            update.setString(1, id);
            try (ResultSet row = update.executeQuery()) {
                if (row.next()) {
                    incarnation = row.getLong(1);
                    return new Found(row.getLong(2), GroupCall.lost(row.getArray(3)));
                }
            }
        }
        try (PreparedStatement insert = opened.prepareStatement(
                "INSERT INTO writers (id, incarnation, last_group, lost, seen_at) VALUES (?, 1, ?, '{}', now())")) {
            insert.setString(1, id);
            insert.setLong(2, group);
            insert.executeUpdate();
        }
        incarnation = 1;
        boolean first = !registered;
        registered = true;
        return first ? new Found(group, Set.of()) : null;
    }

    /** Writes a group; gives the contexts that lost. */
    Set<String> write(Connection current, List<Change> changes, boolean durable) throws SQLException {
        group++;
        Set<String> lost = new GroupCall(changes).run(current, id, incarnation, group, durable);
        if (current.getAutoCommit()) {
            restarts.acknowledged(id, group);
        }
        return lost;
    }

    void drop() {
        if (connection != null) {
            Connections.closeQuietly(connection);
            connection = null;
        }
    }

    /** Leaves no row behind. */
    void close() {
        restarts.gone(id);
        if (connection == null) {
            return;
        }
        try (PreparedStatement delete = connection.prepareStatement("DELETE FROM writers WHERE id = ?")) {
            delete.setString(1, id);
            delete.executeUpdate();
        } catch (SQLException e) {
            org.slf4j.LoggerFactory.getLogger(WriterConnection.class).debug("a writer's row stays: {}", e.toString());
        }
        drop();
    }
}
