package dev.millrace.bench.simulate;

import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.Event;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskFold;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** What one reader has seen, over all of its connections, and what it makes of it. */
final class Sight {
    private final World world;
    private final String name;
    private final String contextId;
    private final long from;
    private final NavigableMap<Long, Event> seen = new TreeMap<>();
    private long position;

    Sight(World world, String name, String contextId, long from) {
        this.world = world;
        this.name = name;
        this.contextId = contextId;
        this.from = from;
        position = from;
    }

    String name() {
        return name;
    }

    String contextId() {
        return contextId;
    }

    long position() {
        return position;
    }

    boolean complete() {
        Context context = world.database().state().context(contextId).context();
        return context == null || position >= context.lastOffset();
    }

    /** Each once, in order, as it was committed, and none left out but what was merged into another. */
    void see(List<Journal.Entry<Event>> entries) {
        for (var entry : entries) {
            String what = name + " sees #" + entry.offset() + " of " + contextId + " after #" + position;
            Violation.unless(entry.offset() > position, what + ": again, or out of order");
            Violation.unless(world.audit().was(contextId, entry), what + ": not what was committed there");
            world.audit()
                    .history(contextId)
                    .written
                    .subMap(position, false, entry.offset(), false)
                    .forEach((offset, missed) -> Violation.unless(
                            missed.kind() == Event.Kind.CHUNK,
                            what + ": #" + offset + " (" + missed.kind() + ") was left out"));
            seen.put(entry.offset(), entry.event());
            position = entry.offset();
        }
        world.scheduler().note(name, "sees up to #" + position);
    }

    void wentBack(long last) {
        if (position > last) {
            seen.tailMap(last, false).clear();
            position = Math.max(from > last ? last : from, seen.isEmpty() ? 0 : seen.lastKey());
            position = Math.min(position, last);
        }
    }

    /** The tasks as this reader has them: what there was before it came, then what it saw. */
    Map<String, Task> tasks() {
        var folds = new TreeMap<String, TaskFold>();
        world.audit()
                .history(contextId)
                .written
                .headMap(Math.min(from, position), true)
                .values()
                .forEach(event -> apply(folds, event));
        seen.values().forEach(event -> apply(folds, event));
        return finish(folds);
    }

    static Map<String, Task> tasks(Iterable<Journal.Entry<Event>> events) {
        var folds = new TreeMap<String, TaskFold>();
        events.forEach(entry -> apply(folds, entry.event()));
        return finish(folds);
    }

    private static void apply(Map<String, TaskFold> folds, Event event) {
        if (event.taskId() != null) {
            folds.computeIfAbsent(event.taskId(), id -> new TaskFold()).apply(Audit.decode(event));
        }
    }

    private static Map<String, Task> finish(Map<String, TaskFold> folds) {
        var tasks = new TreeMap<String, Task>();
        folds.forEach((id, fold) -> tasks.put(id, fold.task()));
        return tasks;
    }
}
