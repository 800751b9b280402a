package dev.millrace.bench.peers;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.bench.house.House;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * A server to be measured.
 *
 * <p>Each one's agent does the same: it counts to a number in pieces, or echoes a text in one.
 *
 * @param path of its JSON-RPC interface
 */
record Peer(String name, int port, String path, AutoCloseable process) implements AutoCloseable {

    /** The one that is compared with the others. */
    static final String OURS = "millrace, memory";

    static final String RUST = "a2a-rust 0.5.0";

    /** Ours as its users start it, with what its launcher recorded of a start. */
    private static final String LAUNCHED = "./millrace serve --memory";

    /** What no server of ours can be faster than. */
    static final String BARE = "bare HTTP server";

    /** In MiB: hundreds of tasks of 2 MB stay in memory, there as in the others. */
    private static final int HEAP = 2048;

    /** How a server comes to be; each call starts one anew. */
    record Kind(String name, Callable<Peer> start) {}

    /** Ours, and those others that are installed here. */
    static List<Kind> kinds() {
        var kinds = new ArrayList<Kind>();
        kinds.add(new Kind(OURS, () -> house(OURS, House.inMemory(House.Kind.MILLRACE, HEAP))));
        kinds.add(new Kind(
                "millrace, SQLite", () -> house("millrace, SQLite", House.onSqlite(House.Kind.MILLRACE, HEAP))));
        kinds.add(new Kind(BARE, () -> house(BARE, House.inMemory(House.Kind.BARE, HEAP))));
        Path python = installed("python-", "venv/bin/python");
        if (python != null) {
            kinds.add(new Kind("a2a-python 1.3.0", () -> python(python)));
        }
        Path rust = installed("a2a-rust-", "target/release/counting_agent");
        if (rust != null) {
            kinds.add(new Kind(RUST, () -> rust(rust)));
        }
        return kinds;
    }

    /** Ours as it is started by its launcher, to see what a start takes; null where there is no launcher. */
    static @Nullable Kind launched() {
        Path launcher = Path.of("millrace").toAbsolutePath();
        return Files.isExecutable(launcher) ? new Kind(LAUNCHED, () -> launched(launcher)) : null;
    }

    private static Peer launched(Path launcher) throws IOException {
        Process process = process(Map.of(), launcher.toString(), "serve", "--memory", "--port", "0");
        return new Peer(LAUNCHED, port(process), "/a2a", () -> {
            process.destroyForcibly();
            process.waitFor();
        });
    }

    private static Peer house(String name, House house) {
        return new Peer(name, house.port(), "/a2a", house);
    }

    private static Peer python(Path program) throws IOException {
        Process process = process(
                Map.of("OTEL_INSTRUMENTATION_A2A_SDK_ENABLED", "false"),
                program.toString(),
                "-B",
                Path.of("interop/python/agent.py").toString());
        return new Peer("a2a-python 1.3.0", port(process), "/rpc", process::destroyForcibly);
    }

    private static Peer rust(Path program) throws IOException {
        Process process = process(Map.of("A2A_BIND_ADDR", "127.0.0.1:0"), program.toString());
        return new Peer(RUST, port(process), "/", process::destroyForcibly);
    }

    /** The port of the address that a server prints once it serves. */
    private static int port(Process process) throws IOException {
        String line = process.inputReader(UTF_8).readLine();
        if (line == null) {
            throw new IOException("the server to be measured did not start");
        }
        String url = line.substring(Math.max(0, line.indexOf("http"))); // ours says more on that line
        return URI.create(url.split(" ", 2)[0]).getPort();
    }

    private static Process process(Map<String, String> environment, String... command) throws IOException {
        var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** What interop/'s scripts have installed; null if they have not. */
    private static @Nullable Path installed(String prefix, String program) {
        Path home = Path.of(".millrace/interop");
        if (!Files.isDirectory(home)) {
            return null;
        }
        try (var folders = Files.newDirectoryStream(home, prefix + "*")) {
            for (Path folder : folders) {
                if (Files.isExecutable(folder.resolve(program))) {
                    return folder.resolve(program).toAbsolutePath();
                }
            }
            return null;
        } catch (IOException e) {
            return null;
        }
    }

    @Override
    public void close() throws Exception {
        process.close();
    }
}
