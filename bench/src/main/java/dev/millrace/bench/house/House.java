package dev.millrace.bench.house;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A server in a process of its own: its JIT, heap and scheduler are not shared with the load, nor with the variant it is
 * compared with.
 */
public final class House implements AutoCloseable {
    /** What is served. */
    public enum Kind {
        /** Millrace: the real HTTP edge, A2A endpoints, engine and store, with the echo agent. */
        MILLRACE,
        /** What was before event-driven acquisition: rows found by a clock. */
        TICKER,
        /** What was before the journal: a bounded broadcast, timers and hops. */
        BROADCAST,
        /** The HTTP server under Millrace, with answers that were made before. */
        BARE
    }

    /** An agent's start: nanoseconds after the commit that made its task runnable, and when by System.nanoTime. */
    public record Start(long nanos, long at) {}

    /** The flags of {@code ./millrace serve}, but for a fixed heap, so that variants don't differ in it. */
    private static final List<String> FLAGS =
            List.of("--enable-native-access=ALL-UNNAMED", "-Dlogback.configurationFile=dev/millrace/bench/logback.xml");

    /** The collector that costs the least by the byte; {@code ./millrace serve} takes what the JVM chooses. */
    private static final List<String> FAST = List.of("-XX:+UseParallelGC");

    /** The collector that needs the least itself, and little room for what is young. */
    private static final List<String> FRUGAL = List.of("-XX:+UseSerialGC", "-Xmn20m");

    /** In MiB. */
    private static final int HEAP = 1024;

    /** What a house prints when it serves, before its port. */
    static final String READY = "ready on port ";

    private final Process process;
    private final int port;
    private final @Nullable Path folder;
    private final HttpClient client = HttpClient.newHttpClient();

    private House(Process process, int port, @Nullable Path folder) {
        this.process = process;
        this.port = port;
        this.folder = folder;
    }

    public static House inMemory(Kind kind) throws IOException {
        return inMemory(kind, HEAP);
    }

    /** @param heap in MiB */
    public static House inMemory(Kind kind, int heap) throws IOException {
        return start(kind, null, null, heap, FAST);
    }

    /**
     * Millrace in memory, as it is started where there is little of that.
     *
     * @param heap in MiB
     */
    public static House frugal(int heap) throws IOException {
        return start(Kind.MILLRACE, null, null, heap, FRUGAL);
    }

    /** Millrace on a PostgreSQL; with the same address as another house, it shares everything with it. */
    public static House onPostgres(String url) throws IOException {
        return start(Kind.MILLRACE, null, url, HEAP, FAST);
    }

    /** On SQLite in a new folder beside the working directory's temporary files; it is deleted at the end. */
    public static House onSqlite(Kind kind) throws IOException {
        return onSqlite(kind, HEAP);
    }

    /** @param heap in MiB */
    public static House onSqlite(Kind kind, int heap) throws IOException {
        return start(kind, Files.createTempDirectory("millrace-bench"), null, heap, FAST);
    }

    /** @param url of its PostgreSQL, if it has one */
    private static House start(Kind kind, @Nullable Path folder, @Nullable String url, int heap, List<String> collector)
            throws IOException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xms" + heap + "m", "-Xmx" + heap + "m"));
        command.addAll(collector);
        command.addAll(FLAGS);
        String more = System.getProperty("bench.house.flags", "");
        if (!more.isBlank()) {
            command.addAll(List.of(more.replace("%k", kind + (folder == null ? "-memory" : "-sqlite"))
                    .split(" ")));
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Served.class.getName(), kind.name()));
        if (url != null) {
            command.add(url);
        }
        if (folder != null) {
            command.add(folder.toString());
        }
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        var out = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
        String line = out.readLine();
        while (line != null && !line.startsWith(READY)) {
            line = out.readLine(); // the JVM's own words, when it is profiled
        }
        if (line == null) {
            throw new IOException("the server to be measured (" + kind + ") did not start; see above");
        }
        return new House(process, Integer.parseInt(line.substring(READY.length())), folder);
    }

    public int port() {
        return port;
    }

    /** Agents that start from now on wait until the gate is opened. */
    public void shutGate() throws IOException, InterruptedException {
        ask("gate/shut");
    }

    public void openGate() throws IOException, InterruptedException {
        ask("gate/open");
    }

    /**
     * What each stage took since the last call.
     *
     * @param name as the engine's {@code Stage} is named, in small letters
     * @param median in nanoseconds
     * @param p99 in nanoseconds
     */
    public record Stage(String name, long count, long median, long p99) {}

    /** The stages since the last call. */
    public List<Stage> stages() throws IOException, InterruptedException {
        return ask("stages")
                .lines()
                .map(line -> line.split(" "))
                .map(parts -> new Stage(
                        parts[0].toLowerCase(java.util.Locale.ROOT).replace('_', ' '),
                        Long.parseLong(parts[1]),
                        Long.parseLong(parts[2]),
                        Long.parseLong(parts[3])))
                .toList();
    }

    /** The processor time that the server has used so far; zero where the system does not say. */
    public Duration processorTime() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** The memory that it takes of the machine, in bytes: Linux's VmRSS; zero where the system does not say. */
    public long residentMemory() throws IOException {
        Path status = Path.of("/proc/" + process.pid() + "/status");
        if (!Files.isReadable(status)) {
            return 0;
        }
        try (Stream<String> lines = Files.lines(status)) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("[^0-9]", "")))
                    .findFirst()
                    .orElse(0);
        }
    }

    /** When the first words of tasks were committed since the last call, by System.nanoTime. */
    public List<Long> firstWords() throws IOException, InterruptedException {
        return starts("first-words").stream().map(Start::at).toList();
    }

    /** The starts of agents since the last call. */
    public List<Start> starts() throws IOException, InterruptedException {
        return starts("starts");
    }

    private List<Start> starts(String what) throws IOException, InterruptedException {
        return ask(what)
                .lines()
                .map(line -> line.split(" "))
                .map(parts -> new Start(Long.parseLong(parts[0]), Long.parseLong(parts[1])))
                .toList();
    }

    private String ask(String what) throws IOException, InterruptedException {
        HttpResponse<String> response = client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/bench/" + what))
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() >= 300) {
            throw new IOException("the server to be measured answered " + response.statusCode() + " to " + what);
        }
        return response.body();
    }

    @Override
    public void close() throws IOException {
        client.close();
        process.getOutputStream().close();
        boolean interrupted = false;
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            interrupted = true;
        }
        if (folder != null) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
