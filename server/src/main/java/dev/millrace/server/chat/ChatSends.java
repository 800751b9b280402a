package dev.millrace.server.chat;

import dev.millrace.agents.ModelAgent;
import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.Engine;
import dev.millrace.engine.Event;
import dev.millrace.engine.Refused;
import dev.millrace.engine.Send;
import dev.millrace.engine.Sent;
import dev.millrace.engine.Stage;
import dev.millrace.engine.Standing;
import dev.millrace.engine.ToolResult;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.Role;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** The requests that send a message: the first of a new chat, and the next of a chat. */
final class ChatSends {
    private final Engine engine;
    private final Identity identity;
    private final Attached attached;

    ChatSends(Engine engine, Identity identity, Attached attached) {
        this.engine = engine;
        this.identity = identity;
        this.attached = attached;
    }

    /** {@code POST /chats}. */
    void create(Exchange exchange) throws HttpProblem, IOException {
        String owner = identity.owner(exchange);
        byte[] json = Requests.json(exchange);
        SendBody body = SendBody.ofNewChat(json, engine::newId);
        String title = body.title() == null ? Title.of(body.message()) : body.title();
        Sent sent = send(keyed(
                exchange,
                "new chat",
                json,
                Send.chat(owner, body.agent(), attached.checked(owner, body.message()), title)
                        .under(body.parent())));
        Standing standing =
                engine.standing(owner, sent.contextId()).orElseThrow(() -> ChatApi.noChat(sent.contextId()));
        tellIfRepeated(exchange, sent);
        exchange.header("Location", ChatApi.ROOT + "/chats/" + sent.contextId());
        ChatJson.respond(
                exchange,
                201,
                ChatJson.object()
                        .set("chat", ChatJson.chat(standing))
                        .put("taskId", sent.taskId())
                        .put("offset", sent.offset()));
    }

    /** {@code POST /chats/{id}/messages}. */
    void next(Exchange exchange) throws HttpProblem, IOException, InterruptedException {
        String owner = identity.owner(exchange);
        String chatId = exchange.pathParameter("id");
        byte[] json = Requests.json(exchange);
        SendBody body = SendBody.ofMessage(json, chatId, engine::newId);
        Send send = Send.next(owner, attached.checked(owner, body.message()));
        boolean interrupting = body.busy() == Send.Busy.INTERRUPT;
        Sent sent = send(keyed(exchange, "message", json, interrupting ? send.interrupting() : send));
        respond(exchange, sent, !startedAtOnce(sent, interrupting));
    }

    /** {@code PATCH /chats/{id}/messages/{message}}. */
    void edit(Exchange exchange) throws HttpProblem, IOException, InterruptedException {
        String owner = identity.owner(exchange);
        String chatId = exchange.pathParameter("id");
        byte[] json = Requests.json(exchange);
        SendBody body = SendBody.ofEdit(json, chatId, engine::newId);
        Sent sent = engine.chats()
                .edit(
                        owner,
                        chatId,
                        exchange.pathParameter("message"),
                        attached.checked(owner, body.message()),
                        Requests.key(exchange, json));
        respond(exchange, sent, !startedAtOnce(sent, false));
    }

    /** {@code POST /chats/{id}/tool-results}. */
    void toolResults(Exchange exchange) throws HttpProblem, IOException, InterruptedException {
        String owner = identity.owner(exchange);
        byte[] json = Requests.json(exchange);
        ObjectNode body = SendBody.object(json, Set.of("taskId", "results"));
        List<ToolResult> results = ToolResult.read(body.get("results"), "results");
        Sent sent = engine.chats()
                .answerTools(
                        owner,
                        exchange.pathParameter("id"),
                        SendBody.text(body, "taskId"),
                        results,
                        Requests.key(exchange, json));
        respond(exchange, sent, !startedAtOnce(sent, false));
    }

    /** {@code POST /chats/{id}:retry}. */
    void retry(Exchange exchange) throws HttpProblem, IOException, InterruptedException {
        String owner = identity.owner(exchange);
        Sent sent = engine.chats().retry(owner, exchange.pathParameter("id"), Requests.key(exchange, Requests.NO_BODY));
        respond(exchange, sent, !startedAtOnce(sent, true));
    }

    /** {@code POST /chats/{id}:compact}: a message like any other, in its turn, which asks for a summary. */
    void compact(Exchange exchange) throws HttpProblem, IOException, InterruptedException {
        String owner = identity.owner(exchange);
        String chatId = exchange.pathParameter("id");
        Context chat = engine.standing(owner, chatId)
                .orElseThrow(() -> ChatApi.noChat(chatId))
                .context();
        if (!(engine.agents().get(chat.agent()).agent().inner() instanceof ModelAgent)) {
            throw new HttpProblem(
                    409,
                    "cannot-compact",
                    "The chat's agent can't sum up",
                    "Agent \"" + chat.agent() + "\" makes no summaries; \":clear\" lets it forget what was said, and"
                            + " \":fork\" goes on from an earlier message.");
        }
        Message request = new Message(
                engine.newId(),
                chatId,
                null,
                Role.USER,
                List.of(Part.text("Sum up the conversation.")),
                ChatJson.object().put("compact", true),
                List.of(),
                List.of());
        Sent sent = send(keyed(exchange, "compact", Requests.NO_BODY, Send.next(owner, request)));
        respond(exchange, sent, !startedAtOnce(sent, false));
    }

    /** What a message that was accepted is answered with. */
    static void respond(Exchange exchange, Sent sent, boolean queued) throws IOException {
        tellIfRepeated(exchange, sent);
        TaskState state = queued ? TaskState.SUBMITTED : TaskState.WORKING;
        ChatJson.respond(
                exchange,
                202,
                ChatJson.object()
                        .put("taskId", sent.taskId())
                        .put("offset", sent.offset())
                        .put("state", state.wireName())
                        .put("queued", queued));
    }

    static void tellIfRepeated(Exchange exchange, Sent sent) {
        if (sent.repeated()) {
            exchange.header("Idempotency-Replayed", "true");
        }
    }

    private Sent send(Send send) {
        try {
            return engine.send(send);
        } catch (Refused e) {
            if (e.reason() == Refused.Reason.INVALID && send.message().taskId() != null) {
                throw new InvalidField("message.taskId", "names a task of another chat; answer it there");
            }
            throw e;
        }
    }

    /**
     * Whether the commit of the send also handed the task to an agent: then the task's own status stands right after
     * the send. Asked of the journal, where it stays true, so that a repeated send is told the same.
     *
     * @param others true if that commit may tell of others between: what was stopped, or the order of the queue
     */
    private boolean startedAtOnce(Sent sent, boolean others) throws InterruptedException {
        try (Cursor<Event> cursor = engine.read(sent.contextId(), sent.offset())) {
            for (Journal.Entry<Event> entry : cursor.poll(others ? 32 : 1)) {
                Event event = entry.event();
                boolean own = sent.taskId().equals(event.taskId());
                boolean between = event.taskId() == null || event.state() == TaskState.CANCELED;
                if (own || !between) {
                    return own && event.state() == TaskState.WORKING;
                }
            }
            return false;
        }
    }

    private Send keyed(Exchange exchange, String request, byte[] json, Send send) throws HttpProblem {
        engine.observer().stage(Stage.VALIDATE, System.nanoTime() - exchange.arrivedAt());
        String key = Requests.key(exchange);
        return send.withKey(key, key == null ? null : Requests.print(request, json));
    }
}
