package dev.millrace.engine;

import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import dev.millrace.protocol.TaskState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A client that has nothing but the journal, and follows what docs/api/chat.md says about its events. */
final class JournalReader {
    private static final JsonMapper JSON = new JsonMapper();

    private final LinkedHashMap<String, List<Journal.Entry<Event>>> tasks = new LinkedHashMap<>();
    private final Map<String, TaskState> states = new LinkedHashMap<>();

    /** Reads all that is there by now. */
    JournalReader(Engine engine, String contextId) throws InterruptedException {
        long last = engine.context("me", contextId).orElseThrow().lastOffset();
        try (Cursor<Event> cursor = engine.read(contextId, 0)) {
            while (cursor.position() < last) {
                cursor.take(32).forEach(this::see);
            }
        }
    }

    private void see(Journal.Entry<Event> entry) {
        Event event = entry.event();
        if (event.kind() != Event.Kind.CONTEXT) {
            tasks.computeIfAbsent(event.taskId(), id -> new ArrayList<>()).add(entry);
            if (event.state() != null) {
                states.put(event.taskId(), event.state());
            }
            return;
        }
        JsonNode told = JSON.readTree(event.json());
        for (JsonNode cut : told.path("rewound").path("tasks")) {
            String taskId = cut.get("taskId").asString();
            long from = cut.get("from").asLong();
            if (cut.get("gone").asBoolean()) {
                tasks.remove(taskId);
            } else {
                tasks.get(taskId).removeIf(each -> each.offset() >= from);
            }
        }
        // Those that wait are behind all others, in this order.
        if (told.has("queue")) {
            tasks.remove(told.get("queue").path("deleted").asString(""));
            for (JsonNode id : told.get("queue").get("taskIds")) {
                tasks.putLast(id.asString(), tasks.remove(id.asString()));
            }
        }
    }

    List<String> conversation() {
        var said = new ArrayList<String>();
        tasks.forEach((id, events) -> Transcript.of(states.get(id), events)
                .forEach(each -> said.add(each.message().text())));
        return said;
    }
}
