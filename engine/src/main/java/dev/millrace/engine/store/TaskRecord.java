package dev.millrace.engine.store;

import dev.millrace.protocol.TaskState;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a store keeps of a task beside its events. Its content (history, artifacts) is the fold of its events.
 *
 * @param position the offset of the task's first event; its place in the queue of its context
 * @param messageAt the offset of the event that holds the message to answer now
 * @param epoch grows with each lease and fences every write of the one before; 0 = never leased
 * @param leasedBy the process that holds the lease; null = nobody
 * @param attempts how often the task was taken up for the present message
 * @param merged whether the chunks of the ended task were merged
 */
public record TaskRecord(
        String id,
        String contextId,
        String owner,
        String agent,
        TaskState state,
        Instant statusAt,
        long position,
        long messageAt,
        long epoch,
        @Nullable String leasedBy,
        int attempts,
        boolean merged) {

    /** True while the task keeps the next one of a {@code SERIAL} context waiting. */
    public boolean holds() {
        return state == TaskState.WORKING || state.interrupted();
    }

    /** In another state; a lease ends with the work. */
    public TaskRecord withState(TaskState to, Instant at) {
        String holder = to == TaskState.WORKING ? leasedBy : null;
        return new TaskRecord(
                id, contextId, owner, agent, to, at, position, messageAt, epoch, holder, attempts, merged);
    }

    /** Under a new lease. */
    public TaskRecord leased(String by, Instant at) {
        return new TaskRecord(
                id,
                contextId,
                owner,
                agent,
                TaskState.WORKING,
                at,
                position,
                messageAt,
                epoch + 1,
                by,
                attempts + 1,
                merged);
    }

    /** With a new message to answer, which nobody has tried yet. */
    public TaskRecord answering(long offset) {
        return new TaskRecord(
                id, contextId, owner, agent, state, statusAt, position, offset, epoch, leasedBy, 0, merged);
    }

    /** As if the last attempt had not been made. */
    public TaskRecord untried() {
        return new TaskRecord(
                id,
                contextId,
                owner,
                agent,
                state,
                statusAt,
                position,
                messageAt,
                epoch,
                leasedBy,
                Math.max(0, attempts - 1),
                merged);
    }

    public TaskRecord withMerged() {
        return new TaskRecord(
                id, contextId, owner, agent, state, statusAt, position, messageAt, epoch, leasedBy, attempts, true);
    }
}
