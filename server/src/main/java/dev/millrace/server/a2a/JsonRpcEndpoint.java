package dev.millrace.server.a2a;

import dev.millrace.core.Sweeper;
import dev.millrace.engine.Event;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.error.ErrorTable;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.protocol.json.JsonForm;
import dev.millrace.protocol.json.JsonPieces;
import dev.millrace.protocol.operation.GetTaskRequest;
import dev.millrace.protocol.operation.SendMessageRequest;
import dev.millrace.protocol.rpc.RpcError;
import dev.millrace.protocol.rpc.RpcId;
import dev.millrace.protocol.rpc.RpcResponse;
import dev.millrace.server.http.EventStream;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.FrameBuffer;
import dev.millrace.server.http.Framing;
import dev.millrace.server.http.HttpProblem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The JSON-RPC binding of A2A v1.0 (9): envelopes, codes and frames around {@link A2aService}.
 *
 * <p>The calls of a batch are begun in order and then answered in order, so that a send that takes long holds up no call
 * that comes after it.
 */
final class JsonRpcEndpoint {
    /** What stands after a result. */
    private static final byte[] TAIL = {'}'};

    /** {@code google.protobuf.Empty}. */
    private static final byte[] EMPTY = {'{', '}'};

    /** Of a notification. */
    private static final JsonPieces NOTHING = JsonPieces.of(new byte[0]);

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
        JsonPieces response(RpcId id) throws HttpProblem, IOException, InterruptedException;

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
        MediaTypes.requireJson(exchange);
        CallReader.Body body = CallReader.read(exchange.body());
        if (!body.batch()
                && body.calls().getFirst() instanceof Call.Valid call
                && !call.notification()
                && streams(call.request().method())) {
            stream(exchange, caller, call);
        } else {
            answer(exchange, caller, body);
        }
    }

    private static boolean streams(String method) {
        return method.equals("SendStreamingMessage") || method.equals("SubscribeToTask");
    }

    // ---- One response, or a batch of them

    private void answer(Exchange exchange, Caller caller, CallReader.Body body)
            throws HttpProblem, IOException, InterruptedException {
        var response = new SlowResponse(exchange, sweeper, heartbeat, MediaTypes.JSON);
        var pending = new ArrayList<Pending>(body.calls().size());
        try {
            for (Call call : body.calls()) {
                pending.add(begin(exchange, caller, call, body.batch(), response));
            }
            var responses = new ArrayList<JsonPieces>(pending.size());
            for (Pending each : pending) {
                JsonPieces its = respond(each);
                if (its != null) {
                    responses.add(its);
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

    private static JsonPieces array(List<JsonPieces> responses) {
        var array = new ByteArrayOutputStream();
        char separator = '[';
        for (JsonPieces response : responses) {
            array.write(separator);
            response.pieces().forEach(array::writeBytes);
            separator = ',';
        }
        array.write(']');
        return JsonPieces.of(array.toByteArray());
    }

    private Pending begin(Exchange exchange, Caller caller, Call entry, boolean batch, SlowResponse response)
            throws InterruptedException {
        return switch (entry) {
            case Call.Broken broken -> new Pending(broken.id(), failed(broken.error()));
            case Call.Valid call -> {
                try {
                    service.admit(caller, null); // before the method: a client of 0.3 calls others
                    yield new Pending(call.id(), begin(exchange, caller, call, batch, response));
                } catch (RuntimeException | HttpProblem e) {
                    yield new Pending(call.id(), failed(error(e)));
                }
            }
        };
    }

    private static Begun failed(RpcError fault) {
        return id -> {
            throw new FaultyCall(fault);
        };
    }

    /** The response, or null where none is due. */
    private @Nullable JsonPieces respond(Pending pending) throws HttpProblem, IOException, InterruptedException {
        RpcId id = pending.id();
        try {
            JsonPieces response = pending.begun().response(id);
            return id.absent() ? null : response;
        } catch (RuntimeException e) {
            RpcError error = error(e);
            return id.absent() ? null : JsonPieces.of(RpcResponse.write(id, error));
        }
    }

    private Begun begin(Exchange exchange, Caller caller, Call.Valid call, boolean batch, SlowResponse response)
            throws HttpProblem, InterruptedException {
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
                return done(A2aJson.TASK, get(exchange, caller, params(call, A2aJson.GET_TASK_REQUEST), batch));
            }
            case "ListTasks" -> {
                return done(
                        A2aJson.LIST_TASKS_RESPONSE, service.list(caller, params(call, A2aJson.LIST_TASKS_REQUEST)));
            }
            case "CancelTask" -> {
                return done(A2aJson.TASK, service.cancel(caller, params(call, A2aJson.CANCEL_TASK_REQUEST)));
            }
            case "CreateTaskPushNotificationConfig" -> {
                return done(
                        A2aJson.TASK_PUSH_NOTIFICATION_CONFIG,
                        service.createPush(caller, params(call, A2aJson.TASK_PUSH_NOTIFICATION_CONFIG)));
            }
            case "GetTaskPushNotificationConfig" -> {
                return done(
                        A2aJson.TASK_PUSH_NOTIFICATION_CONFIG,
                        service.getPush(caller, params(call, A2aJson.GET_TASK_PUSH_NOTIFICATION_CONFIG_REQUEST)));
            }
            case "ListTaskPushNotificationConfigs" -> {
                return done(
                        A2aJson.LIST_TASK_PUSH_NOTIFICATION_CONFIGS_RESPONSE,
                        service.listPushes(caller, params(call, A2aJson.LIST_TASK_PUSH_NOTIFICATION_CONFIGS_REQUEST)));
            }
            case "DeleteTaskPushNotificationConfig" -> {
                service.deletePush(caller, params(call, A2aJson.DELETE_TASK_PUSH_NOTIFICATION_CONFIG_REQUEST));
                return id -> JsonPieces.of(RpcResponse.write(id, EMPTY));
            }
            case "GetExtendedAgentCard" -> {
                return done(
                        A2aJson.AGENT_CARD,
                        service.extendedCard(caller, params(call, A2aJson.GET_EXTENDED_AGENT_CARD_REQUEST)));
            }
            default -> throw new FaultyCall(methodNotFound(call.request().method()));
        }
    }

    /** A GetTask that names a generation waits for another; not in a batch, where others would wait for it. */
    private Task get(Exchange exchange, Caller caller, GetTaskRequest request, boolean batch)
            throws HttpProblem, InterruptedException {
        Long known = batch ? null : Resumption.known(exchange.header(Resumption.KNOWN_GENERATION));
        return known == null
                ? service.get(caller, request)
                : service.await(caller, request, known, waiting -> Waits.endWith(exchange, waiting));
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

    private static <T> Begun done(JsonForm<T> form, T result) {
        return id -> RpcResponse.pieces(id, form, result);
    }

    private static Begun unheard(Runnable close) {
        close.run();
        return id -> NOTHING;
    }

    private static Begun awaited(Answer answer, SlowResponse response) {
        return new Begun() {
            @Override
            public JsonPieces response(RpcId id) throws HttpProblem, IOException, InterruptedException {
                return RpcResponse.pieces(id, A2aJson.SEND_MESSAGE_RESPONSE, response.await(answer));
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

    private void stream(Exchange exchange, Caller caller, Call.Valid call)
            throws HttpProblem, IOException, InterruptedException {
        TaskStream opened;
        try {
            opened = open(exchange, caller, call);
        } catch (RuntimeException e) {
            exchange.respond(200, MediaTypes.JSON, RpcResponse.write(call.id(), error(e)));
            return;
        }
        boolean goesOn = false;
        try {
            byte[] head = RpcResponse.resultHead(call.id());
            var out = exchange.eventStream();
            Optional<Opening> first = opened.opening();
            if (first.isPresent()) {
                byte[] payload = A2aJson.STREAM_RESPONSE.write(first.get().event());
                out.send(new FrameBuffer().event(first.get().offset(), head, payload, TAIL));
            }
            if (!opened.complete() && call.request().method().equals("SubscribeToTask")) {
                goesOn = follow(exchange, out, opened, call.id());
            } else if (!opened.complete()) {
                out.pump(opened.cursor(), framing(opened, head));
            }
        } finally {
            if (!goesOn) {
                opened.close();
            }
        }
    }

    /** False if the first of it could not be read, which the caller has been told then. */
    private boolean follow(Exchange exchange, EventStream out, TaskStream opened, RpcId id)
            throws IOException, InterruptedException {
        try {
            out.follow(opened.cursor(), framing(opened, RpcResponse.resultHead(id)));
            return true;
        } catch (RuntimeException e) {
            if (exchange.begun()) {
                throw e;
            }
            exchange.respond(200, MediaTypes.JSON, RpcResponse.write(id, error(e)));
            return false;
        }
    }

    private TaskStream open(Exchange exchange, Caller caller, Call.Valid call) throws InterruptedException {
        if (call.request().method().equals("SendStreamingMessage")) {
            SendMessageRequest request = params(call, A2aJson.SEND_MESSAGE_REQUEST);
            service.understood(exchange.arrivedAt());
            return service.stream(caller, request);
        }
        var request = params(call, A2aJson.SUBSCRIBE_TO_TASK_REQUEST);
        Long after = Resumption.after(exchange.header(Resumption.LAST_EVENT_ID));
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

    private RpcError error(Exception e) {
        return e instanceof FaultyCall faulty
                ? faulty.error
                : Fault.of(e, ErrorTable.V1_0_1).rpc(); // its codes are the same in both tables
    }
}
