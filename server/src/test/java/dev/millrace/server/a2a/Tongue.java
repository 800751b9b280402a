package dev.millrace.server.a2a;

import com.google.lf.a2a.v1.A2AServiceGrpc;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import com.google.rpc.ErrorInfo;
import dev.millrace.protocol.json.JsonText;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One of A2A's bindings, spoken by hand: the same call, by the method's name and its request in JSON, over each. gRPC's JSON
 * is made by protocol buffers' own printer, so that it is no test of ours against ours.
 */
enum Tongue {
    JSONRPC,
    REST,
    GRPC;

    /**
     * What came back: a result, or an error.
     *
     * @param reason the error's ErrorInfo reason
     * @param code its code in JSON-RPC, status in HTTP, or name of the status in gRPC
     */
    record Outcome(
            @Nullable JsonNode result,
            @Nullable String reason,
            @Nullable String code,
            String text) {
        JsonNode ok() {
            if (result == null) {
                throw new AssertionError("no result but " + text);
            }
            return result;
        }
    }

    /** The frames of a stream as they come. */
    interface Stream extends Iterator<JsonNode>, AutoCloseable {
        @Override
        void close();

        default List<JsonNode> rest() {
            var all = new ArrayList<JsonNode>();
            forEachRemaining(all::add);
            return all;
        }
    }

    private static final Map<String, String> VERSION = Map.of("A2A-Version", "1.0");

    Outcome call(A2aHouse house, String method, String params) throws Exception {
        return call(house, method, params, VERSION);
    }

    /** @param headers all of them, the version included */
    Outcome call(A2aHouse house, String method, String params, Map<String, String> headers) throws Exception {
        return switch (this) {
            case JSONRPC -> rpc(house, method, params, headers);
            case REST -> rest(house, method, params, headers);
            case GRPC -> grpc(house, method, params, headers);
        };
    }

    Stream open(A2aHouse house, String method, String params, String... more) throws Exception {
        var headers = new java.util.HashMap<>(VERSION);
        for (int i = 0; i < more.length; i += 2) {
            headers.put(more[i], more[i + 1]);
        }
        if (this == GRPC) {
            return new GrpcStream(house, method, params, headers);
        }
        HttpRequest request = this == JSONRPC
                ? builder(house, "/a2a", headers)
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(A2aHouse.rpc(method, params)))
                        .build()
                : restRequest(house, method, params, headers);
        return new SseStream(HTTP.send(request, BodyHandlers.ofInputStream()), this == JSONRPC);
    }

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static HttpRequest.Builder builder(A2aHouse house, String path, Map<String, String> headers) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(house.uri(path)).timeout(A2aHouse.PATIENCE);
        headers.forEach(builder::header);
        return builder;
    }

    // ---- JSON-RPC

    private static Outcome rpc(A2aHouse house, String method, String params, Map<String, String> headers)
            throws Exception {
        String body = HTTP.send(
                        builder(house, "/a2a", headers)
                                .header("Content-Type", "application/json")
                                .POST(BodyPublishers.ofString(A2aHouse.rpc(method, params)))
                                .build(),
                        BodyHandlers.ofString())
                .body();
        if (body.startsWith(":") || body.startsWith("id")) {
            return new Outcome(null, null, null, body); // a stream
        }
        JsonNode json = JsonText.parse(A2aHouse.bytes(body));
        if (json.has("result")) {
            return new Outcome(json.get("result"), null, null, body);
        }
        JsonNode error = json.get("error");
        return new Outcome(null, reason(error.path("data")), error.get("code").toString(), body);
    }

    private static @Nullable String reason(JsonNode details) {
        for (JsonNode detail : details) {
            if (detail.get("@type").stringValue().endsWith("google.rpc.ErrorInfo")) {
                return detail.get("reason").stringValue();
            }
            if (detail.get("@type").stringValue().endsWith("google.rpc.BadRequest")) {
                return "INVALID_PARAMS";
            }
        }
        return null;
    }

    // ---- HTTP+JSON

    private static Outcome rest(A2aHouse house, String method, String params, Map<String, String> headers)
            throws Exception {
        HttpResponse<String> response = HTTP.send(restRequest(house, method, params, headers), BodyHandlers.ofString());
        if (response.statusCode() == 200) {
            return new Outcome(JsonText.parse(A2aHouse.bytes(response.body())), null, null, response.body());
        }
        JsonNode error = JsonText.parse(A2aHouse.bytes(response.body())).get("error");
        if (error.get("code").intValue() != response.statusCode()) {
            throw new AssertionError("another code than the status: " + response.body());
        }
        return new Outcome(
                null, reason(error.get("details")), Integer.toString(response.statusCode()), response.body());
    }

    static HttpRequest restRequest(A2aHouse house, String method, String params, Map<String, String> headers) {
        ObjectNode request = (ObjectNode) JsonText.parse(A2aHouse.bytes(params));
        String tenant = request.has("tenant") ? "/" + take(request, "tenant") : "";
        String base = "/a2a" + tenant;
        return switch (method) {
            case "SendMessage" -> post(house, base + "/message:send", request, headers);
            case "SendStreamingMessage" -> post(house, base + "/message:stream", request, headers);
            case "GetTask" -> get(house, base + "/tasks/" + take(request, "id"), request, headers);
            case "ListTasks" -> get(house, base + "/tasks", request, headers);
            case "CancelTask" -> post(house, base + "/tasks/" + take(request, "id") + ":cancel", request, headers);
            case "SubscribeToTask" ->
                post(house, base + "/tasks/" + take(request, "id") + ":subscribe", request, headers);
            case "CreateTaskPushNotificationConfig" ->
                post(house, base + "/tasks/" + take(request, "taskId") + "/pushNotificationConfigs", request, headers);
            case "ListTaskPushNotificationConfigs" ->
                get(house, base + "/tasks/" + take(request, "taskId") + "/pushNotificationConfigs", request, headers);
            case "GetTaskPushNotificationConfig" -> get(house, config(base, request), request, headers);
            case "DeleteTaskPushNotificationConfig" ->
                builder(house, config(base, request), headers).DELETE().build();
            case "GetExtendedAgentCard" -> get(house, base + "/extendedAgentCard", request, headers);
            default -> throw new IllegalArgumentException(method);
        };
    }

    private static String config(String base, ObjectNode request) {
        return base + "/tasks/" + take(request, "taskId") + "/pushNotificationConfigs/" + take(request, "id");
    }

    private static String take(ObjectNode request, String field) {
        JsonNode value = request.remove(field);
        return value == null ? "" : URLEncoder.encode(value.asString(), StandardCharsets.UTF_8);
    }

    private static HttpRequest post(A2aHouse house, String path, ObjectNode body, Map<String, String> headers) {
        return builder(house, path, headers)
                .header("Content-Type", "application/a2a+json")
                .POST(BodyPublishers.ofString(body.toString()))
                .build();
    }

    private static HttpRequest get(A2aHouse house, String path, ObjectNode query, Map<String, String> headers) {
        String text = query.properties().stream()
                .map(field -> field.getKey() + "="
                        + URLEncoder.encode(field.getValue().asString(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        return builder(house, text.isEmpty() ? path : path + "?" + text, headers)
                .GET()
                .build();
    }

    private static final class SseStream implements Stream {
        private final HttpResponse<InputStream> response;
        private final BufferedReader lines;
        private final boolean wrapped;
        private @Nullable JsonNode next;

        SseStream(HttpResponse<InputStream> response, boolean wrapped) {
            this.response = response;
            this.wrapped = wrapped;
            this.lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
            String type = response.headers().firstValue("Content-Type").orElse("");
            if (!type.equals("text/event-stream")) {
                throw new AssertionError("no stream but " + response);
            }
        }

        @Override
        public boolean hasNext() {
            try {
                for (String line; next == null && (line = lines.readLine()) != null; ) {
                    if (line.startsWith("data: ")) {
                        JsonNode json = JsonText.parse(A2aHouse.bytes(line.substring(6)));
                        next = wrapped ? json.get("result") : json;
                    }
                }
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
            return next != null;
        }

        @Override
        public JsonNode next() {
            if (!hasNext()) {
                throw new NoSuchElementException("the stream has ended");
            }
            JsonNode taken = next;
            next = null;
            return taken;
        }

        @Override
        public void close() {
            try {
                response.body().close();
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    // ---- gRPC

    static ManagedChannel channel(A2aHouse house) {
        return NettyChannelBuilder.forAddress("127.0.0.1", house.server.port())
                .usePlaintext()
                .build();
    }

    private static ClientInterceptor with(Map<String, String> headers) {
        var metadata = new Metadata();
        headers.forEach((name, value) -> metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value));
        return MetadataUtils.newAttachHeadersInterceptor(metadata);
    }

    @SuppressWarnings("unchecked")
    private static MethodDescriptor<Message, Message> method(String name) {
        return (MethodDescriptor<Message, Message>) A2AServiceGrpc.getServiceDescriptor().getMethods().stream()
                .filter(method -> name.equals(method.getBareMethodName()))
                .findFirst()
                .orElseThrow();
    }

    private static Message message(MethodDescriptor<Message, Message> method, String params) throws Exception {
        var marshaller = (MethodDescriptor.PrototypeMarshaller<Message>) method.getRequestMarshaller();
        Message.Builder builder = marshaller.getMessagePrototype().newBuilderForType();
        JsonFormat.parser().ignoringUnknownFields().merge(params, builder);
        return builder.build();
    }

    private static JsonNode json(Message message) {
        try {
            return JsonText.parse(A2aHouse.bytes(
                    JsonFormat.printer().omittingInsignificantWhitespace().print(message)));
        } catch (com.google.protobuf.InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    private static Outcome grpc(A2aHouse house, String name, String params, Map<String, String> headers)
            throws Exception {
        MethodDescriptor<Message, Message> method = method(name);
        ManagedChannel channel = channel(house);
        try {
            var intercepted = ClientInterceptors.intercept(channel, with(headers));
            var options = CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS);
            Message answer = method.getType().serverSendsOneMessage()
                    ? ClientCalls.blockingUnaryCall(intercepted, method, options, message(method, params))
                    : ClientCalls.blockingServerStreamingCall(intercepted, method, options, message(method, params))
                            .next();
            return new Outcome(json(answer), null, null, answer.toString());
        } catch (StatusRuntimeException e) {
            return failed(e);
        } finally {
            channel.shutdownNow();
        }
    }

    static Outcome failed(StatusRuntimeException e) throws Exception {
        var status = StatusProto.fromThrowable(e);
        String reason = null;
        for (var detail : status == null ? List.<com.google.protobuf.Any>of() : status.getDetailsList()) {
            if (detail.is(ErrorInfo.class)) {
                reason = detail.unpack(ErrorInfo.class).getReason();
            }
        }
        return new Outcome(null, reason, e.getStatus().getCode().name(), String.valueOf(status));
    }

    private static final class GrpcStream implements Stream {
        private final ManagedChannel channel;
        private final Iterator<Message> messages;

        GrpcStream(A2aHouse house, String name, String params, Map<String, String> headers) throws Exception {
            channel = channel(house);
            MethodDescriptor<Message, Message> method = method(name);
            messages = ClientCalls.blockingServerStreamingCall(
                    ClientInterceptors.intercept(channel, with(headers)),
                    method,
                    CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS),
                    message(method, params));
        }

        @Override
        public boolean hasNext() {
            return messages.hasNext();
        }

        @Override
        public JsonNode next() {
            return json(messages.next());
        }

        @Override
        public void close() {
            channel.shutdownNow();
        }
    }
}
