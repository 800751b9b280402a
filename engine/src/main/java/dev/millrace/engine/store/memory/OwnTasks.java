package dev.millrace.engine.store.memory;

import dev.millrace.engine.OpenTasks;
import dev.millrace.engine.Page;
import dev.millrace.engine.TaskQuery;
import dev.millrace.engine.store.TaskPlace;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.TaskState;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.StampedLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One owner's tasks by status, the newest first, and how many there are of each kind, so that a list knows its length
 * without counting. Any thread.
 *
 * <p>A page is as of one moment: a task that moves to the front while it is cut is neither missed nor seen twice, and what
 * one write moves is seen together. It is cut without a lock; only if something moved meanwhile it is cut once more, and
 * what would move waits for that.
 */
final class OwnTasks {
    /** A task's place in a list by status. */
    record Place(Instant at, String taskId) implements Comparable<Place> {
        static Place of(TaskRecord task) {
            return new Place(task.statusAt(), task.id());
        }

        /** The oldest first. */
        @Override
        public int compareTo(Place other) {
            int byTime = at.compareTo(other.at);
            return byTime != 0 ? byTime : taskId.compareTo(other.taskId);
        }
    }

    /**
     * What becomes of one task.
     *
     * @param before null = it is new
     * @param after null = it is forgotten
     */
    record Move(@Nullable TaskRecord before, @Nullable TaskRecord after) {}

    private record Kind(String agent, TaskState state) {
        static Kind of(TaskRecord task) {
            return new Kind(task.agent(), task.state());
        }
    }

    private final StampedLock lock = new StampedLock();
    private final ConcurrentSkipListMap<Place, TaskRecord> byStatus =
            new ConcurrentSkipListMap<>(Comparator.reverseOrder());
    private final Map<Kind, LongAdder> counts = new ConcurrentHashMap<>();

    void move(List<Move> moves) {
        long stamp = lock.writeLock();
        try {
            for (Move move : moves) {
                move(move.before(), move.after());
            }
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    private void move(@Nullable TaskRecord before, @Nullable TaskRecord after) {
        if (before != null) {
            Place place = Place.of(before);
            if (after == null || !place.equals(Place.of(after))) {
                byStatus.remove(place);
            }
            count(before, -1);
        }
        if (after != null) {
            byStatus.put(Place.of(after), after);
            count(after, 1);
        }
    }

    private void count(TaskRecord task, int by) {
        counts.computeIfAbsent(Kind.of(task), kind -> new LongAdder()).add(by);
    }

    /** Those that the query asks for; whose they are and of which context is not looked at. */
    Page<TaskRecord> page(TaskQuery query) {
        long stamp = lock.tryOptimisticRead();
        if (stamp != 0) {
            Page<TaskRecord> page = cut(query);
            if (lock.validate(stamp)) {
                return page;
            }
        }
        stamp = lock.readLock();
        try {
            return cut(query);
        } finally {
            lock.unlockRead(stamp);
        }
    }

    private Page<TaskRecord> cut(TaskQuery q) {
        ConcurrentNavigableMap<Place, TaskRecord> asked = byStatus;
        if (q.changedSince() != null) {
            asked = asked.headMap(new Place(q.changedSince(), ""), true);
        }
        long total = q.changedSince() == null
                ? counted(q)
                : asked.values().stream().filter(task -> matches(q, task)).count();
        if (q.after() != null) {
            TaskPlace last = TaskPlace.parse(q.after());
            if (last == null) {
                return new Page<>(List.of(), null, total);
            }
            asked = asked.tailMap(new Place(last.statusAt(), last.taskId()), false);
        }
        List<TaskRecord> found = asked.values().stream()
                .filter(task -> matches(q, task))
                .limit(q.limit() + 1L)
                .toList();
        boolean more = found.size() > q.limit();
        List<TaskRecord> items = more ? found.subList(0, q.limit()) : found;
        return new Page<>(items, more ? TaskPlace.after(items.getLast()) : null, total);
    }

    private static boolean matches(TaskQuery q, TaskRecord task) {
        return (q.agent() == null || task.agent().equals(q.agent()))
                && (q.state() == null || task.state() == q.state());
    }

    /** How many have not ended, of each kind that there is. */
    Stream<OpenTasks> open(String owner) {
        return counts.entrySet().stream()
                .filter(each -> !each.getKey().state().terminal())
                .map(each -> new OpenTasks(
                        owner,
                        each.getKey().agent(),
                        each.getKey().state(),
                        each.getValue().sum()))
                .filter(each -> each.tasks() > 0);
    }

    private long counted(TaskQuery q) {
        return counts.entrySet().stream()
                .filter(kind -> (q.agent() == null || kind.getKey().agent().equals(q.agent()))
                        && (q.state() == null || kind.getKey().state() == q.state()))
                .mapToLong(kind -> kind.getValue().sum())
                .sum();
    }
}
