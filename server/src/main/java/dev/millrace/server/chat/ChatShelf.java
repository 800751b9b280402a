package dev.millrace.server.chat;

import dev.millrace.engine.Arrangement;
import dev.millrace.engine.Context;
import dev.millrace.engine.ContextQuery;
import dev.millrace.engine.DayUsage;
import dev.millrace.engine.Engine;
import dev.millrace.engine.Page;
import dev.millrace.engine.RequestKey;
import dev.millrace.engine.Standing;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import java.io.IOException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Chats as their owner keeps them: found, looked at, arranged, cleared, forked and deleted. */
final class ChatShelf {
    private static final int LIMIT = 50;
    private static final int MAX_LIMIT = 100;
    private static final int MAX_LABELS = 50;
    private static final int MAX_LABEL = 200;

    private final Engine engine;
    private final Identity identity;

    ChatShelf(Engine engine, Identity identity) {
        this.engine = engine;
        this.identity = identity;
    }

    /** {@code GET /chats}. */
    void list(Exchange exchange) throws HttpProblem, IOException {
        String owner = identity.owner(exchange);
        ContextQuery query = query(exchange, owner);
        long offset = engine.chats().revision(owner); // before the list: what changes meanwhile is told after it
        Page<Standing> page = engine.chats().list(query);
        ObjectNode body = ChatJson.object();
        ArrayNode chats = body.putArray("chats");
        page.items().forEach(standing -> chats.add(ChatJson.chat(standing)));
        if (page.next() != null) {
            body.put("next", page.next());
        }
        ChatJson.respond(exchange, 200, body.put("total", page.total()).put("offset", offset));
    }

    private static ContextQuery query(Exchange exchange, String owner) throws HttpProblem {
        String parent = exchange.queryParameter("parent").orElse(null);
        return new ContextQuery(
                owner,
                exchange.queryParameter("q").filter(q -> !q.isBlank()).orElse(null),
                labels(exchange),
                Parameters.flag(exchange, "archived"),
                Parameters.flag(exchange, "unread"),
                exchange.queryParameter("agent").orElse(null),
                parent == null,
                parent,
                Parameters.limit(exchange, LIMIT, MAX_LIMIT),
                exchange.queryParameter("after").orElse(null));
    }

    private static Map<String, String> labels(Exchange exchange) throws HttpProblem {
        var labels = new TreeMap<String, String>();
        for (String label : exchange.queryParameters("label")) {
            int colon = label.indexOf(':');
            if (colon < 1) {
                throw Problems.parameter("label", "must be a label's name and value with a colon between");
            }
            labels.put(label.substring(0, colon), label.substring(colon + 1));
        }
        return labels;
    }

    /** {@code GET /chats/{id}}. */
    void get(Exchange exchange) throws HttpProblem, IOException {
        respond(exchange, 200, identity.owner(exchange), exchange.pathParameter("id"));
    }

    private void respond(Exchange exchange, int status, String owner, String chatId) throws IOException {
        Standing standing = engine.standing(owner, chatId).orElseThrow(() -> ChatApi.noChat(chatId));
        ChatJson.respond(exchange, status, ChatJson.chat(standing));
    }

    /** {@code PATCH /chats/{id}}. */
    void patch(Exchange exchange) throws HttpProblem, IOException {
        String owner = identity.owner(exchange);
        String chatId = exchange.pathParameter("id");
        ObjectNode body =
                SendBody.object(Requests.json(exchange), Set.of("title", "labels", "pin", "archived", "readTo"));
        engine.chats().arrange(owner, chatId, arrangement(body));
        respond(exchange, 200, owner, chatId);
    }

    private static Arrangement arrangement(ObjectNode body) {
        JsonNode archived = body.get("archived");
        if (archived != null && !archived.isBoolean()) {
            throw new InvalidField("archived", "must be true or false");
        }
        Long pin = null;
        if (body.has("pin")) {
            pin = body.get("pin").isNull() ? Context.Shelf.UNPINNED : number(body, "pin");
        }
        return new Arrangement(
                SendBody.title(body),
                labels(body),
                pin,
                body.has("readTo") ? number(body, "readTo") : null,
                archived == null ? null : archived.booleanValue());
    }

    private static long number(ObjectNode body, String name) {
        JsonNode node = body.get(name);
        if (node == null || !node.isIntegralNumber() || !node.canConvertToLong() || node.longValue() < 0) {
            throw new InvalidField(name, "must be a whole number, 0 or greater");
        }
        return node.longValue();
    }

    private static @Nullable Map<String, String> labels(ObjectNode body) {
        JsonNode sent = body.get("labels");
        if (sent == null) {
            return null;
        }
        if (!(sent instanceof ObjectNode fields) || fields.size() > MAX_LABELS) {
            throw new InvalidField("labels", "must be an object of at most " + MAX_LABELS + " strings");
        }
        var labels = new TreeMap<String, String>();
        for (Map.Entry<String, JsonNode> label : fields.properties()) {
            String key = label.getKey();
            boolean good = label.getValue().isString()
                    && !key.isBlank()
                    && key.indexOf(':') < 0
                    && key.length() <= MAX_LABEL
                    && label.getValue().stringValue().length() <= MAX_LABEL;
            if (!good) {
                throw new InvalidField(
                        "labels." + key,
                        "must be a string; name and value have at most " + MAX_LABEL
                                + " characters, and there is no colon in the name");
            }
            labels.put(key, label.getValue().stringValue());
        }
        return labels;
    }

    /** {@code DELETE /chats/{id}}. */
    void delete(Exchange exchange) throws HttpProblem, IOException {
        engine.chats().delete(identity.owner(exchange), exchange.pathParameter("id"));
        exchange.respond(204);
    }

    /** {@code POST /chats/{id}:interrupt}. */
    void interrupt(Exchange exchange) throws HttpProblem, IOException {
        RequestKey key = Requests.key(exchange, Requests.NO_BODY);
        boolean interrupted = engine.chats().interrupt(identity.owner(exchange), exchange.pathParameter("id"), key);
        ChatJson.respond(exchange, 200, ChatJson.object().put("interrupted", interrupted));
    }

    /** {@code POST /chats/{id}:clear}. */
    void clear(Exchange exchange) throws HttpProblem, IOException {
        String owner = identity.owner(exchange);
        engine.chats().clear(owner, exchange.pathParameter("id"), Requests.key(exchange, Requests.NO_BODY));
        respond(exchange, 200, owner, exchange.pathParameter("id"));
    }

    /** {@code GET /chats/{id}/usage}. */
    void usage(Exchange exchange) throws HttpProblem, IOException {
        String owner = identity.owner(exchange);
        String chatId = exchange.pathParameter("id");
        boolean parts = Boolean.TRUE.equals(Parameters.flag(exchange, "parts"));
        ChatJson.respond(
                exchange,
                200,
                ChatJson.usage(
                        parts
                                ? engine.chats().usageOfTree(owner, chatId)
                                : engine.chats().usage(owner, chatId)));
    }

    /** {@code GET /usage}. */
    void usageOfAll(Exchange exchange) throws HttpProblem, IOException {
        String owner = identity.owner(exchange);
        String by = exchange.queryParameter("by").orElse(null);
        if (by != null && !by.equals("day")) {
            throw Problems.parameter("by", "must be day, not \"" + by + "\"");
        }
        ObjectNode usage = ChatJson.usage(engine.chats().usage(owner));
        if (by != null) {
            int days = Parameters.count(exchange, "days", 30, 366);
            ArrayNode all = usage.putArray("days");
            for (DayUsage day : engine.chats()
                    .usageByDay(owner, LocalDate.now(ZoneOffset.UTC).minusDays(days - 1L))) {
                all.addObject().put("day", day.day().toString()).setAll(ChatJson.usage(day.usage()));
            }
        }
        ChatJson.respond(exchange, 200, usage);
    }

    /** {@code POST /chats/{id}:fork}. */
    void fork(Exchange exchange) throws HttpProblem, IOException {
        String owner = identity.owner(exchange);
        byte[] json = exchange.body();
        ObjectNode body = json.length == 0
                ? ChatJson.object()
                : SendBody.object(Requests.json(exchange), Set.of("messageId", "title"));
        String forkId = engine.chats()
                .fork(
                        owner,
                        exchange.pathParameter("id"),
                        SendBody.text(body, "messageId"),
                        SendBody.title(body),
                        Requests.key(exchange, json));
        exchange.header("Location", ChatApi.ROOT + "/chats/" + forkId);
        respond(exchange, 201, owner, forkId);
    }
}
