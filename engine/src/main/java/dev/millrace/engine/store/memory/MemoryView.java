package dev.millrace.engine.store.memory;

import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.ContextQuery;
import dev.millrace.engine.DayUsage;
import dev.millrace.engine.Event;
import dev.millrace.engine.OpenTasks;
import dev.millrace.engine.Page;
import dev.millrace.engine.TaskQuery;
import dev.millrace.engine.Usage;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.Words;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
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
        return store.peek(contextId);
    }

    @Override
    public @Nullable TaskRecord task(String taskId) {
        return own == null ? store.find(taskId) : own.tasks.get(taskId);
    }

    @Override
    public List<TaskRecord> openTasks(String contextId) {
        if (own == null) {
            return store.<List<TaskRecord>>read(contextId, view -> view.openTasks(contextId));
        }
        if (own.live == 0) {
            return List.of();
        }
        var open = new ArrayList<TaskRecord>(own.live);
        for (TaskRecord task : own.tasks.values()) {
            if (!task.state().terminal()) {
                open.add(task);
            }
        }
        open.sort(TaskRecord.IN_ORDER);
        return List.copyOf(open);
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
    public @Nullable Event lastStatus(TaskRecord task) {
        return own == null
                ? store.<@Nullable Event>read(task.contextId(), view -> view.lastStatus(task))
                : Reader.super.lastStatus(task);
    }

    @Override
    public @Nullable SendKey recall(String contextId, String key) {
        return own == null ? null : own.keys.get(key);
    }

    /** Costs as much as there are tasks in the context. */
    @Override
    public List<TaskRecord> conversation(String contextId, @Nullable TaskRecord from, boolean backwards, int max) {
        if (own == null) {
            return List.of();
        }
        Comparator<TaskRecord> order = backwards ? TaskRecord.IN_ORDER.reversed() : TaskRecord.IN_ORDER;
        return own.tasks.values().stream()
                .filter(task -> !task.gone())
                .filter(task -> from == null || order.compare(task, from) > 0)
                .sorted(order)
                .limit(max)
                .toList();
    }

    @Override
    public List<Context> parts(String contextId) {
        return store.listParts(contextId);
    }

    @Override
    public Page<Context> contexts(ContextQuery query) {
        return store.listContexts(query);
    }

    @Override
    public List<Context> changes(String owner, long after, int max) {
        return store.listChanges(owner, after, max);
    }

    @Override
    public long revision(String owner) {
        return store.revision(owner);
    }

    /** Whether each of these words begins one of the title's, or of those of one task. */
    boolean says(List<String> words) {
        if (own == null || own.context == null || words.isEmpty()) {
            return false;
        }
        return Words.begin(words, own.title)
                || own.tasks.values().stream()
                        .filter(task -> !task.gone())
                        .anyMatch(task -> Words.begin(words, own.text(task.id())));
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

    @Override
    public List<OpenTasks> openCounts() {
        return store.openCounts();
    }

    @Override
    public List<TaskRecord> due(int max) {
        return store.listDue(max);
    }

    @Override
    public Usage usage(String owner, @Nullable String contextId) {
        if (contextId == null) {
            return store.usage(owner);
        }
        return own == null || own.context == null || !own.context.owner().equals(owner)
                ? Usage.NONE
                : own.tasks.values().stream().map(TaskRecord::usage).reduce(Usage.NONE, Usage::plus);
    }

    @Override
    public List<DayUsage> usageByDay(String owner, LocalDate from) {
        var days = new TreeMap<>(store.spentByDay(owner).tailMap(from));
        Reader.super.usageByDay(owner, from).forEach(each -> days.merge(each.day(), each.usage(), Usage::plus));
        return days.entrySet().stream()
                .map(day -> new DayUsage(day.getKey(), day.getValue()))
                .toList();
    }
}
