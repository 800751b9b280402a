package dev.millrace.bench.chaos;

import dev.millrace.testkit.BreakableWire;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A place where a server runs, one process after the other, each {@code millrace serve --port 0} with the same store. What
 * starts and ends processes belongs to one thread; {@link #port} is for all.
 */
final class Replica {
    private static final Pattern READY = Pattern.compile("millrace ready on http://\\S+:(\\d+) in \\d+ ms");
    private static final long PATIENCE_SECONDS = 60;

    private final String name;
    private final Path folder;
    private final List<String> arguments;
    private final @Nullable BreakableWire wire;
    private int generation;
    private @Nullable Process process;
    private volatile int port;

    /**
     * @param folder for logs
     * @param arguments of {@code serve}
     * @param wire between it and its database; null if there is none
     */
    Replica(String name, Path folder, List<String> arguments, @Nullable BreakableWire wire) {
        this.name = name;
        this.folder = folder;
        this.arguments = arguments;
        this.wire = wire;
    }

    /** Of the process that runs now or ran last; no other has it. */
    String processName() {
        return name + "g" + generation;
    }

    /** Where it serves, on 127.0.0.1; 0 while it does not. */
    int port() {
        return port;
    }

    @Nullable BreakableWire wire() {
        return wire;
    }

    /** Starts a process and waits until it serves. False if it could not: its database may be away. */
    boolean start() throws IOException {
        generation++;
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-D" + ReplicaMain.PROCESS + "=" + processName(),
                "-cp",
                System.getProperty("java.class.path"),
                ReplicaMain.class.getName(),
                "serve",
                "--port",
                "0"));
        command.addAll(arguments);
        Process started = new ProcessBuilder(command)
                .redirectError(folder.resolve(processName() + ".log").toFile())
                .start();
        process = started;
        BufferedReader out = started.inputReader();
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            Matcher ready = READY.matcher(line);
            if (ready.matches()) {
                port = Integer.parseInt(ready.group(1));
                return true;
            }
        }
        return false;
    }

    boolean alive() {
        return process != null && process.isAlive();
    }

    /** SIGKILL; returns when it is dead. */
    void kill() throws InterruptedException {
        port = 0;
        if (process != null) {
            process.destroyForcibly().waitFor();
        }
    }

    /** SIGTERM; returns when it has ended. False if it had to be killed. */
    boolean drain() throws InterruptedException {
        if (process == null) {
            return true;
        }
        process.toHandle().destroy();
        boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        kill();
        return ended;
    }

    void freeze() throws IOException, InterruptedException {
        signal("STOP");
    }

    void thaw() throws IOException, InterruptedException {
        signal("CONT");
    }

    private void signal(String signal) throws IOException, InterruptedException {
        if (process != null && process.isAlive()) {
            new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                    .start()
                    .waitFor();
        }
    }
}
