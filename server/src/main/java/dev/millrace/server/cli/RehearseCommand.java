package dev.millrace.server.cli;

import dev.millrace.server.Millrace;
import dev.millrace.server.config.Settings;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code millrace rehearse}: starts servers as {@code serve} does, in memory and in a temporary folder, talks with each, and
 * stops it. The build runs it to record which classes a start needs, so that the next start finds them prepared (JEP 514), and
 * how often what was called (JEP 515), so that what serves its first users is compiled sooner.
 */
@Command(name = "rehearse", hidden = true, description = "Starts, serves once and stops, for the build.")
final class RehearseCommand implements Callable<Integer> {
    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "200",
            description = "How often each server is asked for everything; what is asked often is compiled sooner.")
    int rounds;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("millrace-rehearsal");
        try {
            rehearse("--port=0", "--memory");
            rehearse("--port=0", "--data=" + folder);
        } finally {
            delete(folder);
        }
        return 0;
    }

    private void rehearse(String... line) throws IOException, InterruptedException {
        // Without the environment: a key in it would have the build ask, and pay, a real model.
        var serve = ServeCommand.plainly(Map.of(), List.of(), List.of(line), new PrintWriter(Writer.nullWriter()));
        Settings settings = Objects.requireNonNull(serve).settings();
        try (Agents agents = Agents.of(settings);
                Millrace server = Millrace.start(settings, agents.listings());
                HttpClient client = HttpClient.newHttpClient()) {
            for (String path : new String[] {"/", "/readyz", "/metrics"}) {
                var request = HttpRequest.newBuilder(server.uri().resolve(path)).build();
                client.send(request, BodyHandlers.ofString());
            }
            for (int i = 0; i < rounds; i++) {
                chat(client, server.uri());
                ask(client, server.uri(), "SendMessage");
                ask(client, server.uri(), "SendStreamingMessage");
            }
        }
    }

    private static void chat(HttpClient client, URI server) throws IOException, InterruptedException {
        var chats = HttpRequest.newBuilder(server.resolve("/api/v1/chats"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("""
                        {"message":{"parts":[{"text":"one two three"}]}}"""))
                .build();
        client.send(chats, BodyHandlers.ofString());
    }

    private static void ask(HttpClient client, URI server, String method) throws IOException, InterruptedException {
        var a2a = HttpRequest.newBuilder(server.resolve("/a2a"))
                .header("Content-Type", "application/json")
                .header("A2A-Version", "1.0")
                .POST(HttpRequest.BodyPublishers.ofString("""
                        {"jsonrpc":"2.0","id":1,"method":"%s","params":{"message":
                        {"messageId":"%s","role":"ROLE_USER","parts":[{"text":"one two three"}]}}}""".formatted(method, UUID.randomUUID())))
                .build();
        client.send(a2a, BodyHandlers.ofString());
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
