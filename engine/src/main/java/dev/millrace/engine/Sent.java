package dev.millrace.engine;

import dev.millrace.protocol.TaskState;

/**
 * What became of a send, once it is safe.
 *
 * @param contextId where it went
 * @param taskId the task it made or answered
 * @param offset read on after this and you see everything that follows the send, the event of the send itself excluded
 * @param from read on after this and the first event is the one of the send itself
 * @param state the task's state when the send was committed
 * @param repeated true if the same send was there before; then this is the first one's answer
 */
public record Sent(String contextId, String taskId, long offset, long from, TaskState state, boolean repeated) {

    /** The answer to a send that was there before. */
    Sent again() {
        return new Sent(contextId, taskId, offset, from, state, true);
    }
}
