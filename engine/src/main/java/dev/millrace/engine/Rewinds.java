package dev.millrace.engine;

import dev.millrace.engine.store.SendKey;
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
        Conversation.Found found = new Conversation(
                        draft.before(), draft.existing().id())
                .find(messageId)
                .orElseThrow(() -> new Refused(
                        Refused.Reason.NO_MESSAGE, "there is no message " + messageId + " in this conversation"));
        if (found.said().message().role() != Role.USER) {
            throw new Refused(
                    Refused.Reason.INVALID, "message " + messageId + " is the agent's; only a user's can be edited");
        }
        if (found.task().queued()) {
            return QueueChanges.edit(draft, found.task().id(), replacement);
        }
        draft.require(ContextAction.EDIT);
        long from = draft.existing().lastOffset();
        TaskRecord task = found.task();
        List<TaskRecord> later = draft.before().conversation(task.contextId(), task, false, Integer.MAX_VALUE);
        var cut = new ArrayList<TaskRecord>();
        cut.add(cut(draft, task, cutAt(found)));
        later.forEach(each -> cut.add(cut(draft, each, each.position())));
        draft.append(ContextEvents.rewound(messageId, cut));
        draft.update(draft.existing().withClearedAt(task.since()));
        draft.hold(false);
        return goOn(draft, replacement, from, ids);
    }

    /** From the first message of a task on, nothing of it is left; from an answer on, what was said before stays. */
    private static long cutAt(Conversation.Found found) {
        return found.index() == 0 ? found.task().position() : found.said().offset();
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
     * The last message that an agent took up, once more, by a new task at the place of the one that did not succeed; what
     * waits goes on behind it.
     */
    static Sent retry(Draft draft, Supplier<String> ids) {
        draft.require(ContextAction.RETRY);
        String contextId = draft.existing().id();
        TaskRecord last = draft
                .before()
                .conversation(contextId, null, true, draft.queue().size() + 1)
                .stream()
                .filter(task -> !task.queued())
                .findFirst()
                .orElse(null);
        if (last == null || !last.state().terminal() || last.state() == TaskState.COMPLETED) {
            throw new Refused(
                    Refused.Reason.NOT_NOW,
                    last == null
                            ? "nothing was worked on yet that could be tried again"
                            : "the last task is " + last.state() + "; only one that did not succeed is tried again");
        }
        Said message = Transcript.of(draft.before(), last).stream()
                .filter(said -> said.message().role() == Role.USER)
                .reduce((earlier, later) -> later)
                .orElseThrow(() -> new Refused(Refused.Reason.NOT_NOW, "task " + last.id() + " has no message"));
        boolean first = last.messageAt() == message.offset()
                && Transcript.of(draft.before(), last).getFirst().offset() == message.offset();
        long from = draft.existing().lastOffset();
        TaskRecord cut = cut(draft, last, first ? last.position() : message.offset());
        draft.append(ContextEvents.rewound(message.message().messageId(), List.of(cut)));
        draft.hold(false);
        Sent sent = goOn(draft, message.message(), from, ids);
        TaskRecord again = draft.task(sent.taskId());
        if (again != null) {
            draft.put(again.at(last.place()).since(last.since()));
        }
        if (draft.queue().size() > 1) {
            draft.append(ContextEvents.queue(draft.queue())); // it does not stand at the end, as a new one would
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
