package dev.millrace.engine.store.memory;

import dev.millrace.core.Journal;
import dev.millrace.engine.Event;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.Write;
import java.util.ArrayList;
import java.util.List;

/** The events of one context, by offset. Not thread-safe. */
final class EventLog {
    private final ArrayList<Journal.Entry<Event>> entries = new ArrayList<>();
    private long weight;

    void append(List<Journal.Entry<Event>> more) {
        for (var entry : more) {
            entries.add(entry);
            weight += entry.event().weight();
        }
    }

    /** Bytes that the events count for in memory. */
    long weight() {
        return weight;
    }

    private static long weight(List<Journal.Entry<Event>> some) {
        long sum = 0;
        for (var entry : some) {
            sum += entry.event().weight();
        }
        return sum;
    }

    List<Journal.Entry<Event>> after(long offset, int max) {
        int from = firstAfter(offset);
        return List.copyOf(entries.subList(from, Math.min(entries.size(), from + max)));
    }

    List<Journal.Entry<Event>> of(TaskRecord task) {
        int end = task.endedAt() == 0 ? entries.size() : firstAfter(task.endedAt());
        var of = new ArrayList<Journal.Entry<Event>>();
        for (var entry : entries.subList(firstAfter(task.position() - 1), end)) {
            if (task.id().equals(entry.event().taskId())) {
                of.add(entry);
            }
        }
        return of;
    }

    /** Costs as much as there are events since the task began. */
    void merge(Write.Merge merge) {
        List<Journal.Entry<Event>> tail =
                entries.subList(firstAfter(merge.task().position() - 1), entries.size());
        var kept = new ArrayList<Journal.Entry<Event>>();
        for (var entry : tail) {
            boolean chunk = entry.event().kind() == Event.Kind.CHUNK
                    && merge.task().id().equals(entry.event().taskId());
            if (!chunk) {
                kept.add(entry);
                continue;
            }
            for (var artifact : merge.artifacts()) {
                if (artifact.offset() == entry.offset()) {
                    kept.add(artifact);
                }
            }
        }
        weight += weight(kept) - weight(tail);
        tail.clear();
        entries.addAll(kept);
        entries.trimToSize();
    }

    private int firstAfter(long offset) {
        int low = 0;
        int high = entries.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (entries.get(middle).offset() <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
