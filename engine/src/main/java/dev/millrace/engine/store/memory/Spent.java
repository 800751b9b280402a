package dev.millrace.engine.store.memory;

import dev.millrace.engine.Usage;
import dev.millrace.engine.store.TaskRecord;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** What tasks took that are gone, by owner and day (UTC). For any number of threads. */
final class Spent {
    private final Map<String, NavigableMap<LocalDate, Usage>> byOwner = new ConcurrentHashMap<>();

    void add(Collection<TaskRecord> gone) {
        for (TaskRecord task : gone) {
            byOwner.computeIfAbsent(task.owner(), owner -> new ConcurrentSkipListMap<>())
                    .merge(LocalDate.ofInstant(task.statusAt(), ZoneOffset.UTC), task.usage(), Usage::plus);
        }
    }

    /** Day by day, the oldest first. */
    NavigableMap<LocalDate, Usage> of(String owner) {
        return byOwner.getOrDefault(owner, new ConcurrentSkipListMap<>());
    }
}
