package dev.millrace.engine.store.postgres;

import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.Event;
import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.Write;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a group writes in one context: the writes of all its submits, laid one over the other. A submit decides on what
 * those before it leave. One thread.
 */
final class Change {
    /** Ended tasks that a view remembers: a turn or a merge that comes a little late asks for them. */
    private static final int ENDED = 8;

    /** Sends that a view remembers: one that is sent again comes soon. */
    private static final int KEYS = 8;

    private static final long GIVEN = -1;

    /** The decision asks the database for what this change will write. */
    static final class NotYet extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NotYet() {
            super("decided when what is before it is committed", null, false, false);
        }
    }

    private final String contextId;
    private final View before;
    private @Nullable Context context;
    private Map<String, TaskRecord> open;
    private Map<String, TaskRecord> ended;
    private Map<String, SendKey> keys;
    private final Map<String, TaskRecord> tasks = new LinkedHashMap<>();
    private final List<Journal.Entry<Event>> events = new ArrayList<>();
    private final List<SendKey> sends = new ArrayList<>();
    private final List<TaskRecord> merged = new ArrayList<>();
    private final Set<String> assumedUnknown = new TreeSet<>();
    private final Map<String, String> texts = new LinkedHashMap<>();
    private boolean writes;
    private boolean forgets;

    Change(String contextId, View before) {
        this.contextId = contextId;
        this.before = before;
        context = before.context();
        open = before.open();
        ended = before.ended();
        keys = before.keys();
    }

    String contextId() {
        return contextId;
    }

    View before() {
        return before;
    }

    @Nullable Context context() {
        if (forgets) {
            throw new NotYet();
        }
        return context;
    }

    List<TaskRecord> openTasks() {
        return List.copyOf(open.values());
    }

    /** Null if the view does not know it, which does not mean that there is none. */
    @Nullable TaskRecord task(String taskId) {
        TaskRecord found = open.get(taskId);
        return found != null ? found : ended.get(taskId);
    }

    /** Null if the key is taken to be unknown; then that is checked when this is written. */
    @Nullable SendKey recall(String key) {
        SendKey known = keys.get(key);
        if (known == null && before.version() > 0) {
            assumedUnknown.add(key);
        }
        return known;
    }

    void add(Write<?> write) {
        if (write.isEmpty()) {
            return;
        }
        if (write.context() != null) {
            context = write.context();
        }
        if (context == null) {
            throw new IllegalStateException("a write to context " + contextId + ", which does not exist");
        }
        writes = true;
        if (write.forget()) {
            forgets = true;
            context = context.with(context.shelf(), Context.Change.SHELF); // which is told, with its next revision
            return;
        }
        write.tasks().forEach(this::put);
        if (write.merged() != null) {
            merge(write.merged());
        }
        events.addAll(write.events());
        if (!write.keys().isEmpty()) {
            keys = withLast(keys, KEYS);
            write.keys().forEach(key -> keys.put(key.key(), key));
            sends.addAll(write.keys());
        }
    }

    private void put(TaskRecord task) {
        tasks.put(task.id(), task);
        if (task.state().terminal()) {
            if (open.containsKey(task.id())) {
                open = new LinkedHashMap<>(open);
                open.remove(task.id());
            }
            ended = withLast(ended, ENDED);
            ended.put(task.id(), task);
        } else {
            TaskRecord known = open.get(task.id());
            boolean later = known == null
                    ? open.values().stream().allMatch(each -> each.place() < task.place())
                    : known.place() == task.place();
            open = new LinkedHashMap<>(open);
            open.put(task.id(), task);
            if (!later) {
                sortOpen();
            }
        }
    }

    private void sortOpen() {
        var sorted = new LinkedHashMap<String, TaskRecord>();
        open.values().stream().sorted(TaskRecord.IN_ORDER).forEach(each -> sorted.put(each.id(), each));
        open = sorted;
    }

    /** A copy that forgets the eldest. */
    private static <T> Map<String, T> withLast(Map<String, T> map, int limit) {
        Map<String, T> copy = new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, T> eldest) {
                return size() > limit;
            }
        };
        copy.putAll(map);
        return copy;
    }

    /** The database drops the chunks that are there already; those that are only on their way are dropped here. */
    private void merge(Write.Merge merge) {
        merged.add(merge.task());
        texts.put(merge.task().id(), merge.text().get());
        events.removeIf(entry -> entry.event().kind() == Event.Kind.CHUNK
                && merge.task().id().equals(entry.event().taskId()));
        events.addAll(merge.artifacts());
    }

    /** Asked before the database is: it has nothing yet of what is only here. */
    void requireNothingWritten() {
        if (writes) {
            throw new NotYet();
        }
    }

    boolean writes() {
        return writes;
    }

    /**
     * True if the server must say that nobody else wrote since the view was made, and that keys which the view does not
     * have are unknown: a refusal of a message that is only repeated would be wrong.
     */
    boolean mustBeChecked() {
        return writes || before.origin() != View.Origin.READ || !assumedUnknown.isEmpty();
    }

    Set<String> assumedUnknown() {
        return assumedUnknown;
    }

    /** The context's new row. */
    Context row() {
        return Objects.requireNonNull(context);
    }

    Map<String, TaskRecord> tasks() {
        return tasks;
    }

    List<Journal.Entry<Event>> events() {
        return events;
    }

    List<SendKey> sends() {
        return sends;
    }

    /** What tasks are found by; the task "" is the context itself. */
    Map<String, String> texts() {
        boolean titled = told()
                && !forgets
                && (row().change() == Context.Change.CREATED || row().change() == Context.Change.TITLE);
        if (titled) {
            texts.put("", String.valueOf(row().title() == null ? "" : row().title()));
        }
        return texts;
    }

    /** True if the owner is to be told of a change: the context gets the next revision. */
    boolean told() {
        return writes && row().revision() == 0;
    }

    /** True if the context goes, with all that belongs to it. */
    boolean forgets() {
        return forgets;
    }

    List<TaskRecord> merged() {
        return merged;
    }

    /** As it is once this is written. */
    View after() {
        if (forgets) {
            return View.absent();
        }
        // The number that the server gave is not known here, and nobody who decides asks for it.
        Context known = context != null && context.revision() == 0 ? context.withRevision(GIVEN) : context;
        return new View(known, writes ? before.version() + 1 : before.version(), open, ended, keys, View.Origin.KEPT);
    }
}
