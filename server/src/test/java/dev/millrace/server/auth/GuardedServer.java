package dev.millrace.server.auth;

import com.google.lf.a2a.v1.A2AServiceGrpc;
import com.google.lf.a2a.v1.GetTaskRequest;
import com.google.lf.a2a.v1.Message;
import com.google.lf.a2a.v1.Part;
import com.google.lf.a2a.v1.Role;
import com.google.lf.a2a.v1.SendMessageRequest;
import dev.millrace.protocol.json.JsonText;
import dev.millrace.server.Millrace;
import dev.millrace.server.config.Settings;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;

/** A whole server that asks who comes, and clients that speak to it by hand. */
final class GuardedServer implements AutoCloseable {
    static final String ECHO = "Said.";
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    final Millrace millrace;
    final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ManagedChannel channel;

    GuardedServer(AuthSettings auth) throws Exception {
        this(settings -> settings.auth(auth));
    }

    GuardedServer(Consumer<Settings.Builder> settings) throws Exception {
        millrace = Millrace.with("worker", turn -> turn.say(ECHO))
                .settings(settings)
                .start();
        channel = NettyChannelBuilder.forAddress("127.0.0.1", millrace.port())
                .usePlaintext()
                .build();
    }

    static AuthSettings keys(String... ownersAndKeys) {
        var hashes = new java.util.HashMap<String, java.util.List<String>>();
        for (int i = 0; i < ownersAndKeys.length; i += 2) {
            hashes.put(ownersAndKeys[i], java.util.List.of(ApiKeys.hash(ownersAndKeys[i + 1])));
        }
        return AuthSettings.open().withKeys(hashes);
    }

    HttpResponse<String> get(String path, String... headers) throws Exception {
        return send(path, request -> request.GET(), headers);
    }

    HttpResponse<String> post(String path, String body, String... headers) throws Exception {
        return send(
                path,
                request -> request.header("Content-Type", "application/json").POST(BodyPublishers.ofString(body)),
                headers);
    }

    HttpResponse<String> send(String path, UnaryOperator<HttpRequest.Builder> how, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + millrace.port() + path))
                .timeout(PATIENCE)
                .header("A2A-Version", "1.0");
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(how.apply(request).build(), BodyHandlers.ofString());
    }

    /** What the server answers to these very bytes. */
    String raw(String request) throws IOException {
        try (var socket = new Socket("127.0.0.1", millrace.port())) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            // The head is enough; the connection may stay open.
            var answer = new StringBuilder();
            var in = socket.getInputStream();
            for (int b; answer.indexOf("\r\n\r\n") < 0 && (b = in.read()) >= 0; ) {
                answer.append((char) b);
            }
            return answer.toString();
        }
    }

    static JsonNode json(HttpResponse<String> response) {
        return JsonText.parse(response.body().getBytes(StandardCharsets.UTF_8));
    }

    static String message(String text) {
        return "{\"message\":{\"messageId\":\"" + UUID.randomUUID()
                + "\",\"role\":\"ROLE_USER\",\"parts\":[{\"text\":\"" + text + "\"}]}}";
    }

    static String rpc(String method, String params) {
        return "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" + method + "\",\"params\":" + params + "}";
    }

    /** A gRPC client that sends these headers with each call. */
    A2AServiceGrpc.A2AServiceBlockingStub grpc(String... headers) {
        return grpc(channel, headers);
    }

    static A2AServiceGrpc.A2AServiceBlockingStub grpc(ManagedChannel channel, String... headers) {
        var metadata = new Metadata();
        metadata.put(Metadata.Key.of("a2a-version", Metadata.ASCII_STRING_MARSHALLER), "1.0");
        for (int i = 0; i < headers.length; i += 2) {
            metadata.put(Metadata.Key.of(headers[i], Metadata.ASCII_STRING_MARSHALLER), headers[i + 1]);
        }
        return A2AServiceGrpc.newBlockingStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata))
                .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    ManagedChannel channel() {
        return channel;
    }

    static SendMessageRequest hello() {
        return SendMessageRequest.newBuilder()
                .setMessage(Message.newBuilder()
                        .setMessageId(UUID.randomUUID().toString())
                        .setRole(Role.ROLE_USER)
                        .addParts(Part.newBuilder().setText("hello")))
                .build();
    }

    static GetTaskRequest task(String id) {
        return GetTaskRequest.newBuilder().setId(id).build();
    }

    @Override
    public void close() {
        channel.shutdownNow();
        client.shutdownNow();
        millrace.stop(Duration.ofSeconds(3));
    }
}
