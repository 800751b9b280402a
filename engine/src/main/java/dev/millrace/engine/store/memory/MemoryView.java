package dev.millrace.engine.store.memory;

import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.Event;
import dev.millrace.engine.Page;
import dev.millrace.engine.TaskQuery;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.TaskRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A view of one conversation whose lock the caller holds, or (own = null) of the lists over all of them. */
final class MemoryView implements Reader {
    private final MemoryStore store;
    private final @Nullable Conversation own;

    MemoryView(MemoryStore store, @Nullable Conversation own) {
        this.store = store;
        this.own = own;
    }

    @Override
    public @Nullable Context context(String contextId) {
        return own == null ? null : own.context;
    }

    @Override
    public @Nullable TaskRecord task(String taskId) {
        return own == null ? store.find(taskId) : own.tasks.get(taskId);
    }

    @Override
    public List<TaskRecord> openTasks(String contextId) {
        if (own == null || own.live == 0) {
            return List.of();
        }
        return own.tasks.values().stream().filter(t -> !t.state().terminal()).toList();
    }

    @Override
    public List<TaskRecord> tasks(String contextId) {
        return own == null ? List.of() : List.copyOf(own.tasks.values());
    }

    @Override
    public List<Journal.Entry<Event>> events(String contextId, long after, int max) {
        return own == null ? List.of() : own.events.after(after, max);
    }

    @Override
    public List<Journal.Entry<Event>> eventsOf(TaskRecord task) {
        return own == null ? List.of() : own.events.of(task);
    }

    @Override
    public @Nullable SendKey recall(String contextId, String key) {
        return own == null ? null : own.keys.get(key);
    }

    @Override
    public Page<Context> contexts(String owner, int limit, @Nullable String after) {
        return store.listContexts(owner, limit, after);
    }

    @Override
    public Page<TaskRecord> tasks(TaskQuery query) {
        return store.listTasks(query);
    }

    @Override
    public List<TaskRecord> runnable(int max) {
        return store.listRunnable(max);
    }

    @Override
    public List<TaskRecord> leasedByOthers(String holder) {
        return List.of(); // nothing outlives the process
    }

    @Override
    public List<TaskRecord> unmerged(int max) {
        return List.of();
    }
}
