package dev.millrace.engine;

import dev.millrace.core.Journal;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.Write;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** The next state of one context, while a transaction makes it. Lives within one call; one thread. */
final class Draft {
    private final Reader before;
    private final String contextId;
    private final Instant now;
    private final List<Journal.Entry<Event>> events = new ArrayList<>();
    private final Map<String, TaskRecord> tasks = new LinkedHashMap<>();
    private final Map<String, Message> messages = new HashMap<>();
    private final List<SendKey> keys = new ArrayList<>();
    private @Nullable Context context;
    private boolean contextRead;
    private boolean contextChanged;

    Draft(Reader before, String contextId, Instant now) {
        this.before = before;
        this.contextId = contextId;
        this.now = now;
    }

    Reader before() {
        return before;
    }

    Instant now() {
        return now;
    }

    @Nullable Context context() {
        if (!contextRead) {
            context = before.context(contextId);
            contextRead = true;
        }
        return context;
    }

    Context existing() {
        Context there = context();
        if (there == null) {
            throw new Refused(Refused.Reason.NO_CONTEXT, "there is no context " + contextId);
        }
        return there;
    }

    void create(Context made) {
        context = made;
        contextRead = true;
        contextChanged = true;
    }

    @Nullable TaskRecord task(String taskId) {
        TaskRecord changed = tasks.get(taskId);
        return changed != null ? changed : before.task(taskId);
    }

    /** The context's tasks that have not ended, by position, as they will be. */
    List<TaskRecord> openTasks() {
        var open = new LinkedHashMap<String, TaskRecord>();
        before.openTasks(contextId).forEach(task -> open.put(task.id(), task));
        open.putAll(tasks);
        return open.values().stream()
                .filter(task -> !task.state().terminal())
                .sorted(Comparator.comparingLong(TaskRecord::position))
                .toList();
    }

    boolean movedTasks() {
        return !tasks.isEmpty();
    }

    List<Journal.Entry<Event>> events() {
        return events;
    }

    long append(Event event) {
        Context there = existing();
        long offset = there.lastOffset() + 1;
        context = there.at(offset);
        contextChanged = true;
        events.add(new Journal.Entry<>(offset, event));
        return offset;
    }

    /** Marks the context as changed now, for lists that show the newest first. */
    void touch() {
        context = existing().changed(now);
        contextChanged = true;
    }

    void put(TaskRecord task) {
        tasks.put(task.id(), task);
    }

    /** Holds the message at hand for the worker that will take the task. */
    void attach(String taskId, Message message) {
        messages.put(taskId, message);
    }

    void remember(SendKey key) {
        keys.add(key);
    }

    /** Moves a task along the table and appends the status that tells of it; refuses what the table does not list. */
    TaskRecord move(TaskRecord task, Transition transition, @Nullable Message says, @Nullable ObjectNode metadata) {
        TaskState to = TaskTable.next(task.state(), transition)
                .orElseThrow(() -> new Refused(
                        Refused.Reason.NOT_NOW,
                        "task " + task.id() + " is " + task.state() + ": " + transition + " is not possible"));
        TaskRecord moved = task.withState(to, now);
        tasks.put(task.id(), moved);
        context = existing().changed(now);
        append(Events.status(task.id(), contextId, new TaskStatus(to, says, now), metadata));
        return moved;
    }

    /** Gives the task's lease to {@code worker}, under the next epoch. */
    Lease acquire(TaskRecord task, String worker) {
        if (TaskTable.next(task.state(), Transition.ACQUIRE).isEmpty()) {
            throw new IllegalStateException("task " + task.id() + " is " + task.state() + " and can't be acquired");
        }
        TaskRecord leased = task.leased(worker, now);
        tasks.put(task.id(), leased);
        context = existing().changed(now);
        append(Events.status(
                task.id(), contextId, TaskStatus.of(TaskState.WORKING, now), Events.attempt(leased.attempts())));
        return new Lease(leased, existing(), messages.get(task.id()));
    }

    <R> Write<R> toWrite(R result, Runnable committed, Runnable aborted) {
        return new Write<>(
                result,
                contextChanged ? context : null,
                List.copyOf(tasks.values()),
                events,
                keys,
                null,
                committed,
                aborted);
    }
}
