package dev.millrace.server.a2a;

import dev.millrace.core.Sweeper;
import dev.millrace.engine.Event;
import dev.millrace.protocol.error.ErrorTable;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.protocol.json.JsonForm;
import dev.millrace.protocol.json.JsonPieces;
import dev.millrace.protocol.json.JsonText;
import dev.millrace.server.http.ClientGoneException;
import dev.millrace.server.http.EventStream;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.FrameBuffer;
import dev.millrace.server.http.Framing;
import dev.millrace.server.http.HttpProblem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The HTTP+JSON binding of A2A v1.0 (11): one method for each route, around {@link A2aService}. What fails is told as
 * AIP-193 has it. What a path says of a request, its tenant and its ids, goes before what its body says.
 */
final class RestEndpoint {
    private final A2aService service;
    private final Sweeper sweeper;
    private final Duration heartbeat;
    private final ErrorTable errors;

    RestEndpoint(A2aService service, Sweeper sweeper, Duration heartbeat, ErrorTable errors) {
        this.service = service;
        this.sweeper = sweeper;
        this.heartbeat = heartbeat;
        this.errors = errors;
    }

    /** Finds out who calls; what it throws is told as any other fault. */
    @FunctionalInterface
    interface Callers {
        Caller of(Exchange exchange) throws HttpProblem;
    }

    /** Answers a call. */
    @FunctionalInterface
    interface Operation {
        void answer(Exchange exchange, Caller caller) throws HttpProblem, IOException, InterruptedException;
    }

    /** Runs an operation and tells what went wrong with it, as long as the response has not begun. */
    void run(Exchange exchange, Callers callers, Operation operation) throws IOException, InterruptedException {
        try {
            operation.answer(exchange, callers.of(exchange));
        } catch (Begun failed) {
            throw new IOException("failed in the middle of its response", failed.getCause());
        } catch (ClientGoneException gone) {
            throw gone;
        } catch (HttpProblem e) {
            refuse(exchange, e);
        } catch (RuntimeException e) {
            tell(exchange, Fault.of(e, errors));
        } catch (IOException e) {
            if (e.getCause() instanceof HttpProblem problem) {
                refuse(exchange, problem);
            } else {
                throw e;
            }
        }
    }

    /** Tells what the edge has against a request. */
    void refuse(Exchange exchange, HttpProblem refusal) throws IOException {
        refusal.headers().forEach(exchange::header);
        tell(exchange, Fault.of(refusal, errors));
    }

    /** A failure that can't be told any more. */
    private static final class Begun extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Begun(RuntimeException cause) {
            super(cause);
        }
    }

    private static void tell(Exchange exchange, Fault fault) throws IOException {
        ObjectNode error = JsonNodeFactory.instance.objectNode();
        error.put("code", fault.httpStatus());
        error.put("status", fault.grpcStatus());
        error.put("message", fault.message());
        ArrayNode details = error.putArray("details");
        details.add(fault.info().json());
        if (fault.badRequest() != null) {
            details.add(fault.badRequest().json());
        }
        if (fault.retryAfter() != null) {
            exchange.header("Retry-After", Long.toString(fault.retryAfter().toSeconds()));
        }
        byte[] body = JsonNodeFactory.instance
                .objectNode()
                .set("error", error)
                .toString()
                .getBytes(StandardCharsets.UTF_8);
        exchange.respond(fault.httpStatus(), MediaTypes.answering(exchange), body);
    }

    // ---- Operations

    void send(Exchange exchange, Caller caller) throws HttpProblem, IOException, InterruptedException {
        var request = body(exchange, A2aJson.SEND_MESSAGE_REQUEST, Map.of());
        var response = new SlowResponse(exchange, sweeper, heartbeat, MediaTypes.answering(exchange));
        try (Answer answer = service.send(caller, request)) {
            response.send(A2aJson.SEND_MESSAGE_RESPONSE.pieces(response.await(answer)));
        } catch (RuntimeException e) {
            throw response.begun() ? new Begun(e) : e;
        }
    }

    void stream(Exchange exchange, Caller caller) throws HttpProblem, IOException, InterruptedException {
        var request = body(exchange, A2aJson.SEND_MESSAGE_REQUEST, Map.of());
        try (TaskStream stream = service.stream(caller, request)) {
            var out = begin(exchange, stream);
            if (!stream.complete()) {
                out.pump(stream.cursor(), framing(stream));
            }
        } catch (RuntimeException e) {
            throw failed(exchange, e);
        }
    }

    private static RuntimeException failed(Exchange exchange, RuntimeException e) {
        return exchange.begun() ? new Begun(e) : e;
    }

    void subscribe(Exchange exchange, Caller caller) throws HttpProblem, IOException, InterruptedException {
        Map<String, String> path = Map.of("id", exchange.pathParameter("id"));
        var request = exchange.method().equals("POST")
                ? body(exchange, A2aJson.SUBSCRIBE_TO_TASK_REQUEST, path)
                : query(exchange, A2aJson.SUBSCRIBE_TO_TASK_REQUEST, path, "tenant");
        Long after = Resumption.after(exchange.header(Resumption.LAST_EVENT_ID));
        TaskStream stream = after == null ? service.subscribe(caller, request) : service.resume(caller, request, after);
        boolean goesOn = false;
        try {
            var out = begin(exchange, stream);
            if (!stream.complete()) {
                out.follow(stream.cursor(), framing(stream));
                goesOn = true;
            }
        } catch (RuntimeException e) {
            throw failed(exchange, e);
        } finally {
            if (!goesOn) {
                stream.close();
            }
        }
    }

    private static EventStream begin(Exchange exchange, TaskStream stream) throws HttpProblem, IOException {
        var out = exchange.eventStream();
        Optional<Opening> opening = stream.opening();
        if (opening.isPresent()) {
            byte[] payload = A2aJson.STREAM_RESPONSE.write(opening.get().event());
            out.send(new FrameBuffer().event(opening.get().offset(), payload));
        }
        return out;
    }

    private static Framing<Event> framing(TaskStream stream) {
        return Framing.each((entry, out) -> {
            if (stream.shows(entry)) {
                out.event(entry.offset(), stream.payload(entry));
            }
            return stream.endsAt(entry) ? Framing.Then.END : Framing.Then.CONTINUE;
        });
    }

    void get(Exchange exchange, Caller caller) throws HttpProblem, IOException, InterruptedException {
        var request = query(
                exchange,
                A2aJson.GET_TASK_REQUEST,
                Map.of("id", exchange.pathParameter("id")),
                "tenant",
                "historyLength");
        Long known = Resumption.known(exchange.header(Resumption.KNOWN_GENERATION));
        var task = known == null
                ? service.get(caller, request)
                : service.await(caller, request, known, waiting -> Waits.endWith(exchange, waiting));
        respond(exchange, A2aJson.TASK.pieces(task));
    }

    void list(Exchange exchange, Caller caller) throws HttpProblem, IOException {
        var request = query(
                exchange,
                A2aJson.LIST_TASKS_REQUEST,
                Map.of(),
                "tenant",
                "contextId",
                "status",
                "pageSize",
                "pageToken",
                "historyLength",
                "statusTimestampAfter",
                "includeArtifacts");
        respond(exchange, A2aJson.LIST_TASKS_RESPONSE.pieces(service.list(caller, request)));
    }

    void cancel(Exchange exchange, Caller caller) throws HttpProblem, IOException {
        var request = body(exchange, A2aJson.CANCEL_TASK_REQUEST, Map.of("id", exchange.pathParameter("id")));
        respond(exchange, A2aJson.TASK.pieces(service.cancel(caller, request)));
    }

    void createPush(Exchange exchange, Caller caller) throws HttpProblem, IOException {
        var request =
                body(exchange, A2aJson.TASK_PUSH_NOTIFICATION_CONFIG, Map.of("taskId", exchange.pathParameter("id")));
        respond(exchange, A2aJson.TASK_PUSH_NOTIFICATION_CONFIG.pieces(service.createPush(caller, request)));
    }

    void getPush(Exchange exchange, Caller caller) throws HttpProblem, IOException {
        var request = query(exchange, A2aJson.GET_TASK_PUSH_NOTIFICATION_CONFIG_REQUEST, onePush(exchange), "tenant");
        respond(exchange, A2aJson.TASK_PUSH_NOTIFICATION_CONFIG.pieces(service.getPush(caller, request)));
    }

    void listPushes(Exchange exchange, Caller caller) throws HttpProblem, IOException {
        var request = query(
                exchange,
                A2aJson.LIST_TASK_PUSH_NOTIFICATION_CONFIGS_REQUEST,
                Map.of("taskId", exchange.pathParameter("id")),
                "tenant",
                "pageSize",
                "pageToken");
        respond(
                exchange,
                A2aJson.LIST_TASK_PUSH_NOTIFICATION_CONFIGS_RESPONSE.pieces(service.listPushes(caller, request)));
    }

    void deletePush(Exchange exchange, Caller caller) throws HttpProblem, IOException {
        var request =
                query(exchange, A2aJson.DELETE_TASK_PUSH_NOTIFICATION_CONFIG_REQUEST, onePush(exchange), "tenant");
        service.deletePush(caller, request);
        respond(exchange, JsonPieces.of(new byte[] {'{', '}'})); // google.protobuf.Empty
    }

    private static Map<String, String> onePush(Exchange exchange) {
        return Map.of("taskId", exchange.pathParameter("id"), "id", exchange.pathParameter("config"));
    }

    void extendedCard(Exchange exchange, Caller caller) throws HttpProblem, IOException {
        var request = query(exchange, A2aJson.GET_EXTENDED_AGENT_CARD_REQUEST, Map.of(), "tenant");
        respond(exchange, A2aJson.AGENT_CARD.pieces(service.extendedCard(caller, request)));
    }

    // ---- What they share

    private static void respond(Exchange exchange, JsonPieces json) throws IOException {
        exchange.respond(200, MediaTypes.answering(exchange), json.pieces());
    }

    private static <T> T query(Exchange exchange, JsonForm<T> form, Map<String, String> path, String... names)
            throws HttpProblem {
        ObjectNode request = RestQuery.read(exchange, names);
        path.forEach(request::put);
        return form.read(request);
    }

    /** The body with what the path says; no body at all says nothing. */
    private static <T> T body(Exchange exchange, JsonForm<T> form, Map<String, String> path)
            throws HttpProblem, IOException {
        byte[] sent = exchange.body();
        if (sent.length > 0 || exchange.header("Content-Type").isPresent()) {
            MediaTypes.requireJson(exchange);
        }
        JsonNode json = JsonText.parse(sent.length == 0 ? "{}".getBytes(StandardCharsets.UTF_8) : sent);
        if (!(json instanceof ObjectNode request)) {
            throw new InvalidField("", "must be an object");
        }
        path.forEach(request::put);
        return form.read(request);
    }
}
