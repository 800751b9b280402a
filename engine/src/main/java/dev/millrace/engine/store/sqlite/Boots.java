package dev.millrace.engine.store.sqlite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs of the machine. When it lost its power, chunks that readers had seen may be gone, of tasks that can run or were
 * worked on; so in a new run those contexts go on far behind their last offset, and no offset is given twice.
 */
final class Boots {
    private static final Logger LOG = LoggerFactory.getLogger(Boots.class);

    /** Linux: new with every boot (random(4)). */
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    /** More events than are committed between two fsyncs. */
    private static final long SKIP = 1_000_000;

    private Boots() {}

    /** What tells this run of the machine from others; where the system does not say, every start counts as one. */
    static String current() {
        try {
            return Files.readString(BOOT_ID).strip();
        } catch (IOException e) {
            LOG.debug("this system does not tell one boot from another: {}", e.toString());
            return UUID.randomUUID().toString();
        }
    }

    /** Skips offsets if the machine was started anew since somebody wrote here. One transaction, on disk at the end. */
    static void settle(Connection connection, String boot) throws SQLException {
        if (boot.equals(last(connection))) {
            return;
        }
        // The connection is as SQLite opens it: synchronous=FULL, and each statement commits. If it ends between the
        // two, it skips once more.
        try (PreparedStatement skip = connection.prepareStatement("UPDATE contexts SET last_offset = last_offset + ?"
                        + " WHERE id IN (SELECT context_id FROM tasks WHERE state IN (1, 2))");
                PreparedStatement note = connection.prepareStatement(
                        "INSERT INTO boots VALUES (1, ?) ON CONFLICT (only_row) DO UPDATE SET boot = excluded.boot")) {
            skip.setLong(1, SKIP);
            int contexts = skip.executeUpdate();
            LOG.debug("{} context(s) go on with higher offsets in this run of the machine", contexts);
            note.setString(1, boot);
            note.executeUpdate();
        }
    }

    private static String last(Connection connection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT boot FROM boots");
                ResultSet row = select.executeQuery()) {
            return row.next() ? row.getString(1) : "";
        }
    }
}
