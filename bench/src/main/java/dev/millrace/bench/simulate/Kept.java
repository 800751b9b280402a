package dev.millrace.bench.simulate;

import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.Event;
import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.Write;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One context as the database has it. Never changed: a write makes another one.
 *
 * @param version counts the writes, also over a deletion
 * @param context null = there is none
 */
record Kept(
        long version,
        @Nullable Context context,
        Map<String, TaskRecord> tasks,
        List<Journal.Entry<Event>> events,
        Map<String, SendKey> keys,
        Map<String, String> texts) {

    static final Kept NOTHING = new Kept(0, null, Map.of(), List.of(), Map.of(), Map.of());

    /** What was there before leaves only its version. */
    static Kept deleted(long version) {
        return new Kept(version, null, Map.of(), List.of(), Map.of(), Map.of());
    }

    /** @param row the context's new row, numbered; null = unchanged */
    Kept with(@Nullable Context row, Write<?> write) {
        var newTasks = new LinkedHashMap<>(tasks);
        write.tasks().forEach(task -> newTasks.put(task.id(), task));
        List<Journal.Entry<Event>> newEvents = events;
        if (!write.events().isEmpty()) {
            newEvents = new ArrayList<>(events);
            newEvents.addAll(write.events());
        }
        Map<String, SendKey> newKeys = keys;
        if (!write.keys().isEmpty()) {
            newKeys = new HashMap<>(keys);
            for (SendKey key : write.keys()) {
                newKeys.put(key.key(), key);
            }
        }
        Map<String, String> newTexts = texts;
        Write.Merge merge = write.merged();
        if (merge != null) {
            newEvents = merged(newEvents, merge);
            newTexts = new HashMap<>(texts);
            newTexts.put(merge.task().id(), merge.text().get());
        }
        return new Kept(version + 1, row == null ? context : row, newTasks, newEvents, newKeys, newTexts);
    }

    private static List<Journal.Entry<Event>> merged(List<Journal.Entry<Event>> events, Write.Merge merge) {
        Map<Long, Journal.Entry<Event>> whole = new HashMap<>();
        merge.artifacts().forEach(entry -> whole.put(entry.offset(), entry));
        var kept = new ArrayList<Journal.Entry<Event>>();
        for (var entry : events) {
            boolean chunk = entry.event().kind() == Event.Kind.CHUNK
                    && merge.task().id().equals(entry.event().taskId())
                    && entry.offset() >= merge.task().position();
            Journal.Entry<Event> instead = chunk ? whole.get(entry.offset()) : entry;
            if (instead != null) {
                kept.add(instead);
            }
        }
        return kept;
    }

    List<TaskRecord> open() {
        return tasks.values().stream()
                .filter(task -> !task.state().terminal())
                .sorted(TaskRecord.IN_ORDER)
                .toList();
    }
}
