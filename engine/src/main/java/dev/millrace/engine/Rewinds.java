package dev.millrace.engine;

import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.TaskEvents;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Role;
import dev.millrace.protocol.TaskState;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Going on from an earlier point of a conversation, within one transaction. The journal only grows: what is taken out of
 * the conversation stays in it, an event says what that is, and the tasks' rows remember it.
 */
final class Rewinds {
    private Rewinds() {}

    /** The message that is worked on again in another wording; everything from it on is taken out. */
    static Sent edit(Draft draft, String messageId, Message replacement, Supplier<String> ids) {
        Context context = draft.existing();
        List<TaskEvents> tasks = draft.before().conversationFrom(context.id(), SendKey.message(messageId));
        long cutAt = cutAt(draft, tasks, messageId);
        TaskRecord task = tasks.getFirst().task();
        if (task.queued()) {
            return QueueChanges.edit(draft, task.id(), replacement);
        }
        draft.require(ContextAction.EDIT);
        long from = draft.existing().lastOffset();
        var cut = new ArrayList<TaskRecord>();
        cut.add(cut(draft, task, cutAt));
        tasks.stream().skip(1).map(TaskEvents::task).forEach(each -> cut.add(cut(draft, each, each.position())));
        draft.append(ContextEvents.rewound(messageId, cut));
        draft.update(draft.existing().withClearedAt(task.since()));
        draft.hold(false);
        return goOn(draft, replacement, from, ids);
    }

    /** From the first message of a task on, nothing of it is left; from an answer on, what was said before stays. */
    private static long cutAt(Draft draft, List<TaskEvents> from, String messageId) {
        if (from.isEmpty()) {
            throw notTheUsers(draft, messageId);
        }
        TaskRecord task = from.getFirst().task();
        if (task.messageAt() == task.position()) {
            return task.position(); // it has had no other message, so there is nothing to look up
        }
        List<Said> transcript = Transcript.of(from.getFirst());
        for (int i = 0; i < transcript.size(); i++) {
            if (transcript.get(i).message().messageId().equals(messageId)) {
                return i == 0 ? task.position() : transcript.get(i).offset();
            }
        }
        throw noMessage(messageId);
    }

    /** What is no send of a user's may be something that an agent said, whose ids begin with their task's. */
    private static Refused notTheUsers(Draft draft, String messageId) {
        boolean agents = messageId.indexOf('/') > 0
                && new Conversation(draft.before(), draft.existing().id())
                        .find(messageId)
                        .isPresent();
        return agents
                ? new Refused(
                        Refused.Reason.INVALID, "message " + messageId + " is the agent's; only a user's can be edited")
                : noMessage(messageId);
    }

    private static Refused noMessage(String messageId) {
        return new Refused(Refused.Reason.NO_MESSAGE, "there is no message " + messageId + " in this conversation");
    }

    private static TaskRecord cut(Draft draft, TaskRecord task, long from) {
        TaskRecord ended = task.state().terminal() ? task : draft.cancel(task);
        TaskRecord cut = ended.cut(from);
        draft.put(cut);
        return cut;
    }

    private static Sent goOn(Draft draft, Message message, long from, Supplier<String> ids) {
        TaskRecord task = draft.submit(ids.get(), message);
        var sent = new Sent(task.contextId(), task.id(), task.position(), from, TaskState.SUBMITTED, false);
        draft.remember(new SendKey(SendKey.message(message.messageId()), null, sent));
        return sent;
    }

    /**
     * The last message that an agent took up, once more, by a new task; what waits goes on behind it.
     */
    static Sent retry(Draft draft, Supplier<String> ids) {
        draft.require(ContextAction.RETRY);
        String contextId = draft.existing().id();
        TaskEvents worked = draft.before().lastWorkedOn(contextId);
        TaskRecord last = worked == null ? null : worked.task();
        if (worked == null || last == null || !last.state().terminal() || last.state() == TaskState.COMPLETED) {
            throw new Refused(
                    Refused.Reason.NOT_NOW,
                    last == null
                            ? "nothing was worked on yet that could be tried again"
                            : "the last task is " + last.state() + "; only one that did not succeed is tried again");
        }
        List<Said> transcript = Transcript.of(worked);
        Said message = transcript.stream()
                .filter(said -> said.message().role() == Role.USER)
                .reduce((earlier, later) -> later)
                .orElseThrow(() -> new Refused(Refused.Reason.NOT_NOW, "task " + last.id() + " has no message"));
        boolean first =
                last.messageAt() == message.offset() && transcript.getFirst().offset() == message.offset();
        long from = draft.existing().lastOffset();
        TaskRecord cut = cut(draft, last, first ? last.position() : message.offset());
        draft.append(ContextEvents.rewound(message.message().messageId(), List.of(cut)));
        draft.hold(false);
        Sent sent = goOn(draft, message.message(), from, ids);
        TaskRecord again = draft.task(sent.taskId());
        if (again != null) {
            draft.put(again.since(last.since()));
        }
        if (draft.queue().size() > 1) {
            QueueChanges.first(draft, sent.taskId()); // it does not stand at the end, as a new one would
        }
        return sent;
    }

    /** The agent is told nothing of what was said so far; it stays in the conversation. */
    static void clear(Draft draft) {
        draft.require(ContextAction.CLEAR);
        long offset = draft.append(ContextEvents.cleared());
        draft.hold(false);
        draft.update(draft.existing().withClearedAt(offset));
    }
}
