package dev.millrace.engine.store.memory;

import dev.millrace.engine.Context;
import dev.millrace.engine.ContextQuery;
import dev.millrace.engine.OpenTasks;
import dev.millrace.engine.Page;
import dev.millrace.engine.TaskQuery;
import dev.millrace.engine.Usage;
import dev.millrace.engine.store.ContextPlace;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.FileRegister;
import dev.millrace.engine.store.PushStore;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.Words;
import dev.millrace.engine.store.Write;
import dev.millrace.engine.store.memory.OwnTasks.Place;
import dev.millrace.protocol.TaskState;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
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
 * <p>It is bounded: past {@code maxContexts} or {@code maxBytes}, the contexts that have been quiet for the longest are
 * forgotten, which takes constant time per context. A thread of its own does that, a little before the bounds are reached.
 * A context with a live task is never forgotten, so what is alive may exceed the bounds.
 */
public final class MemoryStore implements Store {
    private static final Logger LOG = LoggerFactory.getLogger(MemoryStore.class);

    /** Contexts kept by default. */
    public static final int DEFAULT_MAX_CONTEXTS = 100_000;

    /** The part of the heap that is kept by default. */
    private static final int OF_HEAP = 2;

    /** So many contexts are forgotten at most for one write, which makes room for what it wrote before long. */
    private static final int EVICTED_AT_ONCE = 16;

    /** Of the bounds. One such part below them the sweep begins, and ends two below. */
    private static final int PARTS = 128;

    /** A context's place in its owner's list. */
    private record Listed(ContextPlace place, String owner) implements Comparable<Listed> {
        static Listed of(Context context) {
            return new Listed(ContextPlace.of(context), context.owner());
        }

        @Override
        public int compareTo(Listed other) {
            int byOwner = owner.compareTo(other.owner);
            return byOwner != 0 ? byOwner : place.compareTo(other.place);
        }
    }

    private final int maxContexts;
    private final long maxBytes;
    private final AtomicLong bytes = new AtomicLong();
    private final MemoryPushStore pushes = new MemoryPushStore();
    private final MemoryFileRegister files = new MemoryFileRegister();
    private final Map<String, Conversation> conversations = new ConcurrentHashMap<>();
    private final Map<String, String> contextOfTask = new ConcurrentHashMap<>();

    /** By owner. */
    private final Spent spent = new Spent();

    private final Map<String, OwnTasks> ownTasks = new ConcurrentHashMap<>();

    private final ConcurrentSkipListMap<Place, TaskRecord> submitted = new ConcurrentSkipListMap<>();
    /** Tasks that must be answered by a time, by that time. */
    private final ConcurrentSkipListMap<Place, TaskRecord> due = new ConcurrentSkipListMap<>();

    private final ConcurrentSkipListSet<Listed> listed = new ConcurrentSkipListSet<>();

    /** The contexts that are parts of others: part to whole. */
    private final ConcurrentSkipListMap<String, String> parts = new ConcurrentSkipListMap<>();

    /** By owner. */
    private final Map<String, ChangeLog> changes = new ConcurrentHashMap<>();

    private final QuietLine quiet = new QuietLine();
    private final AtomicBoolean sweeping = new AtomicBoolean();
    private volatile boolean closed;

    /** Keeps {@value #DEFAULT_MAX_CONTEXTS} contexts and half of the heap at most. */
    public MemoryStore() {
        this(DEFAULT_MAX_CONTEXTS, Runtime.getRuntime().maxMemory() / OF_HEAP);
    }

    /**
     * @param maxBytes what all contexts together may take, as they are weighed: their events and the objects around them
     * @throws IllegalArgumentException if one of the bounds is less than 1
     */
    public MemoryStore(int maxContexts, long maxBytes) {
        if (maxContexts < 1 || maxBytes < 1) {
            throw new IllegalArgumentException(
                    "maxContexts and maxBytes must be at least 1, not " + maxContexts + " and " + maxBytes);
        }
        this.maxContexts = maxContexts;
        this.maxBytes = maxBytes;
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
            tell(write.written());
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
    public boolean readsWordsLater() {
        return true;
    }

    @Override
    public PushStore pushes() {
        return pushes;
    }

    @Override
    public FileRegister files() {
        return files;
    }

    @Override
    public void close() {
        closed = true;
    }

    private <R> void apply(String contextId, Conversation c, Write<R> write) {
        if (write.forget()) {
            delete(contextId, c);
            return;
        }
        Context context = write.context();
        if (context != null) {
            place(c.context, context);
            if (context.revision() == 0) {
                long before = c.context == null ? 0 : c.context.revision();
                context = context.withRevision(changes(context.owner()).changed(contextId, before));
            }
            if (c.context == null || !Objects.equals(context.title(), c.context.title())) {
                c.title = context.title() == null ? "" : Words.plain(context.title());
            }
            c.context = context;
        }
        if (!write.tasks().isEmpty()) {
            var moves = new ArrayList<OwnTasks.Move>();
            for (TaskRecord task : write.tasks()) {
                moves.add(new OwnTasks.Move(c.tasks.put(task.id(), task), task));
            }
            // A context's tasks are its owner's, all of them.
            ownTasks(write.tasks().getFirst().owner()).move(moves);
            moves.forEach(move -> place(contextId, c, move.before(), Objects.requireNonNull(move.after())));
        }
        c.events.append(write.events());
        write.events().forEach(entry -> files.named(contextId, entry.event().json()));
        for (SendKey key : write.keys()) {
            c.keys.put(key.key(), key);
        }
        if (write.merged() != null) {
            c.events.merge(write.merged());
            write.merged()
                    .artifacts()
                    .forEach(entry -> files.named(contextId, entry.event().json()));
            c.said.put(write.merged().task().id(), write.merged().text());
        }
        count(c, c.weight());
        if (!write.tasks().isEmpty()) {
            makeRoom(contextId, c.live == 0);
        }
    }

    private void count(Conversation c, long weight) {
        bytes.addAndGet(weight - c.counted);
        c.counted = weight;
    }

    /** Bytes that all contexts take, as they are weighed. */
    long bytes() {
        return bytes.get();
    }

    private ChangeLog changes(String owner) {
        return changes.computeIfAbsent(owner, o -> new ChangeLog());
    }

    private void place(@Nullable Context before, Context after) {
        if (before != null && Listed.of(before).equals(Listed.of(after))) {
            return;
        }
        // The new place before the old one goes: who lists meanwhile misses none.
        listed.add(Listed.of(after));
        if (before != null) {
            listed.remove(Listed.of(before));
        } else if (after.parentId() != null) {
            parts.put(after.id(), after.parentId());
        }
    }

    private void delete(String contextId, Conversation c) {
        if (c.context != null) {
            changes(c.context.owner()).deleted(c.context);
        }
        quiet.remove(contextId);
        forget(contextId, c);
    }

    private OwnTasks ownTasks(String owner) {
        return ownTasks.computeIfAbsent(owner, o -> new OwnTasks());
    }

    private void place(String contextId, Conversation c, @Nullable TaskRecord before, TaskRecord task) {
        Place place = Place.of(task);
        // The new place before the old one goes: who looks for something to run misses none.
        if (task.state() == TaskState.SUBMITTED) {
            submitted.put(place, task);
        }
        if (before == null) {
            contextOfTask.put(task.id(), contextId);
        } else if (!Place.of(before).equals(place) || task.state() != TaskState.SUBMITTED) {
            submitted.remove(Place.of(before));
        }
        if (before != null && before.dueAt() != null) {
            due.remove(new Place(before.dueAt(), before.id()));
        }
        if (task.dueAt() != null) {
            due.put(new Place(task.dueAt(), task.id()), task);
        }
        c.live += (task.state().terminal() ? 0 : 1)
                - (before == null || before.state().terminal() ? 0 : 1);
    }

    /** The writer makes room only where the sweep is too slow for it. */
    private void makeRoom(String contextId, boolean nowQuiet) {
        quiet.remove(contextId); // what has just ended is not what goes
        for (int i = 0; i < EVICTED_AT_ONCE && over(0); i++) {
            String victim = quiet.poll(0);
            if (victim == null) {
                break;
            }
            evict(victim);
        }
        if (nowQuiet) {
            quiet.add(contextId);
        }
        if (over(1) && quiet.size() > 1 && sweeping.compareAndSet(false, true)) {
            Thread.ofVirtual().name("millrace-forgets").start(this::sweep);
        }
    }

    /** Forgets what was quiet for the longest until there is a little room, the newest excepted. */
    @SuppressWarnings("ThreadPriorityCheck") // nothing depends on who goes first
    private void sweep() {
        try {
            for (int i = 1; !closed && over(2); i++) {
                String victim = quiet.poll(1);
                if (victim == null) {
                    return;
                }
                evict(victim);
                if (i % EVICTED_AT_ONCE == 0) {
                    Thread.yield(); // whoever waits for an answer goes first
                }
            }
        } finally {
            sweeping.set(false);
        }
    }

    /**
     * Whether more is kept than the bounds less so many parts of {@value #PARTS} allow. What is so little that it has no
     * such part is let go by who writes alone.
     */
    private boolean over(int parts) {
        return conversations.size() > maxContexts - maxContexts / PARTS * parts
                || bytes.get() > maxBytes - maxBytes / PARTS * parts;
    }

    private void evict(String victim) {
        Conversation c = conversations.get(victim);
        if (c == null) {
            return;
        }
        // tryLock: no thread waits for a second conversation's lock. A victim that is in use goes to the end of the
        // line.
        if (!c.lock.tryLock()) {
            quiet.add(victim);
            return;
        }
        try {
            if (c.live == 0) {
                if (c.context != null) {
                    changes(c.context.owner()).evicted(c.context);
                }
                forget(victim, c);
            }
        } finally {
            c.lock.unlock();
        }
    }

    private void forget(String contextId, Conversation c) {
        c.forgotten = true;
        count(c, 0);
        conversations.remove(contextId, c);
        if (c.context != null) {
            listed.remove(Listed.of(c.context));
            parts.remove(contextId);
            files.gone(contextId, c.context.owner());
        }
        for (TaskRecord task : c.tasks.values()) {
            contextOfTask.remove(task.id());
            pushes.forget(task.id());
            submitted.remove(Place.of(task));
            if (task.dueAt() != null) {
                due.remove(new Place(task.dueAt(), task.id()));
            }
        }
        if (!c.tasks.isEmpty()) {
            spent.add(c.tasks.values());
            ownTasks(c.tasks.values().iterator().next().owner())
                    .move(c.tasks.values().stream()
                            .map(task -> new OwnTasks.Move(task, null))
                            .toList());
        }
    }

    List<TaskRecord> listDue(int max) {
        return due.values().stream().limit(max).toList();
    }

    List<OpenTasks> openCounts() {
        return ownTasks.entrySet().stream()
                .flatMap(each -> each.getValue().open(each.getKey()))
                .sorted(Comparator.comparing(OpenTasks::owner)
                        .thenComparing(OpenTasks::agent)
                        .thenComparing(OpenTasks::state))
                .toList();
    }

    /** Looks at each of the owner's contexts. */
    Usage usage(String owner) {
        var sum = spent.of(owner).values().stream().reduce(Usage.NONE, Usage::plus);
        for (Listed each : ofOwner(owner)) {
            sum = sum.plus(this.<Usage>read(
                    each.place().id(), view -> view.usage(owner, each.place().id())));
        }
        return sum;
    }

    NavigableMap<LocalDate, Usage> spentByDay(String owner) {
        return spent.of(owner);
    }

    /** Without a lock: a decision about one context may ask for another. */
    @Nullable Context peek(String contextId) {
        Conversation c = conversations.get(contextId);
        return c == null ? null : c.context;
    }

    @Nullable TaskRecord find(String taskId) {
        String contextId = contextOfTask.get(taskId);
        return contextId == null ? null : this.<@Nullable TaskRecord>read(contextId, view -> view.task(taskId));
    }

    /** Looks at each of the owner's contexts; with a text, at all that was said in them. */
    Page<Context> listContexts(ContextQuery query) {
        ContextPlace after = query.after() == null ? null : ContextPlace.parse(query.after());
        boolean nowhere = query.after() != null && after == null;
        List<String> words = query.text() == null ? List.of() : Words.of(query.text());
        var items = new ArrayList<Context>();
        boolean more = false;
        long total = 0;
        for (Listed each : ofOwner(query.owner())) {
            Context context = this.<@Nullable Context>read(each.place().id(), view -> hit(query, words, view, each));
            if (context == null) {
                continue;
            }
            total++;
            if (!nowhere && (after == null || each.place().compareTo(after) > 0)) {
                if (items.size() < query.limit()) {
                    items.add(context);
                } else {
                    more = true;
                }
            }
        }
        String next = more ? ContextPlace.of(items.getLast()).toString() : null;
        return new Page<>(items, next, total);
    }

    private Collection<Listed> ofOwner(String owner) {
        var first = new Listed(new ContextPlace(Long.MIN_VALUE, Instant.MAX, ""), owner);
        var behind = new Listed(new ContextPlace(Long.MIN_VALUE, Instant.MAX, ""), owner + "\0");
        return listed.subSet(first, true, behind, false);
    }

    /** The context as it is, if it is where the list had it and the query asks for it. */
    private static @Nullable Context hit(ContextQuery query, List<String> words, Reader view, Listed place) {
        Context context = view.context(place.place().id());
        boolean hit = context != null
                && Listed.of(context).equals(place)
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
                && (query.text() == null || ((MemoryView) view).says(words));
        return hit ? context : null;
    }

    List<Context> listParts(String contextId) {
        return parts.entrySet().stream()
                .filter(part -> part.getValue().equals(contextId))
                .map(part -> this.<@Nullable Context>read(part.getKey(), view -> view.context(part.getKey())))
                .filter(Objects::nonNull)
                .map(Objects::requireNonNull)
                .toList();
    }

    List<Context> listChanges(String owner, long after, int max) {
        ChangeLog log = changes.get(owner);
        if (log == null) {
            return List.of();
        }
        var found = new ArrayList<Context>();
        List<ChangeLog.Entry> entries = log.after(after, max);
        while (found.isEmpty() && !entries.isEmpty()) {
            for (ChangeLog.Entry entry : entries) {
                Context context = entry.deleted() != null
                        ? entry.deleted()
                        : this.<@Nullable Context>read(entry.contextId(), view -> view.context(entry.contextId()));
                // One that changed once more meanwhile comes later: what it would skip is not to be skipped.
                if (context != null && context.revision() == entry.revision()) {
                    found.add(context);
                }
            }
            entries = log.after(entries.getLast().revision(), max);
        }
        return found;
    }

    long revision(String owner) {
        ChangeLog log = changes.get(owner);
        return log == null ? 0 : log.revision();
    }

    Page<TaskRecord> listTasks(TaskQuery query) {
        String contextId = query.contextId();
        if (contextId == null) {
            OwnTasks own = ownTasks.get(query.owner());
            return own == null ? new Page<>(List.of(), null, 0L) : own.page(query);
        }
        var ofContext = new OwnTasks();
        ofContext.move(this.<List<TaskRecord>>read(contextId, view -> view.tasks(contextId)).stream()
                .filter(task -> task.owner().equals(query.owner()))
                .map(task -> new OwnTasks.Move(null, task))
                .toList());
        return ofContext.page(query);
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
            if (context.held() || context.shelf().archived()) {
                return false;
            }
            List<TaskRecord> open = view.openTasks(task.contextId());
            return open.stream().noneMatch(TaskRecord::holds)
                    && !open.isEmpty()
                    && open.getFirst().id().equals(task.id());
        });
    }
}
