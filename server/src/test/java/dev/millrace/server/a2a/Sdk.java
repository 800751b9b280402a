package dev.millrace.server.a2a;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * An official SDK of another language, in processes of its own: its client and its server, from {@code interop/} of the
 * project. {@code interop/install} fetches it once. Where it can't be had, its tests are skipped and say why; not in CI,
 * which has all that it needs.
 */
enum Sdk {
    PYTHON("python", List.of("venv/bin/python"), "agent.py", "client.py"),
    JAVASCRIPT("node", List.of("node"), "agent.mjs", "client.mjs");

    private static final int INSTALL_MINUTES = 5;

    private final String folder;
    private final List<String> runs;
    private final String agent;
    private final String client;

    Sdk(String folder, List<String> runs, String agent, String client) {
        this.folder = folder;
        this.runs = runs;
        this.agent = agent;
        this.client = client;
    }

    /** Where the SDK is installed; skips the test if it can't be. */
    private Path installed() throws IOException, InterruptedException {
        String why;
        try {
            Process install = new ProcessBuilder(scripts().resolve("install").toString(), folder)
                    .redirectError(Files.createTempFile("interop", ".log").toFile())
                    .start();
            String path = new String(install.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (!install.waitFor(INSTALL_MINUTES, TimeUnit.MINUTES)) {
                install.destroyForcibly();
            } else if (install.exitValue() == 0) {
                return Path.of(path);
            }
            why = "interop/install " + folder + " did not succeed";
        } catch (IOException e) {
            why = String.valueOf(e.getMessage());
        }
        if (System.getenv("CI") != null) {
            throw new AssertionError("the " + folder + " SDK must be there in CI, but " + why);
        }
        return Assumptions.abort("the " + folder + " SDK can't be had here: " + why);
    }

    private static Path scripts() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.exists(here.resolve("interop/install"))) {
            here = here.getParent();
        }
        return here.resolve("interop");
    }

    private Process start(String script, String... arguments) throws IOException, InterruptedException {
        Path home = installed();
        Path source = scripts().resolve(folder).resolve(script);
        var command = new ArrayList<String>();
        if (this == PYTHON) {
            command.add(home.resolve(runs.getFirst()).toString());
            command.add("-B");
            command.add(source.toString());
        } else {
            // A module is looked for beside the script that asks for it.
            Path beside = home.resolve(script);
            Files.copy(source, beside, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            command.add("node");
            command.add(beside.toString());
        }
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command);
        builder.environment()
                .keySet()
                .removeIf(name -> name.toLowerCase(java.util.Locale.ROOT)
                        .endsWith("_proxy")); // everything here is on the loopback address
        builder.environment().put("OTEL_INSTRUMENTATION_A2A_SDK_ENABLED", "false"); // traces nobody reads
        builder.redirectError(log().toFile());
        return builder.start();
    }

    /** What the last process said on standard error. */
    private Path log() throws IOException {
        return Files.createDirectories(Path.of("target")).resolve("interop-" + folder + ".log");
    }

    /** A server of the SDK. */
    record Server(Process process, URI uri) implements AutoCloseable {
        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    /** Starts the SDK's server and waits until it is ready. */
    Server serve() throws IOException, InterruptedException {
        Process process = start(agent);
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        String line = out.readLine();
        if (line == null) {
            throw new AssertionError(
                    "the " + folder + " server ended with code " + process.waitFor() + ":\n" + Files.readString(log()));
        }
        Thread.startVirtualThread(() -> out.lines().forEach(rest -> {})); // so that it never waits for a full pipe
        return new Server(process, URI.create(line));
    }

    /** Runs the SDK's client with these arguments and gives what it printed. */
    String talk(String... arguments) throws IOException, InterruptedException {
        Process process = start(client, arguments);
        try {
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new AssertionError("the " + folder + " client failed with code " + process.exitValue() + ":\n"
                        + said + Files.readString(log()));
            }
            return said;
        } finally {
            process.destroyForcibly();
        }
    }
}
