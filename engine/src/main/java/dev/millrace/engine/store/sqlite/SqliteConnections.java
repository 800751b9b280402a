package dev.millrace.engine.store.sqlite;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;

/** How this store opens SQLite. */
final class SqliteConnections {
    private SqliteConnections() {}

    static Connection open(Path file, boolean readOnly) throws SQLException {
        var config = new SQLiteConfig();
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        config.setBusyTimeout(10_000);
        config.setTempStore(SQLiteConfig.TempStore.MEMORY);
        config.setGetGeneratedKeys(false); // the driver would ask for the last row's id after each statement
        Connection connection = config.createConnection("jdbc:sqlite:" + file);
        execute(connection, "PRAGMA cache_size=-16384"); // 16 MiB
        if (readOnly) {
            execute(connection, "PRAGMA query_only=ON");
        }
        return connection;
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static void closeQuietly(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            LoggerFactory.getLogger(SqliteConnections.class).warn("closing SQLite: {}", e.toString());
        }
    }
}
