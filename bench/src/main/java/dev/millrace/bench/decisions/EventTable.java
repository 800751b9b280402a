package dev.millrace.bench.decisions;

import dev.millrace.bench.Lost;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;

/** A table like the engine's events, over a connection of its own. One thread at a time. */
final class EventTable implements AutoCloseable {
    private static final int BUSY_MILLIS = 1_000;
    private static final byte[] EVENT = new byte[250];

    private final Connection connection;
    private final PreparedStatement begin;
    private final PreparedStatement insert;
    private final PreparedStatement commit;
    private int written;

    EventTable(Path file, String synchronous) throws SQLException {
        var config = new SQLiteConfig();
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.valueOf(synchronous));
        config.setBusyTimeout(BUSY_MILLIS);
        connection = config.createConnection("jdbc:sqlite:" + file);
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, json BLOB NOT NULL)");
        }
        begin = connection.prepareStatement("BEGIN IMMEDIATE");
        insert = connection.prepareStatement("INSERT INTO events (json) VALUES (?)");
        commit = connection.prepareStatement("COMMIT");
    }

    /** So many events in one transaction. */
    void commit(int events) throws SQLException {
        begin.execute();
        insert(events);
        commit.execute();
    }

    /**
     * One event in a transaction whose thread gives way in the middle, as one does that meets a lock or a log.
     *
     * @return false if another connection held the lock for longer than {@value #BUSY_MILLIS} ms
     */
    @SuppressWarnings("ThreadPriorityCheck")
    boolean commitYielding() throws SQLException {
        try {
            begin.execute();
        } catch (SQLException e) {
            if (e.getErrorCode() == SQLiteErrorCode.SQLITE_BUSY.code) {
                return false;
            }
            throw e;
        }
        insert(1);
        Thread.yield();
        commit.execute();
        return true;
    }

    private void insert(int events) throws SQLException {
        for (int i = 0; i < events; i++) {
            insert.setBytes(1, EVENT);
            insert.executeUpdate();
        }
        written += events;
    }

    void requireAll() throws SQLException {
        requireCount(written);
    }

    void requireCount(int expected) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT count(*) FROM events")) {
            int found = rows.next() ? rows.getInt(1) : 0;
            if (found != expected) {
                throw new Lost("wrote " + expected + " events, found " + found);
            }
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
