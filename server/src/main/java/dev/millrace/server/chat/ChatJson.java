package dev.millrace.server.chat;

import dev.millrace.engine.Context;
import dev.millrace.engine.Standing;
import dev.millrace.engine.Usage;
import dev.millrace.server.http.Exchange;
import java.io.IOException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What the chat API says, as JSON. A field that has no value is absent. */
final class ChatJson {
    /** RFC 3339 in UTC, always with three digits of a second. */
    private static final DateTimeFormatter MILLISECONDS =
            new DateTimeFormatterBuilder().appendInstant(3).toFormatter();

    private ChatJson() {}

    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    static ObjectNode chat(Standing standing) {
        Context context = standing.context();
        ObjectNode chat = object().put("id", context.id());
        if (context.title() != null) {
            chat.put("title", context.title());
        }
        if (context.parentId() != null) {
            chat.put("parent", context.parentId());
        }
        Context.Shelf shelf = context.shelf();
        var labels = new TreeMap<>(shelf.labels());
        labels.remove(Context.PASSING); // the engine's own
        if (!labels.isEmpty()) {
            ObjectNode shown = chat.putObject("labels");
            labels.forEach(shown::put);
        }
        if (shelf.pinned()) {
            chat.put("pin", shelf.pin());
        }
        if (shelf.archived()) {
            chat.put("archived", true);
        }
        if (standing.recovering()) {
            chat.put("recovering", true);
        }
        if (!standing.calls().isEmpty()) {
            ArrayNode calls = chat.putArray("toolCalls");
            for (Standing.OpenCall open : standing.calls()) {
                calls.addObject()
                        .put("taskId", open.taskId())
                        .put("id", open.call().id())
                        .put("name", open.call().name())
                        .set("arguments", open.call().arguments());
            }
        }
        return chat.put("unread", context.unread())
                .put("readTo", shelf.readTo())
                .put("agent", context.agent())
                .put("status", status(standing))
                .put("queued", standing.queued())
                .put("createdAt", time(context.createdAt()))
                .put("updatedAt", time(context.updatedAt()))
                .put("lastOffset", context.lastOffset());
    }

    /** What is queued while nothing runs or waits is about to run. */
    private static String status(Standing standing) {
        if (standing.working() > 0) {
            return "running";
        }
        if (standing.waiting() > 0) {
            return standing.calls().isEmpty() ? "waiting" : "action-required";
        }
        if (standing.context().held()) {
            return "failed";
        }
        return standing.queued() > 0 ? "running" : "idle";
    }

    static ObjectNode usage(Usage usage) {
        return object().put("waitedMs", usage.waitedMillis())
                .put("workedMs", usage.workedMillis())
                .put("askedMs", usage.askedMillis())
                .put("inputTokens", usage.inputTokens())
                .put("outputTokens", usage.outputTokens())
                .put("costMicros", usage.costMicros());
    }

    private static String time(Instant instant) {
        return MILLISECONDS.format(instant);
    }

    static void respond(Exchange exchange, int status, ObjectNode body) throws IOException {
        exchange.respond(status, "application/json", JsonMapper.shared().writeValueAsBytes(body));
    }
}
