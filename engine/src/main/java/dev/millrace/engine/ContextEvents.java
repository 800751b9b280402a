package dev.millrace.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The events of a conversation itself: objects with one field, which says what happened, as A2A's {@code StreamResponse}
 * has. They belong to no task, so that nobody who reads a task meets them.
 */
final class ContextEvents {
    private ContextEvents() {}

    /**
     * The queue was changed by its owner: these tasks wait now, in this order. In the conversation they take, in this
     * order, the places that they had among them: a task that was cancelled while it waited stays where it stood.
     */
    static Event queue(List<TaskRecord> waiting) {
        return queue(waiting, null);
    }

    /** The same, and the message of one task was taken back. */
    static Event queue(List<TaskRecord> waiting, @Nullable String deleted) {
        ObjectNode event = object();
        ObjectNode queue = event.putObject("queue");
        ArrayNode tasks = queue.putArray("taskIds");
        waiting.forEach(task -> tasks.add(task.id()));
        if (deleted != null) {
            queue.put("deleted", deleted);
        }
        return encode(event);
    }

    /**
     * The conversation goes on from an earlier point: of each of these tasks the events from its {@code from} on are no
     * longer part of it; nothing is left of one whose first event is there.
     *
     * @param messageId the first message that is gone
     */
    static Event rewound(String messageId, List<TaskRecord> cut) {
        ObjectNode event = object();
        ObjectNode rewound = event.putObject("rewound").put("messageId", messageId);
        ArrayNode tasks = rewound.putArray("tasks");
        for (TaskRecord task : cut) {
            tasks.addObject().put("taskId", task.id()).put("from", task.cutAt()).put("gone", task.gone());
        }
        return encode(event);
    }

    /** The agent is no longer told what was said before. */
    static Event cleared() {
        ObjectNode event = object();
        event.putObject("cleared");
        return encode(event);
    }

    /** The conversation begins with what was said in another one, up to and including this message. */
    static Event forked(String contextId, @Nullable Message last) {
        ObjectNode event = object();
        ObjectNode forked = event.putObject("forked").put("chatId", contextId);
        if (last != null) {
            forked.put("messageId", last.messageId());
        }
        return encode(event);
    }

    /** What {@link #forked} told; null if this is another event. */
    static MessagePage.@Nullable Origin origin(Event event) {
        if (event.kind() != Event.Kind.CONTEXT) {
            return null;
        }
        JsonNode forked = JsonMapper.shared().readTree(event.json()).path("forked");
        return forked.isMissingNode()
                ? null
                : new MessagePage.Origin(
                        forked.path("chatId").stringValue(),
                        forked.path("messageId").stringValue(null));
    }

    /** How the owner keeps it was changed. */
    static Event arranged(Context context) {
        ObjectNode event = object();
        ObjectNode chat = event.putObject("chat");
        if (context.title() != null) {
            chat.put("title", context.title());
        }
        chat.put("archived", context.shelf().archived());
        if (context.shelf().pinned()) {
            chat.put("pin", context.shelf().pin());
        }
        ObjectNode labels = chat.putObject("labels");
        context.shelf().labels().forEach(labels::put);
        chat.put("readTo", context.shelf().readTo());
        return encode(event);
    }

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    private static Event encode(ObjectNode event) {
        return new Event(null, Event.Kind.CONTEXT, null, event.toString().getBytes(UTF_8));
    }
}
