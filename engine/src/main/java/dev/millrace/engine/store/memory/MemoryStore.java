package dev.millrace.engine.store.memory;

import dev.millrace.engine.Context;
import dev.millrace.engine.Page;
import dev.millrace.engine.TaskQuery;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.StoreFailure;
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
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Stream;
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

    private final int maxContexts;
    private final Map<String, Conversation> conversations = new ConcurrentHashMap<>();
    private final Map<String, String> contextOfTask = new ConcurrentHashMap<>();
    private final ConcurrentSkipListMap<Place, TaskRecord> byStatus =
            new ConcurrentSkipListMap<>(Place.OLDEST_FIRST.reversed());
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
        byStatus.put(place, task);
        if (task.state() == TaskState.SUBMITTED) {
            submitted.put(place, task);
        }
        if (before == null) {
            contextOfTask.put(task.id(), contextId);
        } else {
            Place left = Place.of(before);
            if (!left.equals(place)) {
                byStatus.remove(left);
                submitted.remove(left);
            } else if (task.state() != TaskState.SUBMITTED) {
                submitted.remove(left);
            }
        }
        c.live += (task.state().terminal() ? 0 : 1)
                - (before == null || before.state().terminal() ? 0 : 1);
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
            byStatus.remove(Place.of(task));
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
        Stream<TaskRecord> hits = byStatus.values().stream()
                .filter(t -> t.owner().equals(q.owner()))
                .filter(t -> q.agent() == null || t.agent().equals(q.agent()))
                .filter(t -> q.contextId() == null || t.contextId().equals(q.contextId()))
                .filter(t -> q.state() == null || t.state() == q.state())
                .filter(t -> q.changedSince() == null || !t.statusAt().isBefore(q.changedSince()));
        return Paging.page(hits, TaskRecord::id, q.limit(), q.after());
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
