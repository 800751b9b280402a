package dev.millrace.engine.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * A real PostgreSQL, the one that is installed here: started once for the JVM from an empty folder, on a free port of the
 * loopback address, with fsync as in production; stopped when the JVM ends. PostgreSQL refuses to run as root, so root
 * runs it as an ordinary user. Where it is not installed, tests that need it are skipped and say so.
 */
public final class PostgresServer {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final AtomicInteger SCHEMAS = new AtomicInteger();

    /** What came of the one attempt to start it. */
    private sealed interface Attempt {
        record Started(PostgresServer server) implements Attempt {}

        record Missing(String why) implements Attempt {}
    }

    private static @Nullable Attempt attempt;

    private final Path folder;
    private final Path programs;
    private final int port;
    private final List<String> asUser;
    private @Nullable Process process;

    private PostgresServer(Path folder, Path programs, int port, List<String> asUser) {
        this.folder = folder;
        this.programs = programs;
        this.port = port;
        this.asUser = asUser;
    }

    /** The server of this JVM; skips the test that calls if there can be none. */
    public static synchronized PostgresServer get() {
        if (attempt == null) {
            attempt = start();
        }
        return switch (attempt) {
            case Attempt.Started(PostgresServer server) -> server;
            case Attempt.Missing(String why) -> {
                Assumptions.abort(why);
                throw new AssertionError(why);
            }
        };
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
        return "postgresql://millrace@127.0.0.1:" + port + "/postgres?schema=" + schema;
    }

    public int databasePort() {
        return port;
    }

    public Connection connect() throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=millrace");
    }

    public void execute(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static Attempt start() {
        Optional<Path> found = programs();
        if (found.isEmpty()) {
            return new Attempt.Missing("PostgreSQL is not installed here (apt-get install postgresql): no initdb in"
                    + " /usr/lib/postgresql/*/bin or on the PATH");
        }
        try {
            List<String> asUser = List.of();
            if ("root".equals(System.getProperty("user.name"))) {
                String user = Files.readString(Path.of("/etc/passwd")).contains("\npostgres:") ? "postgres" : "nobody";
                asUser = List.of("setpriv", "--reuid=" + user, "--regid=" + group(user), "--clear-groups");
            }
            Path folder = Files.createTempDirectory("millrace-postgres");
            var server = new PostgresServer(folder, found.get(), freePort(), asUser);
            if (!asUser.isEmpty()) {
                String user = asUser.get(1).substring("--reuid=".length());
                run(List.of("chown", user, folder.toString()));
            }
            server.initialize();
            server.launch();
            Runtime.getRuntime().addShutdownHook(new Thread(server::stop));
            return new Attempt.Started(server);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<Path> programs() {
        var folders = new ArrayList<Path>();
        try (Stream<Path> versions = Files.list(Path.of("/usr/lib/postgresql"))) {
            versions.sorted(Comparator.reverseOrder())
                    .map(each -> each.resolve("bin"))
                    .forEach(folders::add);
        } catch (IOException e) {
            folders.clear(); // not a Debian, or not there
        }
        for (String each : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
            if (!each.isEmpty()) {
                folders.add(Path.of(each));
            }
        }
        return folders.stream()
                .filter(each ->
                        Files.isExecutable(each.resolve("initdb")) && Files.isExecutable(each.resolve("postgres")))
                .findFirst();
    }

    private static String group(String user) throws IOException {
        return Files.readAllLines(Path.of("/etc/passwd")).stream()
                .filter(line -> line.startsWith(user + ":"))
                .map(line -> line.split(":", -1)[3])
                .findFirst()
                .orElse("65534");
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private List<String> command(String program, String... arguments) {
        var command = new ArrayList<>(asUser);
        command.add(programs.resolve(program).toString());
        command.addAll(List.of(arguments));
        return command;
    }

    private static void run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        try {
            assertThat(process.waitFor()).as("%s: %s", command, output).isZero();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private Path data() {
        return folder.resolve("data");
    }

    private void initialize() throws IOException {
        run(command(
                "initdb",
                "--pgdata=" + data(),
                "--username=millrace",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync"));
    }

    /** Starts it, also after {@link #kill}, and waits until it answers. */
    void launch() throws IOException {
        process = new ProcessBuilder(command(
                        "postgres",
                        "-D",
                        data().toString(),
                        "-p",
                        Integer.toString(port),
                        "-c",
                        "listen_addresses=127.0.0.1",
                        "-c",
                        "unix_socket_directories=",
                        "-c",
                        "max_connections=200",
                        "-c",
                        "shared_buffers=64MB"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(Files.createTempDirectory("millrace-postgres-log")
                        .resolve("log")
                        .toFile()))
                .start();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try (Connection connection = connect()) {
                assertThat(connection.isValid(10)).isTrue();
                return;
            } catch (SQLException e) {
                assertThat(process.isAlive())
                        .as("PostgreSQL runs: " + e.getMessage())
                        .isTrue();
                assertThat(System.nanoTime())
                        .as("PostgreSQL answers: " + e.getMessage())
                        .isLessThan(deadline);
                Thread.onSpinWait();
            }
        }
    }

    private void stop() {
        try {
            if (process != null) {
                process.destroy(); // SIGTERM waits for sessions that the JVM's end has closed or is closing
                if (!process.waitFor(2, TimeUnit.SECONDS)) {
                    run(command("pg_ctl", "stop", "-m", "immediate", "-D", data().toString()));
                }
            }
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path each, @Nullable IOException e) throws IOException {
                    Files.delete(each);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("PostgreSQL in " + folder + " may still run", e);
        }
    }
}
