package dev.millrace.server.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.A2aClient;
import dev.millrace.client.A2aException;
import dev.millrace.client.Binding;
import dev.millrace.engine.Turn;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.RawPart;
import dev.millrace.protocol.Role;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TextPart;
import dev.millrace.protocol.UrlPart;
import dev.millrace.server.Millrace;
import dev.millrace.server.auth.ApiKeys;
import dev.millrace.server.auth.AuthSettings;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.json.JsonMapper;

/** Uploaded files in messages of A2A, as {@link AttachmentsTest} has them in those of chats. */
@Timeout(120)
class A2aUploadsTest {
    private static final byte[] PICTURE = {1, 2, 3, 4, 5};

    @TempDir
    Path folder;

    private final BlockingQueue<Message> seen = new LinkedBlockingQueue<>();
    private Millrace server;

    @BeforeEach
    void start() throws Exception {
        server = Millrace.with("painter", this::look)
                .data(folder)
                .settings(settings -> settings.auth(AuthSettings.open()
                        .withKeys(Map.of("alice", List.of(ApiKeys.hash("a")), "bob", List.of(ApiKeys.hash("b"))))))
                .start();
    }

    @AfterEach
    void stop() {
        server.stop(Duration.ofSeconds(5));
    }

    private void look(Turn turn) {
        seen.add(turn.message());
        turn.say("Seen.");
    }

    private String upload(String key) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> response = client.send(
                    HttpRequest.newBuilder(server.uri().resolve("/api/v1/files?name=cat.png"))
                            .header("Content-Type", "image/png")
                            .header("X-API-Key", key)
                            .POST(HttpRequest.BodyPublishers.ofByteArray(PICTURE))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).as(response.body()).isEqualTo(201);
            return new JsonMapper().readTree(response.body()).get("url").stringValue();
        }
    }

    private A2aClient client(Binding binding, String key) {
        return A2aClient.at(server.uri())
                .bindings(binding)
                .apiKey("X-API-Key", key)
                .connect();
    }

    private static Message naming(String url) {
        return Message.of(UUID.randomUUID().toString(), Role.USER, Part.text("What is this?"), Part.url(url));
    }

    @ParameterizedTest
    @EnumSource(Binding.class)
    void what_the_sender_has_uploaded_reaches_the_agent_as_bytes(Binding binding) throws Exception {
        String url = upload("a");
        try (A2aClient alice = client(binding, "a")) {
            Task task = (Task) alice.send(naming(url));
            assertThat(seen.poll(30, TimeUnit.SECONDS).parts())
                    .containsExactly(Part.text("What is this?"), new RawPart(PICTURE, null, "cat.png", "image/png"));
            assertThat(alice.getTask(task.id()).history().getFirst().parts())
                    .containsExactly(
                            new TextPart("What is this?", null, null, null),
                            new UrlPart(url, null, "cat.png", "image/png"));
        }
    }

    @ParameterizedTest
    @EnumSource(Binding.class)
    void what_somebody_else_has_uploaded_does_not_exist(Binding binding) throws Exception {
        String url = upload("a");
        try (A2aClient bob = client(binding, "b")) {
            for (String other : new String[] {url, "/files/uploads/0123/cat.png"}) {
                assertThatThrownBy(() -> bob.send(naming(other)))
                        .isInstanceOf(A2aException.class)
                        .hasMessageContaining("message.parts[1].url")
                        .hasMessageContaining("names no file of yours");
                assertThatThrownBy(() -> bob.stream(naming(other)).forEach(event -> {}))
                        .isInstanceOf(A2aException.class)
                        .hasMessageContaining("names no file of yours");
            }
            // What is somewhere else is the agent's to judge.
            bob.send(naming("https://example.com/cat.png"));
            assertThat(seen.poll(30, TimeUnit.SECONDS).parts().getLast())
                    .isEqualTo(Part.url("https://example.com/cat.png"));
        }
    }
}
