package dev.millrace.engine;

import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.TaskState;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What becomes of a message: a new task, the answer to a question, the answer of an earlier send, or a refusal. */
final class Inbox {
    private final AgentCatalog agents;
    private final EngineSettings settings;
    private final Supplier<String> holder;

    /** @param holder the name of this process now */
    Inbox(AgentCatalog agents, EngineSettings settings, Supplier<String> holder) {
        this.agents = agents;
        this.settings = settings;
        this.holder = holder;
    }

    /**
     * Before anything of it is looked up.
     *
     * @throws Refused with INVALID if a store could not keep its ids, its key or its title
     */
    static void requireStorable(Send send) {
        Message message = send.message();
        Storable.require("message.messageId", message.messageId());
        Storable.require("message.contextId", message.contextId());
        Storable.require("message.taskId", message.taskId());
        Storable.require("idempotency key", send.key());
        Storable.require("title", send.title());
        Storable.require("parentId", send.parentId());
        Storable.require("owner", send.owner());
    }

    /**
     * Decides on a message within the transaction of its context.
     *
     * @throws Refused with NO_AGENT, NO_CONTEXT, NO_TASK, NOT_NOW, INVALID, WRONG_RESULTS, QUEUE_FULL or KEY_REUSED
     */
    Sent accept(Draft draft, String contextId, Send send) {
        Context context = draft.context();
        if (context == null && !send.create()) {
            throw new Refused(Refused.Reason.NO_CONTEXT, "there is no context " + contextId);
        }
        if (context != null && !context.owner().equals(send.owner())) {
            throw new Refused(Refused.Reason.NO_CONTEXT, "there is no context " + contextId);
        }
        // First of all: a reused key is told as such, whatever else differs.
        Sent before = context == null ? null : recall(draft, contextId, send);
        if (before != null) {
            return before;
        }
        if (context != null && send.agent() != null && !send.agent().equals(context.agent())) {
            throw new Refused(
                    Refused.Reason.INVALID,
                    "message.contextId: context " + contextId + " belongs to agent \"" + context.agent() + "\", not \""
                            + send.agent() + "\"");
        }
        if (context == null) {
            String agent = agents.get(send.agent()).name();
            draft.require(ContextAction.CREATE);
            var made = new Context(
                            contextId,
                            send.owner(),
                            agent,
                            send.title(),
                            send.concurrency(),
                            draft.now(),
                            draft.now(),
                            0)
                    .under(send.parentId());
            draft.create(send.acknowledged() ? made : made.passing(holder.get()));
            Earlier.write(draft, send.earlier(), settings.ids());
        } else if (!send.earlier().isEmpty()) {
            throw new Refused(
                    Refused.Reason.INVALID,
                    "context " + contextId + " is there already: what was said before can only begin a new one");
        } else if (send.message().taskId() == null) {
            draft.require(send.busy() == Send.Busy.INTERRUPT ? ContextAction.SEND_INTERRUPTING : ContextAction.SEND);
        }
        Sent sent = send.message().taskId() == null
                ? submit(draft, send)
                : Answers.accept(draft, send.message().taskId(), send.message());
        if (context != null || send.acknowledged()) {
            remember(draft, send, sent); // else nobody is told of a context where it could be sent again
        }
        return sent;
    }

    private @Nullable Sent recall(Draft draft, String contextId, Send send) {
        if (send.key() != null) {
            SendKey known = draft.before().recall(contextId, SendKey.request(send.key()));
            if (known != null && known.print() != null && !known.print().equals(send.keyPrint())) {
                throw new Refused(
                        Refused.Reason.KEY_REUSED,
                        "the idempotency key was used for another request; use a new key for each request");
            }
            if (known != null) {
                return known.answer().again();
            }
        }
        SendKey known =
                draft.before().recall(contextId, SendKey.message(send.message().messageId()));
        return known == null ? null : known.answer().again();
    }

    private static void remember(Draft draft, Send send, Sent sent) {
        draft.remember(new SendKey(SendKey.message(send.message().messageId()), null, sent));
        if (send.key() != null) {
            draft.remember(new SendKey(SendKey.request(send.key()), send.keyPrint(), sent));
        }
    }

    private Sent submit(Draft draft, Send send) {
        Context context = draft.existing();
        if (context.lastOffset() > 0) {
            long queued = draft.openTasks().stream()
                    .filter(task -> task.state() == TaskState.SUBMITTED)
                    .count();
            if (queued >= settings.maxQueued()) {
                throw new Refused(
                        Refused.Reason.QUEUE_FULL,
                        "the queue is full: " + queued + " messages wait already; wait until one was worked on");
            }
        }
        long from = context.lastOffset();
        TaskRecord task = draft.submit(settings.ids().get(), send.message());
        draft.hold(false); // what failed has had its answer: the user goes on
        long offset = task.position();
        if (send.busy() == Send.Busy.INTERRUPT) {
            draft.openTasks().stream().filter(TaskRecord::holds).forEach(draft::cancel);
        }
        return new Sent(context.id(), task.id(), offset, from, TaskState.SUBMITTED, false);
    }

    static Refused noTask(String taskId) {
        return new Refused(Refused.Reason.NO_TASK, "there is no task " + taskId);
    }
}
