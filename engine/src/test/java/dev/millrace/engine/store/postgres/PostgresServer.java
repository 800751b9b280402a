package dev.millrace.engine.store.postgres;

import dev.millrace.testkit.LocalPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * The {@link LocalPostgres} of this JVM, started once and stopped when the JVM ends. Where PostgreSQL is not installed,
 * tests that need it are skipped and say so.
 */
public final class PostgresServer {
    private static final AtomicInteger SCHEMAS = new AtomicInteger();

    /** Null until the first test asks for it, and where there can be none. */
    private static @Nullable PostgresServer server;

    private final LocalPostgres postgres;

    private PostgresServer(LocalPostgres postgres) {
        this.postgres = postgres;
    }

    /** The server of this JVM; skips the test that calls if there can be none. */
    public static synchronized PostgresServer get() {
        Assumptions.assumeTrue(LocalPostgres.installed(), LocalPostgres.missing());
        if (server == null) {
            server = start();
        }
        return server;
    }

    /** A fresh schema's address: nobody else has it. */
    public PostgresAddress schema() {
        return schema("");
    }

    /** @param options more of them, each with an ampersand before it */
    public PostgresAddress schema(String options) {
        return PostgresAddress.parse(url(newSchema()) + options);
    }

    /** A name that nobody else has. */
    public String newSchema() {
        return "t" + ProcessHandle.current().pid() + "_" + SCHEMAS.incrementAndGet();
    }

    public String url(String schema) {
        return "postgresql://millrace@127.0.0.1:" + databasePort() + "/postgres?schema=" + schema;
    }

    public int databasePort() {
        return postgres.port();
    }

    public Connection connect() throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + databasePort() + "/postgres?user=millrace");
    }

    public void execute(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static PostgresServer start() {
        try {
            return new PostgresServer(LocalPostgres.start().orElseThrow());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
