package dev.millrace.testkit;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real PostgreSQL, the one that is installed here, in an empty folder and on a free port of the loopback address, with
 * fsync as in production. PostgreSQL refuses to run as root, so root runs it as an ordinary user. One thread at a time.
 *
 * <p>Its folder is on the disk; where {@value #MEMORY} names a file system in memory that has room enough, it is there. What
 * tests do above all is to make tables, each of them files: that takes less than half of the processor's time there. A crash
 * of PostgreSQL takes what it takes on a disk, since the system survives it.
 */
public final class LocalPostgres implements AutoCloseable {
    /** Its superuser, who needs no password. */
    public static final String USER = "millrace";

    /** The system property that names a folder of a file system in memory. */
    public static final String MEMORY = "millrace.testkit.memory";

    /** Of which a server's write-ahead log may take a quarter (max_wal_size), and there may be three. */
    private static final long ROOM_BYTES = 4L << 30;

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final Path folder;
    private final Path programs;
    private final int port;
    private final List<String> asUser;

    /** Whoever forgets to close it, or is interrupted, leaves no server behind. */
    private final Thread guard = new Thread(this::stopAtTheEnd, "millrace-postgres-guard");

    private @Nullable Process process;

    private LocalPostgres(Path folder, Path programs, int port, List<String> asUser) {
        this.folder = folder;
        this.programs = programs;
        this.port = port;
        this.asUser = asUser;
    }

    /** Makes one and starts it; empty if PostgreSQL is not installed here. */
    public static Optional<LocalPostgres> start() throws IOException {
        Optional<Path> found = programs();
        if (found.isEmpty()) {
            return Optional.empty();
        }
        List<String> asUser = List.of();
        Path folder = newFolder();
        if ("root".equals(System.getProperty("user.name"))) {
            List<String> users = Files.readAllLines(Path.of("/etc/passwd"));
            String user = users.stream().anyMatch(line -> line.startsWith("postgres:")) ? "postgres" : "nobody";
            asUser = List.of("setpriv", "--reuid=" + user, "--regid=" + group(user, users), "--clear-groups");
            run(List.of("chown", user, folder.toString()));
        }
        var server = new LocalPostgres(folder, found.get(), FreePort.find(), asUser);
        Runtime.getRuntime().addShutdownHook(server.guard);
        server.initialize();
        server.launch();
        return Optional.of(server);
    }

    private static Path newFolder() throws IOException {
        Path memory = Path.of(System.getProperty(MEMORY, "none"));
        return Files.isWritable(memory) && Files.getFileStore(memory).getUsableSpace() >= ROOM_BYTES
                ? Files.createTempDirectory(memory, "millrace-postgres")
                : Files.createTempDirectory("millrace-postgres");
    }

    /** Whether there can be one. */
    public static boolean installed() {
        return programs().isPresent();
    }

    /** Where to find it, for whoever was told that there is none. */
    public static String missing() {
        return "PostgreSQL is not installed here (apt-get install postgresql): no initdb in /usr/lib/postgresql/*/bin"
                + " or on the PATH";
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

    private static String group(String user, List<String> users) {
        return users.stream()
                .filter(line -> line.startsWith(user + ":"))
                .map(line -> line.split(":", -1)[3])
                .findFirst()
                .orElse("65534");
    }

    public int port() {
        return port;
    }

    private Path data() {
        return folder.resolve("data");
    }

    private Path log() {
        return folder.resolveSibling(folder.getFileName() + ".log");
    }

    private List<String> command(String program, String... arguments) {
        var command = new ArrayList<>(asUser);
        command.add(programs.resolve(program).toString());
        command.addAll(List.of(arguments));
        return command;
    }

    private static void run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (await(process) != 0) {
            throw new IOException(String.join(" ", command) + " failed: " + output);
        }
    }

    private static int await(Process process) throws IOException {
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private void initialize() throws IOException {
        run(command(
                "initdb",
                "--pgdata=" + data(),
                "--username=" + USER,
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync"));
    }

    /** Starts it, also after it was stopped, and waits until it answers. */
    public void launch() throws IOException {
        Path log = log();
        Process started = new ProcessBuilder(command(
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
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        process = started;
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!answers()) {
            if (!started.isAlive() || System.nanoTime() - deadline > 0) {
                throw new IOException("PostgreSQL did not start:\n" + Files.readString(log));
            }
            LockSupport.parkNanos(20_000_000);
        }
    }

    private boolean answers() throws IOException {
        Process asked = new ProcessBuilder(
                        programs.resolve("pg_isready").toString(),
                        "-q",
                        "-h",
                        "127.0.0.1",
                        "-p",
                        Integer.toString(port),
                        "-d",
                        "postgres",
                        "-U",
                        USER)
                .start();
        return await(asked) == 0;
    }

    /** How a server is stopped, in the words of {@code pg_ctl stop -m}. */
    public enum Stop {
        /** Sessions are cut, everything committed is on disk. */
        FAST,
        /** As a crash: what was committed without waiting for the disk may be gone. */
        IMMEDIATE
    }

    /** Stops it and waits until it is gone. {@link #launch} starts it again with what it had. */
    public void stop(Stop how) throws IOException {
        Process running = process;
        if (running == null || !running.isAlive()) {
            return;
        }
        run(command("pg_ctl", "stop", "-w", "-m", how == Stop.FAST ? "fast" : "immediate", "-D", data().toString()));
        int code = await(running);
        if (running.isAlive()) {
            throw new IOException("PostgreSQL still runs, exit code " + code);
        }
    }

    private void stopAtTheEnd() {
        try {
            end();
        } catch (IOException e) {
            throw new UncheckedIOException("PostgreSQL on port " + port + " may still run", e);
        }
    }

    private void end() throws IOException {
        stop(Stop.IMMEDIATE);
        Files.deleteIfExists(log());
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** Stops it for good and leaves no file behind. Not for a shutdown hook: it is one already. */
    @Override
    public void close() throws IOException {
        Runtime.getRuntime().removeShutdownHook(guard);
        end();
    }
}
