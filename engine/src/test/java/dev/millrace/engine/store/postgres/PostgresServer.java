package dev.millrace.engine.store.postgres;

import dev.millrace.testkit.LocalPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
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

    /** What makes the tables of a schema; null until the first is asked for. */
    private @Nullable String tables;

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

    /** A fresh schema's address: nobody else has it. Its tables are there, empty. */
    public PostgresAddress schema() {
        return schema("");
    }

    /** @param options more of them, each with an ampersand before it */
    public PostgresAddress schema(String options) {
        String name = newSchema();
        fill(name);
        return PostgresAddress.parse(url(name) + options);
    }

    /** The address of a schema that is not there yet. */
    public PostgresAddress empty() {
        return PostgresAddress.parse(url(newSchema()));
    }

    /** Saves each test the making of the tables: all migrations at once, and the list of them as it was made once. */
    private synchronized void fill(String name) {
        try {
            if (tables == null) {
                String first = newSchema();
                PostgresStore.open(PostgresSettings.of(PostgresAddress.parse(url(first))))
                        .close();
                tables = migrations() + ";CREATE TABLE flyway_schema_history AS SELECT * FROM " + first
                        + ".flyway_schema_history";
            }
            execute("CREATE SCHEMA " + name + "; SET search_path TO " + name + ";" + tables);
        } catch (IOException | SQLException | URISyntaxException e) {
            throw new IllegalStateException("the tables of a test could not be made", e);
        }
    }

    private static String migrations() throws IOException, URISyntaxException {
        URL first = Objects.requireNonNull(
                PostgresServer.class.getResource("/db/migration/postgresql/V1__contexts_tasks_events.sql"));
        var all = new StringBuilder();
        try (Stream<Path> files =
                Files.list(Objects.requireNonNull(Path.of(first.toURI()).getParent()))) {
            List<Path> inOrder = files.sorted(Comparator.comparingInt(PostgresServer::version))
                    .toList();
            for (Path file : inOrder) {
                all.append(Files.readString(file)).append('\n');
            }
        }
        return all.toString();
    }

    private static int version(Path migration) {
        String name = migration.getFileName().toString();
        return Integer.parseInt(name.substring(1, name.indexOf('_')));
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
