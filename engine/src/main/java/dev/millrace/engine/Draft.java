package dev.millrace.engine;

import dev.millrace.core.Journal;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.Write;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
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
    private final List<TaskRecord> stopped = new ArrayList<>();
    private boolean forgotten;
    private Runnable atWrite = () -> {};
    private Runnable atCommit = () -> {};
    private @Nullable Context context;
    private boolean contextRead;
    private boolean contextChanged;
    private boolean contextMade;
    private @Nullable List<TaskRecord> openBefore;

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

    /** The context, which is refused to everybody but its owner. */
    Context ownedBy(String owner) {
        Context there = existing();
        if (!there.owner().equals(owner)) {
            throw new Refused(Refused.Reason.NO_CONTEXT, "there is no context " + contextId);
        }
        return there;
    }

    void create(Context made) {
        context = made;
        contextMade = true;
        contextRead = true;
        contextChanged = true;
    }

    @Nullable TaskRecord task(String taskId) {
        TaskRecord changed = tasks.get(taskId);
        return changed != null ? changed : before.task(taskId);
    }

    /** The context's tasks that have not ended, by place, as they will be. */
    List<TaskRecord> openTasks() {
        if (openBefore == null) {
            openBefore = context() == null || contextMade ? List.of() : before.openTasks(contextId);
        }
        var open = new LinkedHashMap<String, TaskRecord>();
        openBefore.forEach(task -> open.put(task.id(), task));
        open.putAll(tasks);
        return open.values().stream()
                .filter(task -> !task.state().terminal())
                .sorted(TaskRecord.IN_ORDER)
                .toList();
    }

    /** The tasks that this changes, as they will be. */
    List<TaskRecord> tasks() {
        return List.copyOf(tasks.values());
    }

    /** Those that nobody has worked on yet, in the order in which they will be. */
    List<TaskRecord> queue() {
        return openTasks().stream().filter(TaskRecord::queued).toList();
    }

    /** Refuses what the table does not list for the context as it will be by now. */
    void require(ContextAction action) {
        ContextState state = ContextState.of(context(), openTasks());
        if (!ContextTable.next(state, action).isEmpty()) {
            return;
        }
        if (state == ContextState.NONE) {
            throw new Refused(Refused.Reason.NO_CONTEXT, "there is no context " + contextId);
        }
        if (state.archived()) {
            throw new Refused(
                    Refused.Reason.ARCHIVED, "context " + contextId + " is archived; take it out of the archive first");
        }
        throw new Refused(
                Refused.Reason.NOT_NOW, "context " + contextId + " is " + state + ": " + action + " is not possible");
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

    /** Replaces the context's row by one with the same offset. */
    void update(Context changed) {
        context = changed;
        contextChanged = true;
    }

    /** Keeps the queue waiting after a failure, or lets it go. */
    void hold(boolean hold) {
        if (existing().held() != hold) {
            update(existing().withHeld(hold));
        }
    }

    /** Takes all of the context away. */
    void forget() {
        forgotten = true;
        stopped.addAll(openTasks());
    }

    boolean forgotten() {
        return forgotten;
    }

    /** Whom a change has to be told to who looks at a list of contexts; null = there is none to tell. */
    @Nullable String watched() {
        Context there = context;
        return there != null && (forgotten || (contextChanged && there.revision() == 0)) ? there.owner() : null;
    }

    /** Tasks that were stopped while somebody may work on them. */
    List<TaskRecord> stopped() {
        return stopped;
    }

    /** A new task for the user's message. */
    TaskRecord submit(String taskId, Message sent) {
        Context there = existing();
        Message message = sent.in(contextId, taskId);
        var status = TaskStatus.of(TaskState.SUBMITTED, now);
        long offset = append(Events.task(Task.of(taskId, contextId, status).withHistory(List.of(message))));
        var task = new TaskRecord(
                        taskId,
                        contextId,
                        there.owner(),
                        there.agent(),
                        TaskState.SUBMITTED,
                        now,
                        offset,
                        offset,
                        0,
                        null,
                        0,
                        false)
                .since(there.clearedAt());
        put(task);
        attach(taskId, message);
        touch();
        return task;
    }

    /** Stops the task for good, and notes that whoever works on it is to be told. */
    TaskRecord cancel(TaskRecord task) {
        TaskRecord moved = move(task, Transition.CANCEL, null, null);
        if (task.attempts() == 0 && task.epoch() == 0) {
            moved = moved.withMerged(); // nobody has made anything
            put(moved);
        }
        stopped.add(moved);
        return moved;
    }

    /** Fails a task that nobody has answered in time. */
    TaskRecord expire(TaskRecord task, Message says) {
        TaskRecord moved = move(task, Transition.EXPIRE, says, null);
        stopped.add(moved);
        return moved;
    }

    /** When the first of the tasks that this changes has to be answered; null = none has to be. */
    @Nullable Instant due() {
        return tasks.values().stream()
                .map(TaskRecord::dueAt)
                .filter(Objects::nonNull)
                .min(Comparator.naturalOrder())
                .orElse(null);
    }

    void put(TaskRecord task) {
        tasks.put(task.id(), task);
    }

    /** A task that nobody works on here any more: it has ended, and its text is to be made findable. */
    void putEnded(TaskRecord task) {
        put(task);
        stopped.add(task);
    }

    /** Holds the message at hand for the worker that will take the task. */
    void attach(String taskId, Message message) {
        messages.put(taskId, message);
    }

    /** The tasks that somebody asks for by this. */
    Set<String> asked() {
        return messages.keySet();
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
        context = existing().changed(now);
        long offset = append(Events.status(task.id(), contextId, new TaskStatus(to, says, now), metadata));
        if (to.terminal()) {
            moved = moved.endedAt(offset);
        }
        tasks.put(task.id(), moved);
        boolean failed = transition == Transition.FAIL || transition == Transition.EXPIRE;
        if (failed && existing().concurrency() == Context.Concurrency.SERIAL) {
            hold(true);
        }
        if (to.interrupted() || (to.terminal() && to != TaskState.CANCELED)) {
            update(existing().answered());
        }
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

    /** Called when this draft is written, before anything that follows from it. Must not block. */
    void atWrite(Runnable call) {
        atWrite = call;
    }

    /** Called in the commit of this draft, before anything that follows from it. Must not block. */
    void atCommit(Runnable call) {
        atCommit = call;
    }

    void written() {
        atWrite.run();
    }

    void committed() {
        atCommit.run();
    }

    <R> Write<R> toWrite(R result, Runnable written, Runnable committed, Runnable aborted) {
        return new Write<>(
                result,
                forgotten || !contextChanged ? null : context,
                forgotten ? List.of() : List.copyOf(tasks.values()),
                forgotten ? List.of() : events,
                forgotten ? List.of() : keys,
                null,
                forgotten,
                written,
                committed,
                aborted);
    }
}
