package dev.millrace.server.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.lf.a2a.v1.A2AServiceGrpc;
import com.google.lf.a2a.v1.SubscribeToTaskRequest;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.grpc.FromProto;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskFold;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TextPart;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.testkit.LocalPostgres;
import io.grpc.Metadata;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** Two servers on one PostgreSQL: what one has begun when it is killed, the other goes on with, for A2A's clients, too. */
class A2aReplicasTest {
    private static final int WORDS = 1500;
    private static final int SEEN = 60;
    private static final String EXTENSION = "https://millrace.dev/a2a/extensions/resume/v1";
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** An event as a stream has it. */
    private record Seen(long id, StreamResponse event) {}

    /** A push as it came. */
    private record Push(String delivery, String signature, StreamResponse event) {}

    @TempDir
    Path folder;

    static boolean postgres() {
        return LocalPostgres.installed();
    }

    @Test
    @EnabledIf("postgres")
    void a_stream_goes_on_and_pushes_arrive_after_the_server_that_had_the_task_was_killed() throws Exception {
        var pushes = new CopyOnWriteArrayList<Push>();
        HttpServer receiver = receiver(pushes);
        Path config = Files.writeString(folder.resolve("millrace.yaml"), """
                engine: {lease: 2s, lookAgain: 1s}
                a2a: {pushTo: 127.0.0.1}
                """);
        try (LocalPostgres postgres = LocalPostgres.start().orElseThrow()) {
            String store = "postgresql://" + LocalPostgres.USER + "@127.0.0.1:" + postgres.port() + "/postgres";
            String[] args = {"--store", store, "--config", config.toString()};
            try (ServerProcess first = ServerProcess.serve(folder, args);
                    ServerProcess second = ServerProcess.serve(folder, args)) {
                String keys = Web.get(first.uri("/.well-known/jwks.json")).body();
                assertThat(keys).contains("ES256");
                assertThat(Web.get(second.uri("/.well-known/jwks.json")).body()).isEqualTo(keys);

                List<Seen> seen = begin(first, receiver.getAddress().getPort());
                String task = ((Task) seen.getFirst().event()).id();
                assertThat(pushes).isNotEmpty();
                first.kill();

                long after = seen.getLast().id();
                try (var readers = Executors.newVirtualThreadPerTaskExecutor()) {
                    Future<List<Seen>> rpc = readers.submit(() -> overJsonRpc(second, task, after));
                    Future<List<Seen>> rest = readers.submit(() -> overRest(second, task, after));
                    Future<List<Seen>> grpc = readers.submit(() -> overGrpc(second, task, after));
                    for (Future<List<Seen>> resumed : List.of(rpc, rest, grpc)) {
                        List<Seen> rest2 = resumed.get(120, TimeUnit.SECONDS);
                        assertThat(rest2).extracting(Seen::id).isSorted().doesNotHaveDuplicates();
                        assertThat(rest2.getFirst().id()).isGreaterThan(after);
                        Task whole = TaskFold.fold(Stream.concat(seen.stream(), rest2.stream())
                                .map(Seen::event)
                                .toList());
                        assertThat(whole.status().state()).isEqualTo(TaskState.COMPLETED);
                        assertThat(text(whole)).isEqualTo(answer());
                    }
                }

                // The dead server's claim on the pushes has to run out first: half a minute.
                Awaitility.await()
                        .atMost(Duration.ofSeconds(150))
                        .untilAsserted(() ->
                                assertThat(folded(pushes).status().state()).isEqualTo(TaskState.COMPLETED));
                assertThat(text(folded(pushes))).isEqualTo(answer());
                // The receiver need not know which of the servers has signed.
                var verifier = new ECDSAVerifier(
                        JWKSet.parse(keys).getKeys().getFirst().toECKey());
                for (Push push : pushes) {
                    assertThat(SignedJWT.parse(push.signature()).verify(verifier))
                            .isTrue();
                }
            }
        } finally {
            receiver.stop(0);
        }
    }

    private static String answer() {
        return String.join(
                " ", IntStream.rangeClosed(1, WORDS).mapToObj(Integer::toString).toList());
    }

    private static String text(Task task) {
        var text = new StringBuilder();
        task.artifacts().forEach(artifact -> artifact.parts().forEach(part -> text.append(((TextPart) part).text())));
        return text.toString();
    }

    /** As a receiver does it: each delivery once. */
    private static Task folded(List<Push> pushes) {
        Map<String, StreamResponse> once = new LinkedHashMap<>();
        pushes.forEach(push -> once.putIfAbsent(push.delivery(), push.event()));
        return TaskFold.fold(new ArrayList<>(once.values()));
    }

    private static HttpServer receiver(List<Push> pushes) throws IOException {
        HttpServer receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        receiver.createContext("/", exchange -> {
            var headers = exchange.getRequestHeaders();
            StreamResponse event =
                    A2aJson.STREAM_RESPONSE.read(exchange.getRequestBody().readAllBytes());
            pushes.add(new Push(
                    headers.getFirst("X-A2A-Delivery-Id"), headers.getFirst("X-A2A-Notification-Signature"), event));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        receiver.start();
        return receiver;
    }

    /** Sends the message that is answered at length, and reads the beginning. */
    private static List<Seen> begin(ServerProcess server, int receiver) throws Exception {
        String send = """
                {"message":{"messageId":"m1","role":"ROLE_USER","parts":[{"text":"count"}],
                 "metadata":{"words":%d,"delayMs":2}},
                 "configuration":{"taskPushNotificationConfig":{"url":"http://127.0.0.1:%d/"}}}
                """.formatted(WORDS, receiver);
        var seen = new ArrayList<Seen>();
        HttpResponse<java.io.InputStream> stream =
                CLIENT.send(request(server.uri("/a2a/message:stream"), send).build(), BodyHandlers.ofInputStream());
        try (var lines = new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
            read(lines, seen, SEEN, false);
        }
        assertThat(seen).hasSize(SEEN);
        return seen;
    }

    private static HttpRequest.Builder request(URI uri, String body) {
        return HttpRequest.newBuilder(uri)
                .header("Content-Type", "application/json")
                .header("A2A-Version", "1.0")
                .POST(BodyPublishers.ofString(body));
    }

    private static void read(BufferedReader lines, List<Seen> seen, int most, boolean wrapped) throws IOException {
        long id = -1;
        for (String line; seen.size() < most && (line = lines.readLine()) != null; ) {
            if (line.startsWith("id:")) {
                id = Long.parseLong(line.substring(3).strip());
            } else if (line.startsWith("data:")) {
                var json = Web.JSON.readTree(line.substring(5));
                seen.add(new Seen(id, A2aJson.STREAM_RESPONSE.read(wrapped ? json.get("result") : json)));
            }
        }
    }

    private static List<Seen> overRest(ServerProcess server, String task, long after) throws Exception {
        return sse(request(server.uri("/a2a/tasks/" + task + ":subscribe"), "{}"), after, false);
    }

    private static List<Seen> overJsonRpc(ServerProcess server, String task, long after) throws Exception {
        String call =
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"SubscribeToTask\",\"params\":{\"id\":\"" + task + "\"}}";
        return sse(request(server.uri("/a2a"), call), after, true);
    }

    private static List<Seen> sse(HttpRequest.Builder request, long after, boolean wrapped) throws Exception {
        var seen = new ArrayList<Seen>();
        var stream = CLIENT.send(
                request.header("Last-Event-ID", Long.toString(after)).build(), BodyHandlers.ofInputStream());
        try (var lines = new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
            read(lines, seen, Integer.MAX_VALUE, wrapped);
        }
        return seen;
    }

    private static List<Seen> overGrpc(ServerProcess server, String task, long after) throws Exception {
        var channel = NettyChannelBuilder.forAddress("127.0.0.1", server.uri().getPort())
                .usePlaintext()
                .build();
        try {
            var metadata = new Metadata();
            Map.of("a2a-version", "1.0", "a2a-extensions", EXTENSION, "last-event-id", Long.toString(after))
                    .forEach((name, value) ->
                            metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value));
            var seen = new ArrayList<Seen>();
            A2AServiceGrpc.newBlockingStub(channel)
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata))
                    .withDeadlineAfter(120, TimeUnit.SECONDS)
                    .subscribeToTask(
                            SubscribeToTaskRequest.newBuilder().setId(task).build())
                    .forEachRemaining(message -> {
                        StreamResponse event = FromProto.streamResponse(message);
                        long id = Web.JSON
                                .readTree(A2aJson.STREAM_RESPONSE.write(event))
                                .findValue(EXTENSION)
                                .get("id")
                                .asLong();
                        seen.add(new Seen(id, event));
                    });
            return seen;
        } finally {
            channel.shutdownNow();
        }
    }
}
