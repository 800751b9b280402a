package dev.millrace.server.cli;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code millrace link}: asks a running server for a signed link to one of its files. */
@Command(
        name = "link",
        description = "Prints a signed link to a file of a running server, good for whoever has it, for a while.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false)
final class LinkCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "The file as the server knows it: SOURCE/PATH.")
    private @Nullable String file;

    @Option(
            names = "--expires",
            paramLabel = "TIME",
            converter = TimeOption.class,
            description = "How long the link is good, such as 1h or 7d. Default: 7d")
    private Duration expires = Duration.ofDays(7);

    @Option(names = "--server", paramLabel = "URL", description = "The server. Default: http://127.0.0.1:8080")
    private URI server = URI.create("http://127.0.0.1:8080");

    @Option(
            names = "--header",
            paramLabel = "'NAME: VALUE'",
            description = "Send this header with the request; may be repeated.")
    private List<String> headers = List.of();

    @Override
    public Integer call() throws IOException, InterruptedException {
        CommandSpec command = Objects.requireNonNull(spec);
        String wanted = Objects.requireNonNull(file);
        byte[] body = JsonMapper.shared()
                .writeValueAsBytes(Map.of("file", wanted, "expiresIn", Math.max(1, expires.toSeconds())));
        HttpResponse<byte[]> answer;
        try (HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(PATIENCE)
                .build()) {
            HttpRequest.Builder request = HttpRequest.newBuilder(
                            URI.create(server.toString().replaceFirst("/+$", "") + "/api/v1/links"))
                    .timeout(PATIENCE)
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(body));
            for (String header : headers) {
                int colon = header.indexOf(':');
                if (colon < 1) {
                    throw new ParameterException(command.commandLine(), "--header: must be 'NAME: VALUE'");
                }
                request.header(
                        header.substring(0, colon).strip(),
                        header.substring(colon + 1).strip());
            }
            answer = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), "--server: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new IOException("no answer from " + server + ": " + e, e);
        }
        JsonNode document = JsonMapper.shared().readTree(answer.body());
        if (answer.statusCode() != 201) {
            throw new IOException("the server refused (" + answer.statusCode() + "): "
                    + document.path("detail").asString("no reason given"));
        }
        command.commandLine().getOut().println(document.path("url").asString());
        return 0;
    }
}
