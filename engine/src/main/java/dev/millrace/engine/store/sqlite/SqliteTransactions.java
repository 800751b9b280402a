package dev.millrace.engine.store.sqlite;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * Begins and ends the transactions of one connection, with statements that are prepared once. Not thread-safe: it belongs
 * to its connection's thread.
 */
final class SqliteTransactions implements AutoCloseable {
    private final PreparedStatement begin;
    private final PreparedStatement commit;
    private final PreparedStatement rollback;

    private SqliteTransactions(Connection connection, String begin) throws SQLException {
        this.begin = connection.prepareStatement(begin);
        commit = connection.prepareStatement("COMMIT");
        rollback = connection.prepareStatement("ROLLBACK");
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
        begin.execute();
    }

    void commit() throws SQLException {
        commit.execute();
    }

    /** @throws SQLException also if there is no transaction: SQLite undoes one by itself when the disk is full */
    void rollback() throws SQLException {
        rollback.execute();
    }

    @Override
    public void close() throws SQLException {
        begin.close();
        commit.close();
        rollback.close();
    }
}
