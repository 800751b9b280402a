package dev.millrace.engine;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.TaskState;
import org.jspecify.annotations.Nullable;

/**
 * One message of a conversation.
 *
 * @param taskId the task in which it was said
 * @param state that task's state
 * @param offset the event with which it was complete, so far
 * @param note what the task's newest status says beside the conversation: how far it is, or why it failed; only with the
 *     last message of its task, and null if it says nothing
 * @param since the task's agent was not told what stands up to this offset; 0 = it was told all
 */
public record Said(
        String taskId,
        TaskState state,
        long offset,
        Message message,
        @Nullable Message note,
        long since) {

    /** The same, with what its task's newest status says beside the conversation. */
    Said noted(@Nullable Message said) {
        return new Said(taskId, state, offset, message, said, since);
    }

    /** Another message at the same place. */
    Said saying(Message other) {
        return new Said(taskId, state, offset, other, null, since);
    }
}
