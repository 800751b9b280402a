package dev.millrace.bench.simulate;

import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.Event;
import dev.millrace.engine.TaskTable;
import dev.millrace.engine.Transition;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.Write;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.json.A2aJson;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Looks at every commit, and remembers every event that there ever was, so that what was merged away since can still be
 * compared with what somebody saw. Throws a {@link Violation} at the first commit that breaks a promise.
 */
final class Audit {
    /** A piece of an agent's work: which run of it, the how many-th, and under which lease it was written. */
    record Piece(int run, int number, long epoch) {}

    /** What there ever was of one context. */
    static final class History {
        /** As they were first written, without a gap. */
        final NavigableMap<Long, Event> written = new TreeMap<>();

        /** What took the place of pieces; of several merges, the newest. */
        final NavigableMap<Long, Event> merged = new TreeMap<>();
    }

    private final Map<String, History> histories = new TreeMap<>();
    private final Map<String, NavigableMap<Long, Piece>> pieces = new HashMap<>();

    History history(String contextId) {
        return histories.computeIfAbsent(contextId, id -> new History());
    }

    /** What the agent wrote to the answers of a task, by offset. */
    NavigableMap<Long, Piece> pieces(String taskId) {
        return pieces.computeIfAbsent(taskId, id -> new TreeMap<>());
    }

    static StreamResponse decode(Event event) {
        return A2aJson.STREAM_RESPONSE.read(event.json());
    }

    static String describe(String contextId, Write<?> write, Durability durability) {
        var text = new StringBuilder("writes ").append(contextId);
        for (var entry : write.events()) {
            Event event = entry.event();
            text.append(" #").append(entry.offset()).append(' ').append(event.kind());
            if (event.state() != null) {
                text.append(' ').append(event.state());
            }
            if (event.taskId() != null) {
                text.append(" of ").append(event.taskId());
            }
        }
        for (TaskRecord task : write.tasks()) {
            text.append(" [")
                    .append(task.id())
                    .append(' ')
                    .append(task.state())
                    .append(" epoch ")
                    .append(task.epoch());
            if (task.leasedBy() != null) {
                text.append(" by ").append(task.leasedBy());
            }
            text.append(']');
        }
        if (write.merged() != null) {
            text.append(" merged");
        }
        return text.append(durability == Durability.WRITTEN ? " (unsynced)" : "")
                .toString();
    }

    void committed(Kept before, Kept after, Write<?> write) {
        Context context = after.context();
        if (context == null) {
            return; // it was deleted
        }
        offsets(before, context, write);
        History history = history(context.id());
        for (TaskRecord task : write.tasks()) {
            move(before.tasks().get(task.id()), task, write);
        }
        for (var entry : write.events()) {
            history.written.put(entry.offset(), entry.event());
            belongs(before, after, entry);
        }
        if (context.concurrency() == Context.Concurrency.SERIAL) {
            inOrder(before, after, write);
        }
        if (write.merged() != null) {
            merged(history, write.merged());
        }
    }

    private static void offsets(Kept before, Context context, Write<?> write) {
        long last = before.context() == null ? 0 : before.context().lastOffset();
        for (var entry : write.events()) {
            Violation.unless(
                    entry.offset() == ++last,
                    context.id() + ": an event at " + entry.offset() + " after " + (last - 1));
        }
        Violation.unless(
                context.lastOffset() == last,
                context.id() + " says that it ends at " + context.lastOffset() + ", not " + last);
    }

    /** Every step that its events tell of is one that the engine's table lists, and a lease is taken of what is free. */
    private static void move(@Nullable TaskRecord from, TaskRecord to, Write<?> write) {
        TaskState state = from == null ? null : from.state();
        boolean freed = state == TaskState.SUBMITTED;
        String task = "task " + to.id() + " of epoch " + (from == null ? 0 : from.epoch()) + ": ";
        for (var entry : write.events()) {
            TaskState next = entry.event().state();
            if (next != null && to.id().equals(entry.event().taskId())) {
                Violation.unless(
                        (from == null && state == null) || leads(state, next),
                        task + state + " -> " + next + " at " + entry.offset());
                state = next;
                freed |= state == TaskState.SUBMITTED;
            }
        }
        Violation.unless(state == to.state(), task + "its events end at " + state + ", and its row says " + to.state());
        Violation.unless(
                from == null || to.epoch() == from.epoch() || (freed && to.epoch() == from.epoch() + 1),
                task + "then " + to.epoch() + ", and it was not free");
    }

    private static boolean leads(@Nullable TaskState from, TaskState to) {
        return Stream.of(Transition.values())
                .anyMatch(transition ->
                        TaskTable.next(from, transition).filter(to::equals).isPresent());
    }

    private void belongs(Kept before, Kept after, Journal.Entry<Event> entry) {
        Event event = entry.event();
        if (event.taskId() == null) {
            return;
        }
        TaskRecord was = before.tasks().get(event.taskId());
        TaskRecord is = after.tasks().get(event.taskId());
        String what = "event " + entry.offset() + " (" + event.kind() + ") of task " + event.taskId();
        if (is == null) {
            throw new Violation(what + ": there is no such task");
        }
        Violation.unless(was == null || !was.state().terminal(), what + " comes after its end");
        if (event.kind() == Event.Kind.CHUNK) {
            Violation.unless(is.state() == TaskState.WORKING, what + " while it is " + is.state());
            piece(entry, is);
        }
    }

    /** The agents of a simulation say who they are and count. */
    private void piece(Journal.Entry<Event> entry, TaskRecord task) {
        if (!(decode(entry.event()) instanceof TaskArtifactUpdateEvent update)) {
            throw new Violation("chunk " + entry.offset() + " of task " + task.id() + " is none");
        }
        for (String word : Script.words(update.artifact().text())) {
            Piece piece = Script.piece(word, task.epoch());
            NavigableMap<Long, Piece> all = pieces(task.id());
            Piece before = all.isEmpty() ? null : all.lastEntry().getValue();
            String what = "task " + task.id() + " gets \"" + word + "\" at " + entry.offset() + " under epoch "
                    + task.epoch() + " after " + before;
            if (before != null && before.run() == piece.run()) {
                Violation.unless(before.epoch() == piece.epoch(), what + ": a worker writes without its lease");
                Violation.unless(before.number() + 1 == piece.number(), what + ": words are missing or twice");
            } else {
                Violation.unless(piece.number() == 0, what + ": its first words are missing");
                Violation.unless(
                        before == null || (before.run() < piece.run() && before.epoch() < piece.epoch()),
                        what + ": two workers write");
            }
            all.put(entry.offset(), piece);
        }
    }

    private static void inOrder(Kept before, Kept after, Write<?> write) {
        List<TaskRecord> open = after.open();
        List<TaskRecord> holding = open.stream().filter(TaskRecord::holds).toList();
        Violation.unless(holding.size() <= 1, "two tasks of one chat are under way: " + holding);
        for (TaskRecord task : write.tasks()) {
            TaskRecord was = before.tasks().get(task.id());
            boolean begins = task.state() == TaskState.WORKING && (was == null || was.epoch() < task.epoch());
            Violation.unless(
                    !begins || open.getFirst().id().equals(task.id()),
                    "task " + task.id() + " begins out of its turn; open are "
                            + open.stream().map(TaskRecord::id).collect(Collectors.joining(", ")));
        }
    }

    private static void merged(History history, Write.Merge merge) {
        for (var entry : merge.artifacts()) {
            Event written = history.written.get(entry.offset());
            Violation.unless(
                    written != null && merge.task().id().equals(written.taskId()),
                    "a merged event of task " + merge.task().id() + " stands at " + entry.offset()
                            + ", which is another's");
            history.merged.put(entry.offset(), entry.event());
        }
    }

    /** The database lost what it had not synced. */
    void wentBack(State to) {
        for (var each : histories.entrySet()) {
            Context context = to.context(each.getKey()).context();
            long last = context == null ? 0 : context.lastOffset();
            each.getValue().written.tailMap(last, false).clear();
            each.getValue().merged.tailMap(last, false).clear();
            for (Event event : List.copyOf(each.getValue().written.values())) {
                if (event.taskId() != null) {
                    pieces(event.taskId()).tailMap(last, false).clear();
                }
            }
        }
    }

    /** True if this is what was written, or merged, at this offset. */
    boolean was(String contextId, Journal.Entry<Event> seen) {
        History history = history(contextId);
        return same(history.written.get(seen.offset()), seen.event())
                || same(history.merged.get(seen.offset()), seen.event());
    }

    private static boolean same(@Nullable Event known, Event seen) {
        return known != null && Arrays.equals(known.json(), seen.json());
    }
}
