package dev.millrace.bench.simulate;

import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.ContextQuery;
import dev.millrace.engine.Event;
import dev.millrace.engine.Page;
import dev.millrace.engine.TaskQuery;
import dev.millrace.engine.Usage;
import dev.millrace.engine.store.ContextPlace;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.Words;
import dev.millrace.protocol.TaskState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Answers the engine's questions from one state, the slow and plain way.
 *
 * @param now by the database's clock
 * @param shared whether a lease runs out; else every other holder is dead
 */
record StateReader(State state, long now, boolean shared) implements Reader {
    private static final Comparator<TaskRecord> OLDEST_FIRST =
            Comparator.comparing(TaskRecord::statusAt).thenComparing(TaskRecord::id);

    private Collection<Kept> all() {
        return state.contexts().values();
    }

    private Stream<TaskRecord> allTasks() {
        return all().stream().flatMap(kept -> kept.tasks().values().stream());
    }

    @Override
    public @Nullable Context context(String contextId) {
        return state.context(contextId).context();
    }

    @Override
    public @Nullable TaskRecord task(String taskId) {
        for (Kept kept : all()) {
            TaskRecord task = kept.tasks().get(taskId);
            if (task != null) {
                return task;
            }
        }
        return null;
    }

    @Override
    public List<TaskRecord> openTasks(String contextId) {
        return state.context(contextId).open();
    }

    @Override
    public List<TaskRecord> tasks(String contextId) {
        return sorted(state.context(contextId).tasks().values().stream(), TaskRecord::position);
    }

    private static List<TaskRecord> sorted(Stream<TaskRecord> tasks, ToLongFunction<TaskRecord> by) {
        return tasks.sorted(Comparator.comparingLong(by)).toList();
    }

    @Override
    public List<Journal.Entry<Event>> events(String contextId, long after, int max) {
        return state.context(contextId).events().stream()
                .filter(entry -> entry.offset() > after)
                .limit(max)
                .toList();
    }

    @Override
    public List<Journal.Entry<Event>> eventsOf(TaskRecord task) {
        return state.context(task.contextId()).events().stream()
                .filter(entry -> task.id().equals(entry.event().taskId()))
                .toList();
    }

    @Override
    public @Nullable SendKey recall(String contextId, String key) {
        return state.context(contextId).keys().get(key);
    }

    @Override
    public List<TaskRecord> conversation(String contextId, @Nullable TaskRecord from, boolean backwards, int max) {
        Comparator<TaskRecord> order = backwards ? TaskRecord.IN_ORDER.reversed() : TaskRecord.IN_ORDER;
        return state.context(contextId).tasks().values().stream()
                .filter(task -> !task.gone() && (from == null || order.compare(task, from) > 0))
                .sorted(order)
                .limit(max)
                .toList();
    }

    private Stream<Context> contexts() {
        return all().stream().map(Kept::context).filter(Objects::nonNull).map(Objects::requireNonNull);
    }

    @Override
    public List<Context> parts(String contextId) {
        return contexts()
                .filter(context -> contextId.equals(context.parentId()))
                .toList();
    }

    @Override
    public Page<Context> contexts(ContextQuery query) {
        ContextPlace after = query.after() == null ? null : ContextPlace.parse(query.after());
        List<Context> hits = contexts()
                .filter(context -> hit(query, context))
                .sorted(Comparator.comparing(ContextPlace::of))
                .toList();
        List<Context> behind = hits.stream()
                .filter(context -> after == null || ContextPlace.of(context).compareTo(after) > 0)
                .toList();
        List<Context> page = behind.stream().limit(query.limit()).toList();
        String next =
                behind.size() > page.size() ? ContextPlace.of(page.getLast()).toString() : null;
        return new Page<>(page, next, hits.size());
    }

    private boolean hit(ContextQuery query, Context context) {
        return context.owner().equals(query.owner())
                && (query.agent() == null || query.agent().equals(context.agent()))
                && (query.archived() == null
                        || query.archived() == context.shelf().archived())
                && (query.unread() == null || query.unread() == context.unread())
                && (query.parentId() == null || query.parentId().equals(context.parentId()))
                && !(query.roots() && query.parentId() == null && context.parentId() != null)
                && context.shelf()
                        .labels()
                        .entrySet()
                        .containsAll(query.labels().entrySet())
                && (query.text() == null || says(context, Words.of(query.text())));
    }

    private boolean says(Context context, List<String> words) {
        String title = context.title();
        return (title != null && Words.begin(words, Words.plain(title)))
                || state.context(context.id()).texts().values().stream()
                        .anyMatch(text -> Words.begin(words, Words.plain(text)));
    }

    @Override
    public List<Context> changes(String owner, long after, int max) {
        return Stream.concat(contexts(), state.forgotten().stream())
                .filter(context -> context.owner().equals(owner) && context.revision() > after)
                .sorted(Comparator.comparingLong(Context::revision))
                .limit(max)
                .toList();
    }

    @Override
    public long revision(String owner) {
        return state.revision(owner);
    }

    @Override
    public Page<TaskRecord> tasks(TaskQuery query) {
        List<TaskRecord> hits = allTasks()
                .filter(task -> task.owner().equals(query.owner()))
                .filter(task -> query.agent() == null || query.agent().equals(task.agent()))
                .filter(task -> query.contextId() == null || query.contextId().equals(task.contextId()))
                .filter(task -> query.state() == null || query.state() == task.state())
                .filter(task -> query.changedSince() == null || !task.statusAt().isBefore(query.changedSince()))
                .sorted(OLDEST_FIRST.reversed())
                .toList();
        List<TaskRecord> behind = query.after() == null
                ? hits
                : hits.stream()
                        .dropWhile(task -> !task.id().equals(query.after()))
                        .skip(1)
                        .toList();
        List<TaskRecord> page = behind.stream().limit(query.limit()).toList();
        return new Page<>(page, behind.size() > page.size() ? page.getLast().id() : null, hits.size());
    }

    @Override
    public List<TaskRecord> runnable(int max) {
        var byOwner = new LinkedHashMap<String, Deque<TaskRecord>>();
        for (TaskRecord task :
                all().stream().flatMap(StateReader::canRun).sorted(OLDEST_FIRST).toList()) {
            byOwner.computeIfAbsent(task.owner(), owner -> new ArrayDeque<>()).add(task);
        }
        var inTurn = new ArrayList<TaskRecord>();
        while (inTurn.size() < max && !byOwner.isEmpty()) {
            for (var lines = byOwner.values().iterator(); lines.hasNext() && inTurn.size() < max; ) {
                Deque<TaskRecord> line = lines.next();
                inTurn.add(line.remove());
                if (line.isEmpty()) {
                    lines.remove();
                }
            }
        }
        return inTurn;
    }

    private static Stream<TaskRecord> canRun(Kept kept) {
        Context context = kept.context();
        List<TaskRecord> open = kept.open();
        if (context == null || open.isEmpty()) {
            return Stream.of();
        }
        if (context.concurrency() == Context.Concurrency.PARALLEL) {
            return open.stream().filter(task -> task.state() == TaskState.SUBMITTED);
        }
        boolean waits =
                context.held() || context.shelf().archived() || open.stream().anyMatch(TaskRecord::holds);
        return waits ? Stream.of() : Stream.of(open.getFirst());
    }

    @Override
    public List<TaskRecord> leasedByOthers(String holder) {
        return allTasks()
                .filter(task -> task.state() == TaskState.WORKING && !holder.equals(task.leasedBy()))
                .filter(task -> !(shared && alive(String.valueOf(task.leasedBy()))))
                .sorted(OLDEST_FIRST)
                .toList();
    }

    boolean alive(String replica) {
        return state.leases().getOrDefault(replica, Long.MIN_VALUE) > now;
    }

    @Override
    public List<TaskRecord> unmerged(int max) {
        return allTasks()
                .filter(task -> task.state().terminal() && !task.merged())
                .limit(max)
                .toList();
    }

    @Override
    public List<TaskRecord> due(int max) {
        return allTasks()
                .filter(task -> task.dueAt() != null)
                .sorted(Comparator.comparing(task -> Objects.requireNonNull(task.dueAt())))
                .limit(max)
                .toList();
    }

    @Override
    public Usage usage(String owner, @Nullable String contextId) {
        return allTasks()
                .filter(task -> task.owner().equals(owner)
                        && (contextId == null || task.contextId().equals(contextId)))
                .map(TaskRecord::usage)
                .reduce(Usage.NONE, Usage::plus);
    }
}
