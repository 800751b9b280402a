package dev.millrace.server.files;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.Turn;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.RawPart;
import dev.millrace.protocol.UrlPart;
import dev.millrace.server.Millrace;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Files in conversations, on a whole server, with an agent that tells what it was given and gives what it is told to. */
class AttachmentsTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final byte[] PICTURE = random(300_000, 1);
    private static final byte[] PAINTING = random(400_000, 2);

    @TempDir
    Path folder;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final BlockingQueue<List<Message>> seen = new LinkedBlockingQueue<>();
    private volatile List<Artifact> makes = List.of();
    private Millrace server;

    @BeforeEach
    void start() throws Exception {
        server = Millrace.with("painter", this::paint).data(folder).start();
    }

    @AfterEach
    void stop() {
        server.stop(Duration.ofSeconds(5));
        client.close();
    }

    private static byte[] random(int length, int seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private void paint(Turn turn) {
        List<Message> all = new ArrayList<>(turn.history());
        all.add(turn.message());
        makes.forEach(turn::emit);
        seen.add(all);
    }

    private HttpResponse<byte[]> send(String method, String path, byte[] body) throws Exception {
        return client.send(
                HttpRequest.newBuilder(server.uri().resolve(path))
                        .header("Content-Type", path.contains("/files") ? "image/png" : "application/json")
                        .method(method, HttpRequest.BodyPublishers.ofByteArray(body))
                        .build(),
                HttpResponse.BodyHandlers.ofByteArray());
    }

    private JsonNode json(int status, HttpResponse<byte[]> response) {
        assertThat(response.statusCode())
                .as(new String(response.body(), StandardCharsets.UTF_8))
                .isEqualTo(status);
        return JSON.readTree(response.body());
    }

    private String upload() throws Exception {
        return json(201, send("POST", "/api/v1/files?name=cat.png", PICTURE))
                .get("url")
                .stringValue();
    }

    private HttpResponse<byte[]> post(String path, String... parts) throws Exception {
        String message = "{\"message\":{\"parts\":[" + String.join(",", parts) + "]}}";
        return send("POST", path, message.getBytes(StandardCharsets.UTF_8));
    }

    private static String url(String url) {
        return "{\"url\":\"" + url + "\"}";
    }

    private List<Message> given() throws InterruptedException {
        List<Message> all = seen.poll(30, TimeUnit.SECONDS);
        assertThat(all).as("what the agent was given").isNotNull();
        return all;
    }

    /** The chat's messages, once so many are there. */
    private JsonNode messages(String chat, int count) {
        return Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(
                        () -> json(200, send("GET", "/api/v1/chats/" + chat + "/messages", new byte[0]))
                                .get("messages"),
                        all -> all.size() == count);
    }

    private long filesKept() throws Exception {
        try (Stream<Path> all = Files.list(folder.resolve("uploads"))) {
            return all.count();
        }
    }

    @Test
    void an_uploaded_file_that_a_message_names_reaches_the_agent_as_bytes_and_the_journal_as_its_url()
            throws Exception {
        String url = upload();
        JsonNode chat = json(201, post("/api/v1/chats", "{\"text\":\"What is this?\"}", url(url)));
        Message message = given().getLast();
        assertThat(message.parts())
                .containsExactly(Part.text("What is this?"), new RawPart(PICTURE, null, "cat.png", "image/png"));
        JsonNode kept = messages(chat.at("/chat/id").stringValue(), 1).at("/0/message/parts/1");
        assertThat(kept.get("url").stringValue()).isEqualTo(url);
        assertThat(kept.get("filename").stringValue()).isEqualTo("cat.png");
        assertThat(kept.get("mediaType").stringValue()).isEqualTo("image/png");
    }

    @Test
    void a_message_that_names_an_upload_that_is_not_there_is_refused() throws Exception {
        HttpResponse<byte[]> refused = post("/api/v1/chats", url("/files/uploads/0123/cat.png"));
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(new String(refused.body(), StandardCharsets.UTF_8)).contains("message.parts[0].url");
        // What is somewhere else is the agent's to judge.
        json(201, post("/api/v1/chats", url("https://example.com/files/uploads/0123/cat.png")));
        assertThat(given().getLast().parts())
                .containsExactly(Part.url("https://example.com/files/uploads/0123/cat.png"));
    }

    @Test
    void a_large_raw_part_of_an_artifact_becomes_a_file_and_the_next_turn_reads_it_back() throws Exception {
        RawPart painting = new RawPart(PAINTING, null, "sea.png", "image/png");
        RawPart small = new RawPart(random(1000, 3), null, "thumb.png", "image/png");
        makes = List.of(Artifact.of("art", Part.text("Here."), painting, small));
        String chat = json(201, post("/api/v1/chats", "{\"text\":\"Paint the sea\"}"))
                .at("/chat/id")
                .stringValue();
        given();
        JsonNode parts = messages(chat, 2).at("/1/message/parts");
        String url = parts.at("/1/url").stringValue();
        assertThat(url).startsWith("/files/uploads/").endsWith("/sea.png");
        assertThat(parts.at("/1/filename").stringValue()).isEqualTo("sea.png");
        assertThat(parts.at("/2").has("raw")).isTrue();
        HttpResponse<byte[]> file = send("GET", url, new byte[0]);
        assertThat(file.body()).isEqualTo(PAINTING);
        assertThat(file.headers().firstValue("Content-Type")).hasValue("image/png");
        makes = List.of();
        json(202, post("/api/v1/chats/" + chat + "/messages", "{\"text\":\"More blue\"}"));
        assertThat(given().get(1).parts()).containsExactly(Part.text("Here."), painting, small);
    }

    @Test
    void the_same_artifact_made_again_by_the_same_task_is_one_file() throws Exception {
        Artifact art = Artifact.of("art", Part.raw(PAINTING, "image/png"));
        Artifact changed = Artifact.of("art", Part.raw(PICTURE, "image/png"));
        makes = List.of(art, art, changed, changed);
        json(201, post("/api/v1/chats", "{\"text\":\"Paint\"}"));
        given();
        assertThat(filesKept()).isEqualTo(2);
    }

    @Test
    void what_is_too_large_to_be_given_stays_a_url_and_the_newest_is_given_first() throws Exception {
        String large = json(201, send("POST", "/api/v1/files?name=large.png", random((8 << 20) + 1, 4)))
                .get("url")
                .stringValue();
        String some = json(201, send("POST", "/api/v1/files?name=some.png", random(7 << 20, 5)))
                .get("url")
                .stringValue();
        json(201, post("/api/v1/chats", url(some), url(large), url(some), url(some), url(some), url(some)));
        assertThat(given().getLast().parts())
                .extracting(part -> part instanceof UrlPart ? "url" : "raw")
                .containsExactly("raw", "url", "raw", "raw", "raw", "url");
    }

    @Test
    void the_public_address_stands_before_what_is_kept_and_is_understood() throws Exception {
        server.stop(Duration.ofSeconds(5));
        server = Millrace.with("painter", this::paint)
                .data(folder)
                .settings(more -> more.publicUrl(URI.create("https://mill.example/")))
                .start();
        makes = List.of(Artifact.of("art", Part.raw(PAINTING, "image/png")));
        String chat = json(201, post("/api/v1/chats", url("https://mill.example" + upload())))
                .at("/chat/id")
                .stringValue();
        assertThat(given().getLast().parts()).hasOnlyElementsOfType(RawPart.class);
        assertThat(messages(chat, 2).at("/1/message/parts/0/url").stringValue())
                .startsWith("https://mill.example/files/uploads/");
    }
}
