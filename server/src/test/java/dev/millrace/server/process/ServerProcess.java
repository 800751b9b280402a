package dev.millrace.server.process;

import dev.millrace.server.cli.MillraceCommand;
import dev.millrace.testkit.QuickStart;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code millrace} as a process of its own, from the classes under test. */
final class ServerProcess implements AutoCloseable {
    private static final Pattern READY = Pattern.compile("millrace ready on (https?://\\S+:\\d+) in \\d+ ms");
    private static final String END = "\0";

    private static final QuickStart START = new QuickStart(MillraceCommand.class.getName(), "rehearse", "--rounds=1");

    private final Process process;
    private final BlockingQueue<String> stdout = new LinkedBlockingQueue<>();
    private final List<String> stderr = new CopyOnWriteArrayList<>();
    private final Thread errReader;

    private ServerProcess(Process process) {
        this.process = process;
        pump(process.inputReader(StandardCharsets.UTF_8), stdout::add, "stdout");
        errReader = pump(process.errorReader(StandardCharsets.UTF_8), stderr::add, "stderr");
    }

    /** What stands before the name of the main class, to start it quickly. */
    static List<String> java() throws IOException {
        return START.command();
    }

    /** Starts {@code millrace ARGS…} in a folder, and waits for nothing. */
    static ServerProcess start(Path folder, String... args) throws IOException {
        var command = new ArrayList<>(java());
        command.addAll(List.of("-Xmx256m", MillraceCommand.class.getName()));
        command.addAll(List.of(args));
        if (ignoresHangups()) {
            command.addAll(0, List.of("env", "--default-signal=HUP"));
        }
        var builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("OPENAI_") || name.equals("LOG_LEVEL"));
        return new ServerProcess(builder.start());
    }

    /** Whether it was started by nohup: what it starts would ignore them, too. */
    private static boolean ignoresHangups() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return false;
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 1) != 0);
    }

    /** Starts {@code millrace serve --port 0 ARGS…} and waits until it is ready. */
    static ServerProcess serve(Path folder, String... args) throws IOException, InterruptedException {
        var all = new ArrayList<>(List.of("serve", "--port", "0"));
        all.addAll(List.of(args));
        ServerProcess server = start(folder, all.toArray(String[]::new));
        server.uri();
        return server;
    }

    private URI uri;

    /** Where it is; waits for the ready line, and fails with the log if that never comes. */
    URI uri() throws InterruptedException {
        if (uri == null) {
            String line = stdoutLine();
            Matcher ready = READY.matcher(line);
            if (!ready.matches()) {
                throw new AssertionError("no ready line but \"" + line + "\"; the log:\n" + log());
            }
            uri = URI.create(ready.group(1));
        }
        return uri;
    }

    URI uri(String path) throws InterruptedException {
        return uri().resolve(path);
    }

    /** The next line of standard output; the empty text at its end. */
    String stdoutLine() throws InterruptedException {
        String line = stdout.poll(60, TimeUnit.SECONDS);
        if (line == null) {
            throw new AssertionError("nothing on standard output within 60 s; the log:\n" + log());
        }
        return line.equals(END) ? "" : line;
    }

    String log() {
        return String.join("\n", stderr);
    }

    List<String> logLines() {
        return stderr;
    }

    /** SIGTERM. Through the handle: {@link Process#destroy} would also close the streams that the tests read. */
    void terminate() {
        process.toHandle().destroy();
    }

    /** SIGHUP. */
    void hangUp() throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-HUP", String.valueOf(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
    }

    /** SIGKILL; returns when it is dead. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        exitCode();
    }

    boolean alive() {
        return process.isAlive();
    }

    int exitCode() throws InterruptedException {
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("it did not end within 60 s; the log:\n" + log());
        }
        errReader.join();
        return process.exitValue();
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }

    private static Thread pump(BufferedReader from, java.util.function.Consumer<String> to, String name) {
        return Thread.ofPlatform().daemon().name(name).start(() -> {
            try (from) {
                for (String line = from.readLine(); line != null; line = from.readLine()) {
                    to.accept(line);
                }
            } catch (IOException e) {
                to.accept("(cut: " + e.getMessage() + ")");
            } finally {
                if (name.equals("stdout")) {
                    to.accept(END);
                }
            }
        });
    }
}
