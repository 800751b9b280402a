package dev.millrace.engine.store.sqlite;

import dev.millrace.engine.Context;
import dev.millrace.engine.store.TaskRecord;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The contexts and tasks that the writer read or wrote last, as they stand in the tables. Nobody else writes these, so what
 * was there is there: the chunks of a turn, each fenced by its task and each behind its context's last offset, read neither
 * again. With a transaction that is undone, all is forgotten. Not thread-safe: the writer's.
 */
final class RecentRows {
    /** Of contexts, and of tasks: more than are mostly worked on at a time, and few enough to be looked through. */
    private static final int MOST = 1_000;

    /** Owners are small. */
    private static final int OWNERS = 10_000;

    private final Map<String, Context> contexts = new Recent<>(MOST);
    private final Map<String, TaskRecord> tasks = new Recent<>(MOST);

    /** The last number of a change, by owner. */
    private final Map<String, Long> revisions = new Recent<>(OWNERS);

    /** @param query what is there, if it is not known; null = nothing */
    @Nullable Context context(String id, Function<String, @Nullable Context> query) {
        return contexts.computeIfAbsent(id, query);
    }

    /** @param query what is there, if it is not known; null = nothing */
    @Nullable TaskRecord task(String id, Function<String, @Nullable TaskRecord> query) {
        return tasks.computeIfAbsent(id, query);
    }

    /** @param query the last that is there, if it is not known */
    long nextRevision(String owner, Function<String, Long> query) {
        long next = revisions.computeIfAbsent(owner, query) + 1;
        revisions.put(owner, next);
        return next;
    }

    /** Only the context's last offset is new. */
    void advanced(Context written) {
        contexts.put(written.id(), written);
    }

    /**
     * What never changes of a row (whose it is, its agent, when it was made) is the same in each write of it.
     *
     * @param revision that was written for it
     */
    void written(Context c, long revision) {
        contexts.put(
                c.id(),
                new Context(
                        c.id(),
                        c.owner(),
                        c.agent(),
                        c.title(),
                        c.concurrency(),
                        stored(c.createdAt()),
                        stored(c.updatedAt()),
                        c.lastOffset(),
                        c.parentId(),
                        c.held(),
                        c.clearedAt(),
                        c.answeredAt(),
                        c.shelf(),
                        c.change(),
                        revision));
    }

    void written(TaskRecord t) {
        Instant due = t.dueAt();
        tasks.put(
                t.id(),
                new TaskRecord(
                        t.id(),
                        t.contextId(),
                        t.owner(),
                        t.agent(),
                        t.state(),
                        stored(t.statusAt()),
                        t.position(),
                        t.messageAt(),
                        t.epoch(),
                        t.leasedBy(),
                        t.attempts(),
                        t.merged(),
                        t.place(),
                        t.cutAt(),
                        t.endedAt(),
                        t.since(),
                        due == null ? null : stored(due),
                        t.usage()));
    }

    /** Columns have milliseconds. */
    private static Instant stored(Instant at) {
        return Instant.ofEpochMilli(at.toEpochMilli());
    }

    /** True if all that is new of the context is its last offset. */
    boolean onlyAdvanced(Context written) {
        Context before = contexts.get(written.id());
        return before != null && before.at(written.lastOffset()).equals(written);
    }

    /** The context is gone, and its tasks with it. */
    void forgetAllOf(String contextId) {
        contexts.remove(contextId);
        tasks.values().removeIf(task -> task.contextId().equals(contextId));
    }

    void forget() {
        contexts.clear();
        tasks.clear();
        revisions.clear();
    }

    private static final class Recent<T> extends LinkedHashMap<String, T> {
        private static final long serialVersionUID = 1L;

        private final int most;

        Recent(int most) {
            super(16, 0.75f, true);
            this.most = most;
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, T> eldest) {
            return size() > most;
        }
    }
}
