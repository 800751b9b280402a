package dev.millrace.engine.store.sqlite;

import dev.millrace.core.Doorbell;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Moves what was committed from the WAL into the database, beside the writer. */
final class SqliteCheckpoints implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SqliteCheckpoints.class);

    /** Writes between two checkpoints; a write is a few pages of 4 KiB. */
    private static final int EVERY = 1_000;

    private final Connection connection;
    private final Doorbell bell = new Doorbell();
    private final AtomicLong pending = new AtomicLong();
    private final Thread thread;
    private volatile boolean closing;

    SqliteCheckpoints(Path file) throws SQLException {
        connection = SqliteConnections.open(file, false);
        thread =
                Thread.ofPlatform().name("millrace-sqlite-checkpoints").daemon().start(this::run);
    }

    void written(int writes) {
        if (pending.addAndGet(writes) >= EVERY) {
            pending.set(0);
            bell.ring();
        }
    }

    private void run() {
        while (true) {
            try {
                bell.await();
                if (closing) {
                    return;
                }
                SqliteConnections.execute(connection, "PRAGMA wal_checkpoint(PASSIVE)");
            } catch (InterruptedException e) {
                return;
            } catch (SQLException e) {
                LOG.warn("a checkpoint failed, the next one will do its work: {}", e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        closing = true;
        bell.ring();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        SqliteConnections.closeQuietly(connection);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
