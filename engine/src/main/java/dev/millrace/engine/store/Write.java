package dev.millrace.engine.store;

import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.Event;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What one transaction writes, all of it in one context. Built by a pure function of what it read, so that a store may
 * run that function again.
 *
 * @param result what the caller gets
 * @param context the context's new row; null = unchanged. One whose revision is 0 gets its owner's next one
 * @param tasks new and changed rows
 * @param events to append; the first offset is the context's last plus one, and so on
 * @param keys sends to remember; one with a key that is known replaces what was known
 * @param merged what became of an ended task
 * @param forget true if the context goes, with all that belongs to it; then nothing else is written. That it is gone
 *     is told as a change of its owner's
 * @param written runs when nothing but the end of this process can undo the write any more, in commit order, at the latest
 *     right before {@code committed}: what nobody outside sees may begin while the disk still works. Quick, never blocks
 * @param committed runs after the commit with the durability asked for, in commit order; quick, never blocks
 * @param aborted runs instead of both if the transaction was undone
 */
public record Write<R>(
        R result,
        @Nullable Context context,
        List<TaskRecord> tasks,
        List<Journal.Entry<Event>> events,
        List<SendKey> keys,
        @Nullable Merge merged,
        boolean forget,
        Runnable written,
        Runnable committed,
        Runnable aborted) {

    /** A write that forgets nothing, and begins nothing. */
    public Write(
            R result,
            @Nullable Context context,
            List<TaskRecord> tasks,
            List<Journal.Entry<Event>> events,
            List<SendKey> keys,
            @Nullable Merge merged,
            Runnable committed,
            Runnable aborted) {
        this(result, context, tasks, events, keys, merged, false, () -> {}, committed, aborted);
    }

    /**
     * Replaces all {@link Event.Kind#CHUNK} events of a task by whole artifacts, each at the offset of the last of
     * its chunks.
     *
     * @param text gives the words that the task is found by, now or whenever they are wanted, the same each time
     */
    public record Merge(TaskRecord task, List<Journal.Entry<Event>> artifacts, Supplier<String> text) {
        /** A merge of a task that no search finds. */
        public Merge(TaskRecord task, List<Journal.Entry<Event>> artifacts) {
            this(task, artifacts, () -> "");
        }
    }

    /** Nothing to write. */
    public static <R> Write<R> nothing(R result) {
        return new Write<>(result, null, List.of(), List.of(), List.of(), null, () -> {}, () -> {});
    }

    public boolean isEmpty() {
        return context == null && tasks.isEmpty() && events.isEmpty() && keys.isEmpty() && merged == null && !forget;
    }
}
