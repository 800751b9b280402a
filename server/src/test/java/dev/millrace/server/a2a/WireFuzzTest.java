package dev.millrace.server.a2a;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.lf.a2a.v1.A2AServiceGrpc;
import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.grpc.ToProto;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.json.JsonText;
import dev.millrace.protocol.operation.GetTaskRequest;
import dev.millrace.protocol.operation.SendMessageRequest;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import tools.jackson.databind.JsonNode;

/**
 * Whatever comes over the wire, the answer is one of the documented ones, never that the server failed, and it goes on. The
 * requests are good ones with damage: bytes turned, cut out, doubled, and values in the place of others.
 */
class WireFuzzTest {
    private static final int TRIES = 400;

    private static final String SAY =
            "{\"message\":{\"messageId\":\"m\",\"role\":\"ROLE_USER\",\"parts\":[{\"text\":\"x\"},"
                    + "{\"data\":{\"a\":[1,null]}},{\"raw\":\"AAEC\"},{\"url\":\"http://h/\"}],\"metadata\":{\"k\":{}}},"
                    + "\"configuration\":{\"acceptedOutputModes\":[\"text/plain\"],\"historyLength\":1,"
                    + "\"returnImmediately\":false}}";

    private static final List<String> CALLS = List.of(
            A2aHouse.rpc("SendMessage", SAY),
            A2aHouse.rpc("SendStreamingMessage", SAY),
            A2aHouse.rpc("GetTask", "{\"id\":\"t\",\"historyLength\":2}"),
            A2aHouse.rpc(
                    "ListTasks",
                    "{\"pageSize\":3,\"status\":\"TASK_STATE_WORKING\",\"pageToken\":\"x\","
                            + "\"statusTimestampAfter\":\"2026-01-01T00:00:00Z\"}"),
            A2aHouse.rpc("CancelTask", "{\"id\":\"t\",\"metadata\":{}}"),
            A2aHouse.rpc("SubscribeToTask", "{\"id\":\"t\",\"tenant\":\"n\"}"),
            "[" + A2aHouse.rpc("GetTask", "{\"id\":\"t\"}") + "," + A2aHouse.rpc("ListTasks", "{}") + "]");

    private static final List<String> PATHS = List.of(
            "GET /tasks?pageSize=3&status=TASK_STATE_WORKING&pageToken=x&includeArtifacts=true",
            "GET /tasks/t?historyLength=1",
            "POST /tasks/t:cancel",
            "GET /tasks/t:subscribe",
            "POST /message:send",
            "POST /message:stream",
            "GET /tasks/t/pushNotificationConfigs/c",
            "DELETE /tasks/t/pushNotificationConfigs/c",
            "GET /extendedAgentCard");

    private static final String[] SNIPPETS = {
        "null",
        "\"\"",
        "{}",
        "[]",
        "1e999",
        "-1",
        "99999999999999999999",
        "\"\\ud800\"",
        "true",
        ",",
        " ",
        "\"",
        "\\",
        "[".repeat(5_000),
        "{\"a\":".repeat(5_000),
        "9".repeat(5_000),
        "\u0000",
        "%00",
        "%ff",
        "/../",
        ";",
        "é"
    };

    private static A2aHouse house;
    private static ManagedChannel channel;

    @BeforeContainer
    static void open() throws Exception {
        house = new A2aHouse(
                new MemoryStore(),
                AgentCatalog.of("echo", turn -> turn.say(turn.message().text())));
        channel = Tongue.channel(house);
    }

    @AfterContainer
    static void close() {
        channel.shutdownNow();
        house.close();
    }

    static byte[] damage(byte[] good, Random random) {
        byte[] bytes = good;
        for (int i = random.nextInt(4); i >= 0; i--) {
            int at = bytes.length == 0 ? 0 : random.nextInt(bytes.length);
            int to = Math.min(bytes.length, at + random.nextInt(12));
            bytes = switch (random.nextInt(5)) {
                case 0 -> replaced(bytes, at, to, new byte[0]);
                case 1 -> replaced(bytes, at, at, Arrays.copyOfRange(bytes, at, to));
                case 2 -> replaced(bytes, at, to, snippet(random));
                case 3 -> Arrays.copyOf(bytes, at);
                default -> {
                    byte[] turned = bytes.clone();
                    if (turned.length > 0) {
                        turned[at] = (byte) random.nextInt();
                    }
                    yield turned;
                }
            };
        }
        return bytes;
    }

    private static byte[] snippet(Random random) {
        return SNIPPETS[random.nextInt(SNIPPETS.length)].getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] replaced(byte[] bytes, int from, int to, byte[] by) {
        byte[] out = new byte[bytes.length - (to - from) + by.length];
        System.arraycopy(bytes, 0, out, 0, from);
        System.arraycopy(by, 0, out, from, by.length);
        System.arraycopy(bytes, to, out, from + by.length, bytes.length - to);
        return out;
    }

    @Property(tries = TRIES)
    void damaged_json_rpc_is_answered_and_never_with_an_internal_error(@ForAll Random random) throws Exception {
        byte[] body = damage(CALLS.get(random.nextInt(CALLS.size())).getBytes(StandardCharsets.UTF_8), random);
        HttpResponse<String> response = house.send(
                house.request("/a2a", "").POST(BodyPublishers.ofByteArray(body)).build());
        assertThat(response.statusCode()).as(() -> text(body)).isLessThan(500);
        if (response.headers().firstValue("Content-Type").orElse("").startsWith("application/json")) {
            JsonNode answer = JsonText.parse(A2aHouse.bytes(response.body()));
            for (JsonNode one : answer.isArray() ? answer : List.of(answer)) {
                assertThat(one.path("error").path("code").asInt(0))
                        .as(() -> text(body))
                        .isNotEqualTo(-32603);
            }
        } else {
            assertThat(response.body()).doesNotContain("-32603");
        }
    }

    @Property(tries = TRIES)
    void damaged_rest_is_answered_and_never_with_a_500(@ForAll Random random) throws Exception {
        String[] route = PATHS.get(random.nextInt(PATHS.size())).split(" ");
        byte[] body = random.nextBoolean()
                ? damage(SAY.getBytes(StandardCharsets.UTF_8), random)
                : SAY.getBytes(StandardCharsets.UTF_8);
        String path = random.nextInt(3) > 0
                ? route[1]
                : new String(damage(route[1].getBytes(StandardCharsets.US_ASCII), random), StandardCharsets.ISO_8859_1);
        HttpRequest request;
        try {
            request = house.request("/a2a" + path, "")
                    .method(route[0], BodyPublishers.ofByteArray(body))
                    .build();
        } catch (IllegalArgumentException noUrl) {
            return; // RawHttp1's tests send what no client would
        }
        assertThat(house.send(request).statusCode())
                .as(() -> path + " " + text(body))
                .isLessThan(500);
    }

    private static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    @Property(tries = TRIES)
    void damaged_protocol_buffers_are_refused_or_answered(@ForAll Random random) {
        boolean send = random.nextBoolean();
        byte[] good = send
                ? ToProto.sendMessage(SendMessageRequest.of(Message.user("m", "x")))
                        .toByteArray()
                : ToProto.getTask(GetTaskRequest.of("t")).toByteArray();
        byte[] body = damage(good, random);
        var method = (send ? A2AServiceGrpc.getSendMessageMethod() : A2AServiceGrpc.getGetTaskMethod())
                .toBuilder(BYTES, BYTES).build();
        var metadata = new Metadata();
        metadata.put(Metadata.Key.of("a2a-version", Metadata.ASCII_STRING_MARSHALLER), "1.0");
        try {
            byte[] answer = ClientCalls.blockingUnaryCall(
                    io.grpc.ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(metadata)),
                    method,
                    CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS),
                    body);
            assertThat(answer).isNotNull();
        } catch (StatusRuntimeException e) {
            assertThat(e.getStatus().getCode())
                    .as(() -> Arrays.toString(body) + " " + e.getStatus())
                    .isIn(
                            Status.Code.INVALID_ARGUMENT,
                            Status.Code.NOT_FOUND,
                            Status.Code.FAILED_PRECONDITION,
                            Status.Code.PERMISSION_DENIED);
        }
    }

    private static String text(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        return text.length() > 500 ? text.substring(0, 500) + "…" : text;
    }
}
