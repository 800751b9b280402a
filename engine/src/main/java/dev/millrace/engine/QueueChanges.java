package dev.millrace.engine;

import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/** What a user does to the messages that wait, within one transaction. */
final class QueueChanges {
    private QueueChanges() {}

    /**
     * Replaces the message where it stands. The event is the task as it is now, so that whoever reads the task has the
     * new message in place of the old one.
     */
    static Sent edit(Draft draft, String taskId, Message replacement) {
        draft.require(ContextAction.EDIT_QUEUED);
        TaskRecord task = waiting(draft, taskId);
        if (TaskTable.next(task.state(), Transition.EDIT).isEmpty()) {
            throw new IllegalStateException("a task that waits is " + task.state());
        }
        long from = draft.existing().lastOffset();
        Message message = replacement.in(task.contextId(), taskId);
        var status = TaskStatus.of(TaskState.SUBMITTED, draft.now());
        long offset = draft.append(
                Events.task(Task.of(taskId, task.contextId(), status).withHistory(List.of(message))));
        draft.put(task.answering(offset));
        draft.attach(taskId, message);
        draft.touch();
        var sent = new Sent(task.contextId(), taskId, offset, from, TaskState.SUBMITTED, false);
        draft.remember(new SendKey(SendKey.message(message.messageId()), null, sent));
        return sent;
    }

    /** Takes the message back: its task is cancelled and no longer part of the conversation. */
    static void delete(Draft draft, String taskId) {
        draft.require(ContextAction.DELETE_QUEUED);
        TaskRecord task = waiting(draft, taskId);
        TaskRecord cancelled = draft.cancel(task);
        draft.put(cancelled.cut(cancelled.position()));
        draft.append(ContextEvents.queue(draft.queue(), taskId));
    }

    /** Makes the message the next one, stops what is under way for it, and lets the queue go. */
    static Sent promote(Draft draft, String taskId) {
        draft.require(ContextAction.PROMOTE);
        TaskRecord task = waiting(draft, taskId);
        long from = draft.existing().lastOffset();
        var order = new ArrayList<String>();
        order.add(taskId);
        draft.queue().stream()
                .map(TaskRecord::id)
                .filter(id -> !id.equals(taskId))
                .forEach(order::add);
        place(draft, order);
        draft.openTasks().stream().filter(each -> !each.queued()).forEach(draft::cancel);
        draft.hold(false);
        return new Sent(task.contextId(), taskId, draft.existing().lastOffset(), from, TaskState.SUBMITTED, false);
    }

    /** Puts the queue in this order, which names each of its tasks once. */
    static void reorder(Draft draft, List<String> taskIds) {
        draft.require(ContextAction.REORDER);
        List<String> waiting = draft.queue().stream().map(TaskRecord::id).toList();
        if (taskIds.size() != waiting.size() || !new HashSet<>(taskIds).equals(new HashSet<>(waiting))) {
            throw new Refused(
                    Refused.Reason.INVALID,
                    "taskIds: must name each task that waits once; these do: " + String.join(", ", waiting));
        }
        place(draft, taskIds);
    }

    /** Deals the places that the queue has out in another order, so that nothing else needs to move. */
    private static void place(Draft draft, List<String> order) {
        List<TaskRecord> before = draft.queue();
        Map<String, TaskRecord> byId = new HashMap<>();
        before.forEach(task -> byId.put(task.id(), task));
        for (int i = 0; i < order.size(); i++) {
            TaskRecord task = byId.get(order.get(i));
            if (task != null) {
                draft.put(task.at(before.get(i).place()));
            }
        }
        draft.touch();
        draft.append(ContextEvents.queue(draft.queue()));
    }

    private static TaskRecord waiting(Draft draft, String taskId) {
        TaskRecord task = draft.task(taskId);
        if (task == null || !task.contextId().equals(draft.existing().id())) {
            throw Inbox.noTask(taskId);
        }
        if (!task.queued()) {
            throw new Refused(
                    Refused.Reason.NOT_NOW,
                    "task " + taskId + " is " + task.state() + " and does not wait in the queue any more");
        }
        return task;
    }
}
