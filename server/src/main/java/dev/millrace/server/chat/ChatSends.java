package dev.millrace.server.chat;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import dev.millrace.engine.Engine;
import dev.millrace.engine.Event;
import dev.millrace.engine.Refused;
import dev.millrace.engine.Send;
import dev.millrace.engine.Sent;
import dev.millrace.engine.Standing;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The requests that send a message: the first of a new chat, and the next of a chat. */
final class ChatSends {
    private static final int MAX_KEY = 255;

    private final Engine engine;
    private final Identity identity;

    ChatSends(Engine engine, Identity identity) {
        this.engine = engine;
        this.identity = identity;
    }

    /** {@code POST /chats}. */
    void create(Exchange exchange) throws HttpProblem, IOException {
        String owner = identity.owner(exchange);
        byte[] json = json(exchange);
        SendBody body = SendBody.ofNewChat(json, engine::newId);
        String title = body.title() == null ? Title.of(body.message()) : body.title();
        Sent sent =
                engine.send(keyed(exchange, "new chat", json, Send.chat(owner, body.agent(), body.message(), title)));
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
        byte[] json = json(exchange);
        SendBody body = SendBody.ofMessage(json, chatId, engine::newId);
        Sent sent = send(keyed(exchange, "message", json, Send.next(owner, body.message())));
        tellIfRepeated(exchange, sent);
        boolean queued = !startedAtOnce(sent);
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

    private static void tellIfRepeated(Exchange exchange, Sent sent) {
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
     */
    private boolean startedAtOnce(Sent sent) throws InterruptedException {
        try (Cursor<Event> cursor = engine.read(sent.contextId(), sent.offset())) {
            List<Journal.Entry<Event>> after = cursor.poll(1);
            return !after.isEmpty()
                    && sent.taskId().equals(after.getFirst().event().taskId())
                    && after.getFirst().event().state() == TaskState.WORKING;
        }
    }

    private static Send keyed(Exchange exchange, String request, byte[] json, Send send) throws HttpProblem {
        String key = exchange.header("Idempotency-Key").orElse(null);
        if (key != null && !valid(key)) {
            throw new HttpProblem(
                            400,
                            "invalid-header",
                            "A header is not valid",
                            "Idempotency-Key: must have 1 to " + MAX_KEY
                                    + " visible ASCII characters; a new UUID for each request is a good one.")
                    .with("header", "Idempotency-Key");
        }
        return send.withKey(key, key == null ? null : print(request, json));
    }

    private static boolean valid(String key) {
        return !key.isEmpty() && key.length() <= MAX_KEY && key.chars().allMatch(c -> c > ' ' && c < 127);
    }

    private static String print(String request, byte[] json) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update((request + "\n").getBytes(UTF_8));
            return HexFormat.of().formatHex(sha.digest(json));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static byte[] json(Exchange exchange) throws HttpProblem, IOException {
        @Nullable String type = exchange.header("Content-Type").orElse(null);
        if (type == null || !isJson(type)) {
            // Also keeps out the forms of other web sites: a browser asks before it sends them JSON.
            throw new HttpProblem(
                            415,
                            "unsupported-media-type",
                            "The request body must be JSON",
                            (type == null ? "There is no Content-Type" : "The Content-Type is \"" + type + "\"")
                                    + "; send \"application/json\" in UTF-8.")
                    .header("Accept-Post", "application/json");
        }
        return exchange.body();
    }

    private static boolean isJson(String type) {
        String[] pieces = type.toLowerCase(Locale.ROOT).split(";", -1);
        if (!pieces[0].strip().equals("application/json")) {
            return false;
        }
        for (int i = 1; i < pieces.length; i++) {
            String parameter = pieces[i].strip().replace("\"", "");
            if (parameter.startsWith("charset=") && !parameter.equals("charset=utf-8")) {
                return false;
            }
        }
        return true;
    }
}
