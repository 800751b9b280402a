package dev.millrace.engine.store.sqlite;

import dev.millrace.core.Doorbell;
import dev.millrace.engine.store.sql.Joining;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves what was committed from the WAL into the database, beside the writer. SQLite begins the WAL anew from its front
 * once all of it was moved, so what was written during a checkpoint is moved by another right behind it, which is short.
 */
final class SqliteCheckpoints implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SqliteCheckpoints.class);

    /** Writes between two checkpoints; a write is about eight pages of 4 KiB, see {@link WalFile#USUAL}. */
    private static final int EVERY = 500;

    /** So few writes during a checkpoint that the next one may well meet none. */
    private static final int FEW = 50;

    private static final int ROUNDS = 4;

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
                checkpoint();
            } catch (InterruptedException e) {
                return;
            } catch (SQLException e) {
                LOG.warn("a checkpoint failed, the next one will do its work: {}", e.getMessage());
            }
        }
    }

    private void checkpoint() throws SQLException {
        for (int round = 0; round < ROUNDS && !closing; round++) {
            pending.set(0);
            SqliteConnections.execute(connection, "PRAGMA wal_checkpoint(PASSIVE)");
            long meanwhile = pending.get();
            if (meanwhile == 0 || meanwhile > FEW) {
                return;
            }
        }
    }

    @Override
    public void close() {
        closing = true;
        bell.ring();
        Joining.join(thread);
        SqliteConnections.closeQuietly(connection);
    }
}
