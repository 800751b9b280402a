package dev.millrace.engine.store.memory;

import dev.millrace.engine.Context;
import dev.millrace.engine.Page;
import dev.millrace.engine.TaskQuery;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.PushStore;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.TaskPlace;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.Write;
import dev.millrace.protocol.TaskState;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps everything in memory; gone with the process.
 *
 * <p>Each context is a {@link Conversation} with a lock of its own; a write is decided, applied and published by the
 * calling thread under that lock, so nothing is handed to another thread on the way. No thread ever waits for a
 * second conversation's lock while it holds one. The lists over all contexts are concurrent sorted sets beside them.
 *
 * <p>It is bounded: past {@code maxContexts}, the context that has been quiet for the longest is forgotten, which
 * takes constant time per context. A context with a live task is never forgotten, so what is alive may exceed the
 * bound.
 */
public final class MemoryStore implements Store {
    private static final Logger LOG = LoggerFactory.getLogger(MemoryStore.class);

    /** Contexts kept by default. */
    public static final int DEFAULT_MAX_CONTEXTS = 100_000;

    private static final ConcurrentSkipListMap<Place, TaskRecord> NOBODYS =
            new ConcurrentSkipListMap<>(Place.OLDEST_FIRST.reversed());

    /** A context's place in the list by activity. */
    private record Activity(Instant at, String contextId, String owner) {}

    /** A task's place in the lists by status. */
    private record Place(Instant at, String taskId) {
        static final Comparator<Place> OLDEST_FIRST =
                Comparator.comparing(Place::at).thenComparing(Place::taskId);

        static Place of(TaskRecord task) {
            return new Place(task.statusAt(), task.id());
        }
    }

    private record Kind(String owner, String agent, TaskState state) {
        static Kind of(TaskRecord task) {
            return new Kind(task.owner(), task.agent(), task.state());
        }
    }

    private final int maxContexts;
    private final MemoryPushStore pushes = new MemoryPushStore();
    private final Map<String, Conversation> conversations = new ConcurrentHashMap<>();
    private final Map<String, String> contextOfTask = new ConcurrentHashMap<>();

    /** For each owner, the newest status first. */
    private final Map<String, ConcurrentSkipListMap<Place, TaskRecord>> byStatus = new ConcurrentHashMap<>();

    /** How many tasks there are of each kind, so that a list knows its length without counting. */
    private final Map<Kind, LongAdder> counts = new ConcurrentHashMap<>();

    private final ConcurrentSkipListMap<Place, TaskRecord> submitted = new ConcurrentSkipListMap<>(Place.OLDEST_FIRST);
    private final ConcurrentSkipListSet<Activity> byActivity =
            new ConcurrentSkipListSet<>(Comparator.comparing(Activity::at)
                    .thenComparing(Activity::contextId)
                    .reversed());

    /** Contexts in which nothing lives, the longest quiet first. */
    private final LinkedHashMap<String, Boolean> quiet = new LinkedHashMap<>();

    private final ReentrantLock quietLock = new ReentrantLock();
    private volatile boolean closed;

    public MemoryStore() {
        this(DEFAULT_MAX_CONTEXTS);
    }

    /** @throws IllegalArgumentException if {@code maxContexts} is less than 1 */
    public MemoryStore(int maxContexts) {
        if (maxContexts < 1) {
            throw new IllegalArgumentException("maxContexts must be at least 1, not " + maxContexts);
        }
        this.maxContexts = maxContexts;
    }

    @Override
    public <R> CompletableFuture<R> submit(String contextId, Durability durability, Function<Reader, Write<R>> decide) {
        while (!closed) {
            Conversation c = conversations.computeIfAbsent(contextId, id -> new Conversation());
            c.lock.lock();
            try {
                if (!c.forgotten) {
                    return decideAndApply(contextId, c, decide);
                }
            } finally {
                c.lock.unlock();
            }
        }
        return CompletableFuture.failedFuture(new StoreFailure("the store is closed"));
    }

    private <R> CompletableFuture<R> decideAndApply(
            String contextId, Conversation c, Function<Reader, Write<R>> decide) {
        try {
            Write<R> write = decide.apply(new MemoryView(this, c));
            apply(contextId, c, write);
            tell(write.committed());
            return CompletableFuture.completedFuture(write.result());
        } catch (RuntimeException | Error e) {
            return CompletableFuture.failedFuture(e);
        } finally {
            if (c.context == null) {
                forget(contextId, c); // the look-up made it, the decision did not
            }
        }
    }

    /** What was written stays written, whatever those who are told of it do. */
    private static void tell(Runnable committed) {
        try {
            committed.run();
        } catch (RuntimeException | Error e) {
            LOG.error("what follows a commit failed; the commit stands", e);
        }
    }

    @Override
    public <R extends @Nullable Object> R read(@Nullable String contextId, Function<Reader, R> query) {
        Conversation c = contextId == null ? null : conversations.get(contextId);
        if (c == null) {
            return query.apply(new MemoryView(this, contextId == null ? null : new Conversation()));
        }
        c.lock.lock();
        try {
            return query.apply(new MemoryView(this, c));
        } finally {
            c.lock.unlock();
        }
    }

    @Override
    public PushStore pushes() {
        return pushes;
    }

    @Override
    public void close() {
        closed = true;
    }

    private <R> void apply(String contextId, Conversation c, Write<R> write) {
        Context context = write.context();
        if (context != null) {
            place(c.context, context);
            c.context = context;
        }
        for (TaskRecord task : write.tasks()) {
            place(contextId, c, task);
        }
        c.events.append(write.events());
        for (SendKey key : write.keys()) {
            c.keys.put(key.key(), key);
        }
        if (write.merged() != null) {
            c.events.merge(write.merged());
        }
        if (!write.tasks().isEmpty()) {
            evictOver(contextId, c.live == 0);
        }
    }

    private void place(@Nullable Context before, Context after) {
        if (before != null && before.updatedAt().equals(after.updatedAt())) {
            return;
        }
        if (before != null) {
            byActivity.remove(new Activity(before.updatedAt(), before.id(), before.owner()));
        }
        byActivity.add(new Activity(after.updatedAt(), after.id(), after.owner()));
    }

    private void place(String contextId, Conversation c, TaskRecord task) {
        TaskRecord before = c.tasks.put(task.id(), task);
        Place place = Place.of(task);
        // The new place before the old one goes: who lists meanwhile misses no task.
        ConcurrentSkipListMap<Place, TaskRecord> own = byStatus.computeIfAbsent(
                task.owner(), owner -> new ConcurrentSkipListMap<>(Place.OLDEST_FIRST.reversed()));
        own.put(place, task);
        if (before == null || before.state() != task.state()) {
            count(task, 1);
            if (before != null) {
                count(before, -1);
            }
        }
        if (task.state() == TaskState.SUBMITTED) {
            submitted.put(place, task);
        }
        if (before == null) {
            contextOfTask.put(task.id(), contextId);
        } else {
            Place left = Place.of(before);
            if (!left.equals(place)) {
                own.remove(left);
                submitted.remove(left);
            } else if (task.state() != TaskState.SUBMITTED) {
                submitted.remove(left);
            }
        }
        c.live += (task.state().terminal() ? 0 : 1)
                - (before == null || before.state().terminal() ? 0 : 1);
    }

    private void count(TaskRecord task, int by) {
        counts.computeIfAbsent(Kind.of(task), kind -> new LongAdder()).add(by);
    }

    private void evictOver(String contextId, boolean nowQuiet) {
        String victim = null;
        quietLock.lock();
        try {
            quiet.remove(contextId);
            if (conversations.size() > maxContexts && !quiet.isEmpty()) {
                victim = quiet.firstEntry().getKey();
                quiet.remove(victim);
            }
            if (nowQuiet) {
                quiet.put(contextId, true); // after the choice: what has just ended is not what goes
            }
        } finally {
            quietLock.unlock();
        }
        if (victim != null) {
            evict(victim);
        }
    }

    private void evict(String victim) {
        Conversation c = conversations.get(victim);
        if (c == null) {
            return;
        }
        // tryLock: no thread waits for a second conversation's lock. A victim that is in use goes to the end of the
        // line.
        if (!c.lock.tryLock()) {
            quietLock.lock();
            try {
                quiet.putIfAbsent(victim, true);
            } finally {
                quietLock.unlock();
            }
            return;
        }
        try {
            if (c.live == 0) {
                forget(victim, c);
            }
        } finally {
            c.lock.unlock();
        }
    }

    private void forget(String contextId, Conversation c) {
        c.forgotten = true;
        conversations.remove(contextId, c);
        if (c.context != null) {
            byActivity.remove(new Activity(c.context.updatedAt(), c.context.id(), c.context.owner()));
        }
        for (TaskRecord task : c.tasks.values()) {
            contextOfTask.remove(task.id());
            pushes.forget(task.id());
            byStatus.getOrDefault(task.owner(), NOBODYS).remove(Place.of(task));
            count(task, -1);
        }
    }

    @Nullable TaskRecord find(String taskId) {
        String contextId = contextOfTask.get(taskId);
        return contextId == null ? null : this.<@Nullable TaskRecord>read(contextId, view -> view.task(taskId));
    }

    Page<Context> listContexts(String owner, int limit, @Nullable String after) {
        Page<Activity> page = Paging.page(
                byActivity.stream().filter(a -> a.owner().equals(owner)), Activity::contextId, limit, after);
        List<Context> contexts = page.items().stream()
                .map(a -> this.<@Nullable Context>read(a.contextId(), view -> view.context(a.contextId())))
                .filter(Objects::nonNull)
                .map(Objects::requireNonNull)
                .toList();
        return new Page<>(contexts, page.next(), page.total());
    }

    Page<TaskRecord> listTasks(TaskQuery q) {
        ConcurrentNavigableMap<Place, TaskRecord> own = byStatus.getOrDefault(q.owner(), NOBODYS);
        if (q.contextId() != null) {
            var ofContext = new ConcurrentSkipListMap<Place, TaskRecord>(Place.OLDEST_FIRST.reversed());
            String contextId = q.contextId();
            this.<List<TaskRecord>>read(contextId, view -> view.tasks(contextId))
                    .forEach(task -> ofContext.put(Place.of(task), task));
            own = ofContext;
        }
        if (q.changedSince() != null) {
            own = own.headMap(new Place(q.changedSince(), ""), true);
        }
        long total = q.contextId() == null && q.changedSince() == null
                ? counted(q)
                : own.values().stream().filter(task -> matches(q, task)).count();
        if (q.after() != null) {
            TaskPlace last = TaskPlace.parse(q.after());
            if (last == null) {
                return new Page<>(List.of(), null, total);
            }
            own = own.tailMap(new Place(last.statusAt(), last.taskId()), false);
        }
        List<TaskRecord> found = own.values().stream()
                .filter(task -> matches(q, task))
                .limit(q.limit() + 1L)
                .toList();
        boolean more = found.size() > q.limit();
        List<TaskRecord> items = more ? found.subList(0, q.limit()) : found;
        return new Page<>(items, more ? TaskPlace.after(items.getLast()) : null, total);
    }

    private static boolean matches(TaskQuery q, TaskRecord task) {
        return task.owner().equals(q.owner())
                && (q.agent() == null || task.agent().equals(q.agent()))
                && (q.state() == null || task.state() == q.state());
    }

    private long counted(TaskQuery q) {
        if (q.agent() != null && q.state() != null) {
            LongAdder one = counts.get(new Kind(q.owner(), q.agent(), q.state()));
            return one == null ? 0 : one.sum();
        }
        return counts.entrySet().stream()
                .filter(kind -> kind.getKey().owner().equals(q.owner())
                        && (q.agent() == null || kind.getKey().agent().equals(q.agent()))
                        && (q.state() == null || kind.getKey().state() == q.state()))
                .mapToLong(kind -> kind.getValue().sum())
                .sum();
    }

    List<TaskRecord> listRunnable(int max) {
        var byOwner = new LinkedHashMap<String, Deque<TaskRecord>>();
        for (TaskRecord task : submitted.values()) {
            if (isFirstInLine(task)) {
                byOwner.computeIfAbsent(task.owner(), o -> new ArrayDeque<>()).add(task);
            }
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

    private boolean isFirstInLine(TaskRecord task) {
        return read(task.contextId(), view -> {
            Context context = view.context(task.contextId());
            if (context == null || context.concurrency() == Context.Concurrency.PARALLEL) {
                return context != null;
            }
            List<TaskRecord> open = view.openTasks(task.contextId());
            return open.stream().noneMatch(TaskRecord::holds)
                    && !open.isEmpty()
                    && open.getFirst().id().equals(task.id());
        });
    }
}
