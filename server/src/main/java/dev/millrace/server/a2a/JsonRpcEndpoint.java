package dev.millrace.server.a2a;

import dev.millrace.core.Sweeper;
import dev.millrace.engine.Event;
import dev.millrace.engine.Refused;
import dev.millrace.engine.Snapshot;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.error.A2aError;
import dev.millrace.protocol.error.A2aException;
import dev.millrace.protocol.error.ErrorInfo;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.protocol.json.JsonForm;
import dev.millrace.protocol.operation.SendMessageRequest;
import dev.millrace.protocol.rpc.RpcError;
import dev.millrace.protocol.rpc.RpcId;
import dev.millrace.protocol.rpc.RpcResponse;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.FrameBuffer;
import dev.millrace.server.http.Framing;
import dev.millrace.server.http.HttpProblem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * The JSON-RPC binding of A2A v1.0 (9): envelopes, codes and frames around {@link A2aService}.
 *
 * <p>The calls of a batch are begun in order and then answered in order, so that a send that takes long holds up no call
 * that comes after it.
 */
final class JsonRpcEndpoint {
    private static final Logger log = LoggerFactory.getLogger(JsonRpcEndpoint.class);

    /** Ours, of the codes that JSON-RPC (2.0, 5.1) leaves to servers: the same request may succeed later. */
    private static final int TRY_AGAIN = -32000;

    /** What stands after a result. */
    private static final byte[] TAIL = {'}'};

    private static final Set<String> MEDIA_TYPES = Set.of("application/json", "application/a2a+json");

    /** What the version before called them, for a hint. */
    private static final Map<String, String> FORMER_NAMES = Map.of(
            "message/send", "SendMessage",
            "message/stream", "SendStreamingMessage",
            "tasks/get", "GetTask",
            "tasks/list", "ListTasks",
            "tasks/cancel", "CancelTask",
            "tasks/resubscribe", "SubscribeToTask");

    /** A call that was begun. */
    @FunctionalInterface
    private interface Begun extends AutoCloseable {
        byte[] result() throws HttpProblem, IOException, InterruptedException;

        @Override
        default void close() {}
    }

    /** A call that was begun, and what its response needs. */
    private record Pending(RpcId id, Begun begun) {}

    private final A2aService service;
    private final Sweeper sweeper;
    private final Duration heartbeat;

    JsonRpcEndpoint(A2aService service, Sweeper sweeper, Duration heartbeat) {
        this.service = service;
        this.sweeper = sweeper;
        this.heartbeat = heartbeat;
    }

    void handle(Exchange exchange, Caller caller) throws HttpProblem, IOException, InterruptedException {
        requireJson(exchange);
        String version = ProtocolVersion.of(exchange);
        exchange.header(ProtocolVersion.HEADER, ProtocolVersion.OURS);
        if (Resumption.asked(exchange)) {
            exchange.header(Resumption.EXTENSIONS_HEADER, Resumption.URI);
        }
        CallReader.Body body = CallReader.read(exchange.body());
        if (!body.batch()
                && body.calls().getFirst() instanceof Call.Valid call
                && !call.notification()
                && streams(call.request().method())) {
            stream(exchange, caller, version, call);
        } else {
            answer(exchange, caller, version, body);
        }
    }

    private static void requireJson(Exchange exchange) throws HttpProblem {
        String type = exchange.header("Content-Type").orElse("");
        int parameters = type.indexOf(';');
        String essence = (parameters < 0 ? type : type.substring(0, parameters)).strip();
        // Also what keeps a web page from posting here without asking: a browser must ask for these types (CORS).
        if (!MEDIA_TYPES.contains(essence.toLowerCase(Locale.ROOT))) {
            throw new HttpProblem(
                    415,
                    "unsupported-media-type",
                    "The media type is not supported",
                    "Send the body with Content-Type: application/json (or application/a2a+json).");
        }
    }

    private static boolean streams(String method) {
        return method.equals("SendStreamingMessage") || method.equals("SubscribeToTask");
    }

    // ---- One response, or a batch of them

    private void answer(Exchange exchange, Caller caller, String version, CallReader.Body body)
            throws HttpProblem, IOException, InterruptedException {
        var response = new SlowResponse(exchange, sweeper, heartbeat);
        var pending = new ArrayList<Pending>(body.calls().size());
        try {
            for (Call call : body.calls()) {
                pending.add(begin(caller, version, call, body.batch(), response));
            }
            var responses = new ArrayList<byte[]>(pending.size());
            for (Pending each : pending) {
                byte @Nullable [] bytes = respond(each);
                if (bytes != null) {
                    responses.add(bytes);
                }
            }
            if (responses.isEmpty()) {
                response.sendNothing();
            } else {
                response.send(body.batch() ? array(responses) : responses.getFirst());
            }
        } finally {
            pending.forEach(each -> each.begun().close());
        }
    }

    private static byte[] array(List<byte[]> responses) {
        var array = new ByteArrayOutputStream();
        char separator = '[';
        for (byte[] response : responses) {
            array.write(separator);
            array.writeBytes(response);
            separator = ',';
        }
        array.write(']');
        return array.toByteArray();
    }

    private Pending begin(Caller caller, String version, Call entry, boolean batch, SlowResponse response)
            throws InterruptedException {
        return switch (entry) {
            case Call.Broken broken -> new Pending(broken.id(), failed(broken.error()));
            case Call.Valid call -> {
                try {
                    ProtocolVersion.require(version);
                    yield new Pending(call.id(), begin(caller, call, batch, response));
                } catch (RuntimeException e) {
                    yield new Pending(call.id(), failed(error(e)));
                }
            }
        };
    }

    private static Begun failed(RpcError fault) {
        return () -> {
            throw new FaultyCall(fault);
        };
    }

    /** The response, or null where none is due. */
    private static byte @Nullable [] respond(Pending pending) throws HttpProblem, IOException, InterruptedException {
        RpcId id = pending.id();
        try {
            byte[] result = pending.begun().result();
            return id.absent() ? null : RpcResponse.write(id, result);
        } catch (RuntimeException e) {
            RpcError error = error(e);
            return id.absent() ? null : RpcResponse.write(id, error);
        }
    }

    private Begun begin(Caller caller, Call.Valid call, boolean batch, SlowResponse response) {
        switch (call.request().method()) {
            case "SendMessage" -> {
                Answer answer = service.send(caller, params(call, A2aJson.SEND_MESSAGE_REQUEST));
                return call.notification() ? unheard(answer::close) : awaited(answer, response);
            }
            case "SendStreamingMessage" -> {
                requireUnheard(call, batch);
                TaskStream stream = service.stream(caller, params(call, A2aJson.SEND_MESSAGE_REQUEST));
                return unheard(stream::close);
            }
            case "SubscribeToTask" -> {
                requireUnheard(call, batch);
                return unheard(() -> {});
            }
            case "GetTask" -> {
                return done(A2aJson.TASK.write(service.get(caller, params(call, A2aJson.GET_TASK_REQUEST))));
            }
            case "ListTasks" -> {
                return done(A2aJson.LIST_TASKS_RESPONSE.write(
                        service.list(caller, params(call, A2aJson.LIST_TASKS_REQUEST))));
            }
            case "CancelTask" -> {
                return done(A2aJson.TASK.write(service.cancel(caller, params(call, A2aJson.CANCEL_TASK_REQUEST))));
            }
            case "CreateTaskPushNotificationConfig",
                    "GetTaskPushNotificationConfig",
                    "ListTaskPushNotificationConfigs",
                    "DeleteTaskPushNotificationConfig" -> throw A2aService.pushNotSupported();
            case "GetExtendedAgentCard" ->
                throw new A2aException(
                        A2aError.UNSUPPORTED_OPERATION,
                        "this agent has no extended card; all there is to know is in its public one");
            default -> throw new FaultyCall(methodNotFound(call.request().method()));
        }
    }

    private static RpcError methodNotFound(String method) {
        String name = method.length() <= 64 ? method : method.substring(0, 64) + "…";
        String now = FORMER_NAMES.get(method);
        return new RpcError(
                RpcError.METHOD_NOT_FOUND,
                "there is no method \"" + name + "\"" + (now == null ? "" : "; in A2A 1.0 it is \"" + now + "\""),
                null);
    }

    private static void requireUnheard(Call.Valid call, boolean batch) {
        if (batch && !call.notification()) {
            throw new FaultyCall(RpcError.invalidRequest(
                    call.request().method() + " streams and can't be part of a batch; send it by itself"));
        }
    }

    private static Begun done(byte[] result) {
        return () -> result;
    }

    private static Begun unheard(Runnable close) {
        close.run();
        return () -> new byte[0];
    }

    private static Begun awaited(Answer answer, SlowResponse response) {
        return new Begun() {
            @Override
            public byte[] result() throws HttpProblem, IOException, InterruptedException {
                return A2aJson.SEND_MESSAGE_RESPONSE.write(response.await(answer));
            }

            @Override
            public void close() {
                answer.close();
            }
        };
    }

    private static <T> T params(Call.Valid call, JsonForm<T> form) {
        JsonNode params = call.request().paramsOrEmpty();
        if (params.isArray()) {
            throw new InvalidField("params", "must be an object: A2A names its parameters");
        }
        return form.read(params);
    }

    // ---- A stream

    private void stream(Exchange exchange, Caller caller, String version, Call.Valid call)
            throws HttpProblem, IOException, InterruptedException {
        TaskStream opened;
        try {
            ProtocolVersion.require(version);
            opened = open(exchange, caller, call);
        } catch (RuntimeException e) {
            exchange.respond(200, SlowResponse.JSON, RpcResponse.write(call.id(), error(e)));
            return;
        }
        try (opened) {
            byte[] head = RpcResponse.resultHead(call.id());
            var out = exchange.eventStream();
            Optional<Snapshot> first = opened.first();
            if (first.isPresent()) {
                Task task = first.get().task();
                byte[] payload = A2aJson.STREAM_RESPONSE.write(task);
                out.send(new FrameBuffer().event(first.get().offset(), head, payload, TAIL));
            }
            if (!opened.complete()) {
                out.pump(opened.cursor(), framing(opened, head));
            }
        }
    }

    private TaskStream open(Exchange exchange, Caller caller, Call.Valid call) throws InterruptedException {
        if (call.request().method().equals("SendStreamingMessage")) {
            SendMessageRequest request = params(call, A2aJson.SEND_MESSAGE_REQUEST);
            service.understood(exchange.arrivedAt());
            return service.stream(caller, request);
        }
        var request = params(call, A2aJson.SUBSCRIBE_TO_TASK_REQUEST);
        Long after = Resumption.after(exchange);
        return after == null ? service.subscribe(caller, request) : service.resume(caller, request, after);
    }

    private Framing<Event> framing(TaskStream stream, byte[] head) {
        var begun = new AtomicBoolean();
        return Framing.each((entry, out) -> {
            if (stream.shows(entry)) {
                if (entry.event().kind() == Event.Kind.CHUNK && !begun.getAndSet(true)) {
                    service.shown(stream.taskId());
                }
                out.event(entry.offset(), head, stream.payload(entry), TAIL);
            }
            return stream.endsAt(entry) ? Framing.Then.END : Framing.Then.CONTINUE;
        });
    }

    // ---- Failures

    /** A fault on its way to the response. */
    private static final class FaultyCall extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final transient RpcError error;

        FaultyCall(RpcError error) {
            super(error.message(), null, false, false);
            this.error = error;
        }
    }

    private static RpcError error(RuntimeException e) {
        return switch (e) {
            case FaultyCall faulty -> faulty.error;
            case A2aException error -> RpcError.of(error);
            case InvalidField field -> RpcError.invalidParams(field);
            case Refused refused -> tryAgain(refused);
            default -> {
                String id = UUID.randomUUID().toString();
                log.error("an A2A call failed (error {})", id, e);
                yield RpcError.internal("the server failed; this is not your fault. Its log knows more under " + id);
            }
        };
    }

    private static RpcError tryAgain(Refused refused) {
        String reason = refused.reason() == Refused.Reason.QUEUE_FULL ? "RESOURCE_EXHAUSTED" : "UNAVAILABLE";
        JsonNode info = new ErrorInfo(reason, "millrace.dev", Map.of()).json();
        return new RpcError(
                TRY_AGAIN,
                String.valueOf(refused.getMessage()),
                JsonNodeFactory.instance.arrayNode().add(info));
    }
}
