package dev.millrace.server.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A program of somebody else's that reads what we serve. Who asks for one that is not installed is skipped, and told so. */
final class Program {
    private final Path path;

    private Program(Path path) {
        this.path = path;
    }

    /** The first of these that is on the path; without any, the test that asks is skipped. */
    static Program any(String... names) {
        for (String folder : System.getenv("PATH").split(File.pathSeparator, -1)) {
            for (String name : names) {
                Path candidate = Path.of(folder.isEmpty() ? "." : folder, name);
                if (Files.isExecutable(candidate)) {
                    return new Program(candidate);
                }
            }
        }
        return Assumptions.abort("no " + String.join(" or ", names) + " here; .ci/tools installs it");
    }

    /** Not started yet, and told of no proxy. */
    ProcessBuilder with(String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(path.toString());
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment()
                .keySet()
                .removeIf(name -> name.toLowerCase(java.util.Locale.ROOT).endsWith("_proxy"));
        return builder;
    }

    /** What it prints, after it has ended well. */
    String run(String... arguments) throws Exception {
        Process process = with(arguments).start();
        try {
            CompletableFuture<String> complaints = CompletableFuture.supplyAsync(
                    () -> {
                        try (var in = process.errorReader()) {
                            return in.readAllAsString();
                        } catch (IOException e) {
                            return "(cut: " + e + ")";
                        }
                    },
                    task -> Thread.ofPlatform().daemon().start(task));
            process.getOutputStream().close();
            CompletableFuture<Void> limit = CompletableFuture.runAsync(
                    process::destroyForcibly, CompletableFuture.delayedExecutor(3, TimeUnit.MINUTES));
            String output;
            try (var in = process.inputReader()) {
                output = in.readAllAsString();
            }
            int status = process.waitFor();
            limit.cancel(false);
            assertThat(status).as(() -> path + " said: " + complaints.join()).isZero();
            return output;
        } finally {
            process.destroyForcibly();
        }
    }
}
