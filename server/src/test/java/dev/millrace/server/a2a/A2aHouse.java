package dev.millrace.server.a2a;

import dev.millrace.engine.Agent;
import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineSettings;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskFold;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.json.JsonText;
import dev.millrace.server.http.HttpServer;
import dev.millrace.server.http.Router;
import dev.millrace.server.push.PushRoutes;
import dev.millrace.server.push.PushSettings;
import dev.millrace.server.push.Pushes;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A whole server with agents of a test's own, on a free port, and a client that speaks to it by hand. */
final class A2aHouse implements AutoCloseable {
    static final String ME = "me";
    static final Duration PATIENCE = Duration.ofSeconds(30);

    final Engine engine;
    final HttpServer server;
    private final A2aEndpoints endpoints;
    private final @Nullable Pushes pushes;
    private final HttpClient client;

    A2aHouse(Agent agent) throws Exception {
        this(new MemoryStore(), AgentCatalog.of("worker", agent));
    }

    A2aHouse(Store store, AgentCatalog agents) throws Exception {
        this(store, agents, settings -> settings);
    }

    A2aHouse(Store store, AgentCatalog agents, UnaryOperator<A2aSettings> settings) throws Exception {
        this(store, agents, settings, null);
    }

    /** @param push how to push; null = not at all */
    A2aHouse(Store store, AgentCatalog agents, UnaryOperator<A2aSettings> settings, @Nullable PushSettings push)
            throws Exception {
        engine = new Engine(store, agents, EngineSettings.defaults());
        engine.start();
        var router = new Router();
        pushes = push == null ? null : new Pushes(engine, Objects.requireNonNull(store.pushes()), push);
        if (pushes != null) {
            pushes.start();
            new PushRoutes(pushes, request -> request.header("X-Owner").orElse(ME)).register(router);
        }
        // Tests say who they are in a header; who does not is ME.
        endpoints = new A2aEndpoints(
                engine,
                exchange -> exchange.header("X-Owner").orElse(ME),
                settings.apply(A2aSettings.version("1.2.3")),
                pushes);
        endpoints.register(router);
        endpoints.start();
        var building = HttpServer.builder(router).upgradeToHttp2(true);
        endpoints.register(building);
        server = building.build();
        server.start();
        client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.port() + path);
    }

    HttpRequest.Builder request(String path, String body) {
        return HttpRequest.newBuilder(uri(path))
                .header("Content-Type", "application/json")
                .header("A2A-Version", "1.0")
                .timeout(PATIENCE)
                .POST(BodyPublishers.ofString(body));
    }

    HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
        return client.send(request, BodyHandlers.ofString());
    }

    HttpResponse<String> post(String body) throws IOException, InterruptedException {
        return send(request("/a2a", body).build());
    }

    /** The response to one call. */
    JsonNode call(String method, String params) throws IOException, InterruptedException {
        return JsonText.parse(bytes(post(rpc(method, params)).body()));
    }

    /** The result of one call; fails if it is an error. */
    JsonNode result(String method, String params) throws IOException, InterruptedException {
        JsonNode response = call(method, params);
        if (!response.has("result")) {
            throw new AssertionError("not a result: " + response);
        }
        return response.get("result");
    }

    /** What a blocking, or immediate, send answers. */
    Task task(String params) throws IOException, InterruptedException {
        return A2aJson.TASK.read(result("SendMessage", params).get("task"));
    }

    Task get(String taskId) throws IOException, InterruptedException {
        return A2aJson.TASK.read(result("GetTask", "{\"id\":\"" + taskId + "\"}"));
    }

    Task awaitState(String taskId, TaskState state) {
        return Awaitility.await()
                .atMost(PATIENCE)
                .until(
                        () -> engine.task(ME, taskId).task(),
                        task -> task.status().state() == state);
    }

    Frames open(String method, String params, String... headers) throws IOException, InterruptedException {
        return open(request("/a2a", rpc(method, params)), headers);
    }

    private Frames open(HttpRequest.Builder request, String... headers) throws IOException, InterruptedException {
        if (headers.length > 0) {
            request.headers(headers);
        }
        HttpResponse<InputStream> response = client.send(request.build(), BodyHandlers.ofInputStream());
        return new Frames(response);
    }

    Frames resume(String taskId, long after) throws IOException, InterruptedException {
        return open("SubscribeToTask", "{\"id\":\"" + taskId + "\"}", "Last-Event-ID", Long.toString(after));
    }

    Frames subscribe(String taskId) throws IOException, InterruptedException {
        return open("SubscribeToTask", "{\"id\":\"" + taskId + "\"}");
    }

    HttpResponse<String> fetch(String path, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path)).timeout(PATIENCE);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return send(request.build());
    }

    static String rpc(String method, String params) {
        return "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" + method + "\",\"params\":" + params + "}";
    }

    /** The params of a send: a message of this text, with further fields of the message, then of the request. */
    static String say(String text, String... more) {
        String message = more.length > 0 ? "," + more[0] : "";
        String request = more.length > 1 ? "," + more[1] : "";
        return "{\"message\":{\"messageId\":\"" + java.util.UUID.randomUUID()
                + "\",\"role\":\"ROLE_USER\",\"parts\":[{\"text\":\"" + text + "\"}]" + message + "}" + request + "}";
    }

    static byte[] bytes(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    static Task fold(List<Frames.Frame> frames) {
        return TaskFold.fold(frames.stream().map(Frames.Frame::event).toList());
    }

    static String answer(Task task) {
        var text = new StringBuilder();
        task.artifacts()
                .forEach(artifact ->
                        artifact.parts().forEach(part -> text.append(((dev.millrace.protocol.TextPart) part).text())));
        return text.toString();
    }

    @Override
    public void close() {
        client.shutdownNow();
        server.stop(Duration.ofSeconds(1));
        endpoints.close();
        if (pushes != null) {
            pushes.close();
        }
        engine.close();
    }
}
