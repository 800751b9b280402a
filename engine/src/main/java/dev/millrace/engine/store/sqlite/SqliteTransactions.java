package dev.millrace.engine.store.sqlite;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;

/**
 * Begins and ends the transactions of one connection, with statements that are prepared once, and again if they failed:
 * the driver finalizes such a one. Not thread-safe: it belongs to its connection's thread.
 */
final class SqliteTransactions implements AutoCloseable {
    private final Connection connection;
    private final String begin;
    private final Map<String, PreparedStatement> statements = new HashMap<>();

    private SqliteTransactions(Connection connection, String begin) {
        this.connection = connection;
        this.begin = begin;
    }

    /** Transactions that write: each takes the write lock when it begins. */
    static SqliteTransactions writing(Connection connection) throws SQLException {
        return of(connection, "BEGIN IMMEDIATE");
    }

    /** Transactions that read one snapshot. */
    static SqliteTransactions reading(Connection connection) throws SQLException {
        return of(connection, "BEGIN");
    }

    private static SqliteTransactions of(Connection connection, String begin) throws SQLException {
        // While the driver believes that it commits by itself, it makes sure before each statement, with a BEGIN of its
        // own that fails within ours. So it is told otherwise, and what it begins thereby is ended at once.
        connection.setAutoCommit(false);
        SqliteConnections.execute(connection, "COMMIT");
        return new SqliteTransactions(connection, begin);
    }

    void begin() throws SQLException {
        execute(begin);
    }

    void commit() throws SQLException {
        execute("COMMIT");
    }

    /** @throws SQLException also if there is no transaction: SQLite undoes one by itself when the disk is full */
    void rollback() throws SQLException {
        execute("ROLLBACK");
    }

    private void execute(String sql) throws SQLException {
        PreparedStatement kept = statements.get(sql);
        if (kept == null) {
            kept = connection.prepareStatement(sql);
            statements.put(sql, kept);
        }
        try {
            kept.execute();
        } catch (SQLException e) {
            statements.remove(sql);
            SqliteConnections.closeQuietly(kept);
            throw e;
        }
    }

    @Override
    public void close() {
        statements.values().forEach(SqliteConnections::closeQuietly);
    }
}
