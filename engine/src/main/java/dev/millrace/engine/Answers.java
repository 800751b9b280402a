package dev.millrace.engine;

import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.DataPart;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.Role;
import dev.millrace.protocol.json.InvalidField;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a user says to a task that asked, within the transaction of its context. */
final class Answers {
    private Answers() {}

    /**
     * Gives the task its answer, and makes it runnable again.
     *
     * @throws Refused with NO_TASK, NOT_NOW, ARCHIVED, or WRONG_RESULTS if it asked for tools and the message does not
     *     answer each of its calls once
     */
    static Sent accept(Draft draft, String taskId, Message said) {
        TaskRecord task = draft.task(taskId);
        if (task == null) {
            throw Inbox.noTask(taskId);
        }
        if (TaskTable.next(task.state(), Transition.ANSWER).isEmpty()) {
            throw new Refused(
                    Refused.Reason.NOT_NOW,
                    task.state().terminal()
                            ? "task " + taskId + " has ended (" + task.state()
                                    + ") and takes no more messages; send one without taskId to start a new task"
                            : "task " + taskId + " is " + task.state()
                                    + " and does not wait for an answer; send a message without taskId");
        }
        draft.require(ContextAction.ANSWER);
        requireResults(taskId, Standing.openCalls(draft.before(), task), said);
        long from = draft.existing().lastOffset();
        Message message = said.in(draft.existing().id(), taskId);
        // The status first: it moves the question into the history, and the answer comes after its question.
        TaskRecord moved = draft.move(task, Transition.ANSWER, null, null);
        long offset = draft.append(Events.message(taskId, message));
        draft.put(moved.answering(offset));
        draft.attach(taskId, message);
        return new Sent(draft.existing().id(), taskId, draft.existing().lastOffset(), from, moved.state(), false);
    }

    /**
     * Gives the results to the task that waits for them.
     *
     * @param taskId null = the one that waits for tools, if it is the only one
     * @throws Refused as {@link #accept}, and with NOT_NOW if no task waits for tools, INVALID if several do
     */
    static Sent results(Draft draft, @Nullable String taskId, List<ToolResult> results, String messageId) {
        Message message = Message.of(messageId, Role.USER, ToolResult.part(results));
        String answered = taskId == null ? waitingForTools(draft) : ownTask(draft, taskId);
        Sent sent = accept(draft, answered, message);
        draft.remember(new SendKey(SendKey.message(messageId), null, sent));
        return sent;
    }

    private static String waitingForTools(Draft draft) {
        List<String> waiting = draft.openTasks().stream()
                .filter(task -> !Standing.openCalls(draft.before(), task).isEmpty())
                .map(TaskRecord::id)
                .toList();
        if (waiting.isEmpty()) {
            throw new Refused(
                    Refused.Reason.NOT_NOW,
                    "nothing in context " + draft.existing().id()
                            + " waits for tool results (any more); look at its open calls");
        }
        if (waiting.size() > 1) {
            throw new Refused(
                    Refused.Reason.INVALID,
                    "taskId: is required, since several tasks wait for tool results: " + waiting);
        }
        return waiting.getFirst();
    }

    private static String ownTask(Draft draft, String taskId) {
        TaskRecord task = draft.task(taskId);
        if (task == null || !task.contextId().equals(draft.existing().id())) {
            throw Inbox.noTask(taskId);
        }
        return taskId;
    }

    private static void requireResults(String taskId, List<ToolCall> calls, Message message) {
        var open = new LinkedHashSet<String>();
        calls.forEach(call -> open.add(call.id()));
        var given = new HashSet<String>();
        for (ToolResult result : read(message)) {
            if (!given.add(result.id())) {
                throw wrong(taskId, "the call \"" + result.id() + "\" has two results; give each call one");
            }
            if (!open.contains(result.id())) {
                throw wrong(
                        taskId,
                        "there is no open call \"" + result.id() + "\"; "
                                + (open.isEmpty() ? "the task asked for no tools" : "open are " + open));
            }
        }
        open.removeAll(given);
        if (!open.isEmpty()) {
            throw wrong(taskId, "no result for the calls " + open + "; answer all of them in one message");
        }
    }

    private static Refused wrong(String taskId, String what) {
        return new Refused(Refused.Reason.WRONG_RESULTS, "task " + taskId + ": " + what);
    }

    private static List<ToolResult> read(Message message) {
        var results = new ArrayList<ToolResult>();
        int index = 0;
        for (Part part : message.parts()) {
            if (part instanceof DataPart data && data.data().has(ToolResult.FIELD)) {
                String path = "message.parts[" + index + "].data." + ToolResult.FIELD;
                try {
                    results.addAll(ToolResult.read(data.data().get(ToolResult.FIELD), path));
                } catch (InvalidField invalid) {
                    throw new Refused(Refused.Reason.INVALID, String.valueOf(invalid.getMessage()));
                }
            }
            index++;
        }
        return results;
    }
}
