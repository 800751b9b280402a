package dev.millrace.server.openai;

import dev.millrace.core.Cursor;
import dev.millrace.engine.Context;
import dev.millrace.engine.Engine;
import dev.millrace.engine.Event;
import dev.millrace.engine.MessagePage;
import dev.millrace.engine.Refused;
import dev.millrace.engine.RequestKey;
import dev.millrace.engine.Said;
import dev.millrace.engine.Send;
import dev.millrace.engine.Snapshot;
import dev.millrace.engine.ToolCall;
import dev.millrace.engine.ToolResult;
import dev.millrace.protocol.Message;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.FrameBuffer;
import dev.millrace.server.http.Framing;
import dev.millrace.server.http.HttpProblem;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code /v1/responses}. A response is a task of a chat, and goes on whether or not its client stays, unless it says {@code
 * "store": false}. The next one goes on in the same chat, or where that has gone on since, in a fork of it.
 */
final class Responses {
    private static final Set<String> NOT_HERE = Set.of("conversation", "max_tool_calls", "prompt", "top_logprobs");
    private static final List<String> REPEATED =
            List.of("instructions", "previous_response_id", "max_output_tokens", "temperature", "top_p", "metadata");
    private static final byte[] NOTHING = {};
    private static final int PAGE = 50;

    /** What a request asks for. */
    private record Wanted(
            AgentModels.Chosen model,
            @Nullable String previous,
            List<Message> earlier,
            Message message,
            boolean stream,
            boolean background,
            boolean store) {}

    private final Engine engine;
    private final Identity identity;
    private final AgentModels models;
    private final Answers answers;

    Responses(Engine engine, Identity identity, AgentModels models) {
        this.engine = engine;
        this.identity = identity;
        this.models = models;
        answers = new Answers(engine);
    }

    /** {@code POST /v1/responses}. */
    void create(Exchange exchange) throws Refusal, HttpProblem, IOException, InterruptedException {
        String owner = identity.owner(exchange);
        Wanted wanted = wanted(Json.body(exchange));
        answers.give(exchange, send(owner, wanted), wanted.store(), wanted.stream(), (sent, cursor) -> {
            var id = ResponseId.of(sent);
            if (wanted.stream()) {
                exchange.eventStream().pump(cursor, new Frames(id, -1).framing());
                return null;
            }
            var script = new ResponseScript(id, -1, (type, event) -> {});
            if (wanted.background()) {
                answers.soFar(sent.contextId(), id.from(), sent.offset(), script.telling());
            } else {
                answers.await(exchange, cursor, script.telling(), !wanted.store());
            }
            script.heard();
            return script.json();
        });
    }

    /** {@code GET /v1/responses/{id}}. */
    void get(Exchange exchange) throws Refusal, HttpProblem, IOException, InterruptedException {
        Snapshot snapshot = find(exchange);
        var id = ResponseId.parse(exchange.pathParameter("id"));
        if (exchange.queryParameter("stream").filter("true"::equals).isPresent()) {
            String after = exchange.queryParameter("starting_after").orElse("-1");
            if (!after.matches("-1|[0-9]{1,18}")) {
                throw Refusal.invalid("starting_after", "must be the sequence_number of an event");
            }
            stream(exchange, contextOf(snapshot), id, Long.parseLong(after));
        } else {
            Json.respond(exchange, 200, now(id, snapshot));
        }
    }

    /** {@code POST /v1/responses/{id}/cancel}: one that has ended is answered as it is. */
    void cancel(Exchange exchange) throws Refusal, HttpProblem, IOException, InterruptedException {
        Snapshot snapshot = find(exchange);
        try {
            snapshot = engine.cancel(identity.owner(exchange), snapshot.task().id());
        } catch (Refused ended) {
            if (ended.reason() != Refused.Reason.NOT_CANCELABLE) {
                throw ended;
            }
        }
        Json.respond(exchange, 200, now(ResponseId.parse(exchange.pathParameter("id")), snapshot));
    }

    private Snapshot find(Exchange exchange) throws Refusal, HttpProblem {
        String owner = identity.owner(exchange);
        String text = exchange.pathParameter("id");
        var id = ResponseId.parse(text);
        try {
            return engine.task(owner, id.taskId());
        } catch (Refused unknown) {
            if (unknown.reason() == Refused.Reason.NO_TASK) {
                throw noResponse(text);
            }
            throw unknown;
        }
    }

    private static Refusal noResponse(String id) {
        return new Refusal(404, "not_found", null, "There is no response \"" + id + "\".", Map.of());
    }

    private static String contextOf(Snapshot snapshot) {
        return Objects.requireNonNull(snapshot.task().contextId(), "every task here has a context");
    }

    private ObjectNode now(ResponseId id, Snapshot snapshot) throws Refusal, InterruptedException {
        var script = new ResponseScript(id, -1, (type, event) -> {});
        answers.soFar(contextOf(snapshot), id.from(), snapshot.offset(), script.telling());
        if (script.telling().message() == null) {
            throw noResponse(id.toString());
        }
        script.heard();
        return script.json();
    }

    private void stream(Exchange exchange, String contextId, ResponseId id, long after)
            throws HttpProblem, IOException, InterruptedException {
        // Before the answer begins, so that whoever has its first line is shown each event as it was made.
        try (Cursor<Event> cursor = engine.read(contextId, id.from())) {
            exchange.eventStream().pump(cursor, new Frames(id, after).framing());
        }
    }

    /** The events on their way to one client. */
    private static final class Frames {
        private final ResponseScript script;
        private FrameBuffer out = new FrameBuffer();

        Frames(ResponseId id, long after) {
            script = new ResponseScript(id, after, this::event);
        }

        Framing<Event> framing() {
            return Framing.each((entry, frames) -> {
                out = frames;
                script.telling().hear(entry);
                script.heard();
                return script.telling().over() ? Framing.Then.END : Framing.Then.CONTINUE;
            });
        }

        private void event(String type, ObjectNode event) {
            out.append("event: " + type + "\n").event(NOTHING, Json.bytes(event), NOTHING);
        }
    }

    // What is sent, and where.

    private Send send(String owner, Wanted wanted) throws Refusal {
        Message message = wanted.message();
        String previous = wanted.previous();
        if (previous == null) {
            return Send.chat(owner, wanted.model().agent(), message, Outcome.title(message))
                    .after(wanted.earlier());
        }
        if (!wanted.earlier().isEmpty()) {
            throw Refusal.invalid(
                    "input", "what the agent said is known from previous_response_id; send only what is new");
        }
        String contextId = chatAfter(owner, previous, !wanted.store());
        Context chat = engine.context(owner, contextId).orElseThrow(() -> noResponse(previous));
        if (!chat.agent().equals(wanted.model().agent())) {
            throw Refusal.invalid(
                    "model", "the previous response is of \"" + chat.agent() + "\", which alone can go on with it");
        }
        Said last = engine.chats()
                .messages(owner, contextId, null, null, 1)
                .messages()
                .getLast();
        return Send.next(owner, message.in(contextId, last.state().interrupted() ? last.taskId() : null));
    }

    /** The chat of a response if that was the last thing in it, and else a fork that ends with it. */
    private String chatAfter(String owner, String previous, boolean apart) throws Refusal {
        var id = ResponseId.parse(previous);
        Snapshot snapshot;
        try {
            snapshot = engine.task(owner, id.taskId());
        } catch (Refused unknown) {
            if (unknown.reason() != Refused.Reason.NO_TASK) {
                throw unknown;
            }
            throw new Refusal(
                    400,
                    "previous_response_not_found",
                    "previous_response_id",
                    "previous_response_id: there is no response \"" + previous + "\"",
                    Map.of());
        }
        String contextId = contextOf(snapshot);
        MessagePage page = engine.chats().messages(owner, contextId, null, null, PAGE);
        if (!apart && page.messages().getLast().taskId().equals(id.taskId())) {
            return contextId;
        }
        while (true) {
            for (Said said : page.messages().reversed()) {
                if (said.taskId().equals(id.taskId())) {
                    return engine.chats().fork(owner, contextId, said.message().messageId(), null, RequestKey.NONE);
                }
            }
            if (!page.earlier()) {
                throw noResponse(previous);
            }
            page = engine.chats()
                    .messages(
                            owner,
                            contextId,
                            page.messages().getFirst().message().messageId(),
                            null,
                            PAGE);
        }
    }

    // What is asked.

    private Wanted wanted(ObjectNode body) throws Refusal {
        AgentModels.Chosen model = models.choose(Json.required(body, "", "model"));
        boolean store = Json.flag(body, "store", true);
        boolean background = Json.flag(body, "background", false);
        if (background && !store) {
            throw Refusal.invalid("background", "can't be true where store is false: nothing would be left to get");
        }
        var dialogue = new Dialogue(engine::newId);
        String instructions = Json.text(body, "", "instructions");
        if (instructions != null) {
            dialogue.system(instructions);
        }
        input(dialogue, body);
        ObjectNode request = Json.object()
                .put("model", model.id())
                .put("background", background)
                .put("store", store);
        for (String field : REPEATED) {
            JsonNode value = Json.given(body, field);
            if (value != null) {
                request.set(field, value);
            }
        }
        ObjectNode metadata = new Wishes(body)
                .refuse(NOT_HERE)
                .only("parallel_tool_calls", Set.of("true"))
                .plainText(body.path("text").path("format"), "text.format.")
                .model(model)
                .system(dialogue.system())
                .effort(body.path("reasoning"), "reasoning.", "effort")
                .sampling("max_output_tokens")
                .tools(false)
                .remember(request)
                .metadata();
        return new Wanted(
                model,
                Json.text(body, "", "previous_response_id"),
                dialogue.earlier(),
                dialogue.message("input", metadata),
                Json.flag(body, "stream", false),
                background,
                store);
    }

    private static void input(Dialogue dialogue, ObjectNode body) throws Refusal {
        JsonNode input = Json.given(body, "input");
        if (input == null) {
            throw Refusal.invalid("input", "is missing");
        }
        if (input.isString()) {
            dialogue.user(Contents.parts(input, "input"));
            return;
        }
        if (!(input instanceof ArrayNode items)) {
            throw Refusal.invalid("input", "must be a string or an array of items");
        }
        for (int i = 0; i < items.size(); i++) {
            item(dialogue, items.get(i), "input[" + i + "]");
        }
    }

    private static void item(Dialogue dialogue, JsonNode item, String at) throws Refusal {
        String type = Json.text(item, at + ".", "type");
        switch (type == null ? "message" : type) {
            case "message" -> dialogue.message(Json.required(item, at + ".", "role"), Json.given(item, "content"), at);
            case "function_call" -> {
                ToolCall call = Dialogue.call(
                        at + ".arguments",
                        Json.required(item, at + ".", "call_id"),
                        Json.required(item, at + ".", "name"),
                        Json.required(item, at + ".", "arguments"));
                dialogue.calls(at, List.of(call));
            }
            case "function_call_output" ->
                dialogue.result(ToolResult.of(
                        Json.required(item, at + ".", "call_id"), output(Json.given(item, "output"), at + ".output")));
            case "reasoning" -> {
                // What an agent said to itself is its own affair, here or elsewhere.
            }
            default -> throw Refusal.unsupported(at + ".type", "\"" + type + "\" is not taken here");
        }
    }

    /** A result is a text, or JSON in one, as answers to questions of leave are. */
    private static JsonNode output(@Nullable JsonNode output, String at) throws Refusal {
        String text = Contents.text(output, at);
        JsonNode inside = Json.inside(text);
        return inside instanceof ObjectNode object ? object : JsonNodeFactory.instance.stringNode(text);
    }
}
