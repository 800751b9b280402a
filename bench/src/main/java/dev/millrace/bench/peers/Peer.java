package dev.millrace.bench.peers;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.bench.house.House;
import java.io.IOException;
import java.net.ServerSocket;
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
 * @param path of its JSON-RPC interface
 * @param counts whether its agent can count, so that its streams can be of any length; else it echoes
 */
record Peer(String name, int port, String path, boolean counts, AutoCloseable process) implements AutoCloseable {

    /** How a server comes to be; each call starts one anew. */
    record Kind(String name, Callable<Peer> start) {}

    /** Ours, and those others that are installed here. */
    static List<Kind> kinds() {
        var kinds = new ArrayList<Kind>();
        kinds.add(new Kind("millrace, memory", () -> house("millrace, memory", House.inMemory(House.Kind.MILLRACE))));
        kinds.add(new Kind("millrace, SQLite", () -> house("millrace, SQLite", House.onSqlite(House.Kind.MILLRACE))));
        Path python = installed("python-", "venv/bin/python");
        if (python != null) {
            kinds.add(new Kind("a2a-python 1.3.0", () -> python(python)));
        }
        Path rust = installed("a2a-rust-", "target/release/echo-agent");
        if (rust != null) {
            kinds.add(new Kind("a2a-rust 0.5.0", () -> rust(rust)));
        }
        return kinds;
    }

    private static Peer house(String name, House house) {
        return new Peer(name, house.port(), "/a2a", true, house);
    }

    private static Peer python(Path program) throws IOException {
        Process process = process(
                Map.of("OTEL_INSTRUMENTATION_A2A_SDK_ENABLED", "false"),
                program.toString(),
                "-B",
                Path.of("interop/python/agent.py").toString());
        String url = process.inputReader(UTF_8).readLine();
        if (url == null) {
            throw new IOException("the a2a-python server did not start");
        }
        return new Peer("a2a-python 1.3.0", URI.create(url).getPort(), "/rpc", true, process::destroyForcibly);
    }

    private static Peer rust(Path program) throws IOException {
        int port;
        try (var free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Process process = process(Map.of("A2A_BIND_ADDR", "127.0.0.1:" + port), program.toString());
        return new Peer("a2a-rust 0.5.0", port, "/", false, process::destroyForcibly);
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
