package dev.millrace.server.chat;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineSettings;
import dev.millrace.engine.store.Store;
import dev.millrace.server.auth.AuthSettings;
import dev.millrace.server.auth.FrontGate;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.HttpServer;
import dev.millrace.server.http.Router;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** A server with the chat API on a free port, and a client for it. The header {@code X-Owner} says who asks. */
final class ChatFixture implements AutoCloseable {
    private static final JsonMapper JSON = new JsonMapper();

    /** A response as it came. */
    record Answer(int status, java.net.http.HttpHeaders headers, String text) {
        JsonNode json() {
            return JSON.readTree(text);
        }

        String get(String field) {
            return json().required(field).asString();
        }

        String header(String name) {
            return headers.firstValue(name).orElse("");
        }

        /** The last piece of the problem's type. */
        String problem() {
            return get("type").replace("urn:millrace:problem:", "");
        }
    }

    /** A new chat, or a message sent to one. */
    record Sent(String chat, String task, long offset) {}

    final ScriptedAgent agent = new ScriptedAgent();
    final Engine engine;
    final HttpServer server;
    final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(30))
            .build();

    ChatFixture(Store store) throws IOException, InterruptedException {
        this(store, EngineSettings.defaults());
    }

    ChatFixture(Store store, EngineSettings settings) throws IOException, InterruptedException {
        var agents = new AgentCatalog(List.of(
                new AgentCatalog.Listing("script", "Does what it is told.", agent),
                new AgentCatalog.Listing("mute", "Says nothing.", turn -> {})));
        engine = new Engine(store, agents, settings);
        engine.start();
        Identity identity = exchange -> exchange.header("X-Owner").orElse("local");
        var router = new Router();
        new ChatApi(engine, identity).register(router);
        server = HttpServer.builder(router)
                .gate(new FrontGate(AuthSettings.open()))
                .build();
        server.start();
    }

    URI uri(String path) {
        return server.uri().resolve("/api/v1" + path);
    }

    Answer get(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri(path)));
    }

    Answer post(String path, String json, String... headers) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(uri(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return send(request);
    }

    Answer send(HttpRequest.Builder request) throws IOException, InterruptedException {
        var response =
                client.send(request.timeout(Duration.ofSeconds(60)).build(), HttpResponse.BodyHandlers.ofString(UTF_8));
        return new Answer(response.statusCode(), response.headers(), response.body());
    }

    static String message(String text) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.putObject("message").putArray("parts").addObject().put("text", text);
        return body.toString();
    }

    /** Makes a chat whose first message is this. */
    Sent chat(String text) throws IOException, InterruptedException {
        Answer answer = post("/chats", message(text));
        if (answer.status() != 201) {
            throw new AssertionError(answer.toString());
        }
        JsonNode json = answer.json();
        return new Sent(
                json.required("chat").required("id").asString(),
                json.required("taskId").asString(),
                json.required("offset").asLong());
    }

    Sent next(Sent chat, String text) throws IOException, InterruptedException {
        Answer answer = post("/chats/" + chat.chat() + "/messages", message(text));
        if (answer.status() != 202) {
            throw new AssertionError(answer.toString());
        }
        return new Sent(
                chat.chat(),
                answer.get("taskId"),
                answer.json().required("offset").asLong());
    }

    /** All entries after {@code after} until the task rests, by Server-Sent Events. */
    List<JsonNode> entries(Sent sent, long after) throws IOException, InterruptedException {
        Answer answer = get("/chats/" + sent.chat() + "/stream?after=" + after + "&until=" + sent.task());
        if (answer.status() != 200) {
            throw new AssertionError(answer.toString());
        }
        return entries(answer.text());
    }

    /** The entries in a whole stream of Server-Sent Events; the id of each must be its offset. */
    static List<JsonNode> entries(String stream) {
        var entries = new ArrayList<JsonNode>();
        for (String frame : stream.split("\n\n")) {
            if (frame.startsWith(":") || frame.isBlank()) {
                continue;
            }
            String[] lines = frame.split("\n");
            if (lines.length != 2 || !lines[0].startsWith("id: ") || !lines[1].startsWith("data: ")) {
                throw new AssertionError("not a frame of ours: " + frame);
            }
            JsonNode entry = JSON.readTree(lines[1].substring("data: ".length()));
            if (entry.required("offset").asLong() != Long.parseLong(lines[0].substring("id: ".length()))) {
                throw new AssertionError("the id is not the offset: " + frame);
            }
            entries.add(entry);
        }
        return entries;
    }

    static List<Long> offsets(List<JsonNode> entries) {
        return entries.stream().map(entry -> entry.required("offset").asLong()).toList();
    }

    /** Reads until the task rests, so that whatever comes next starts from a quiet chat. */
    Sent finished(Sent sent) throws IOException, InterruptedException {
        entries(sent, 0);
        return sent;
    }

    @Override
    public void close() {
        // Not close(), which would wait for what a failed test left open.
        server.stop(Duration.ZERO);
        client.shutdownNow();
        engine.close();
    }
}
