package dev.millrace.engine.store;

import dev.millrace.protocol.TaskState;
import java.time.Instant;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * What a store keeps of a task beside its events. Its content (history, artifacts) is the fold of its events.
 *
 * @param position the offset of the task's first event
 * @param messageAt the offset of the event that holds the message to answer now
 * @param epoch grows with each lease and fences every write of the one before; 0 = never leased
 * @param leasedBy the process that holds the lease; null = nobody
 * @param attempts how often the task was taken up for the present message
 * @param merged whether the chunks of the ended task were merged, and its text can be found
 * @param place where it stands in the conversation and, until it runs, in the queue; at first its position
 * @param cutAt its events from this offset on are no longer part of the conversation; 0 = all of them are
 * @param endedAt the offset of its last event once it has ended; 0 = it has not, or that is not known
 * @param since what was said up to this offset is not told to its agent; 0 = all is
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
        boolean merged,
        long place,
        long cutAt,
        long endedAt,
        long since) {

    /** As the conversation goes. */
    public static final Comparator<TaskRecord> IN_ORDER =
            Comparator.comparingLong(TaskRecord::place).thenComparingLong(TaskRecord::position);

    /** A task that stands where it was sent, with all that was said before in its agent's ears. */
    public TaskRecord(
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
        this(
                id, contextId, owner, agent, state, statusAt, position, messageAt, epoch, leasedBy, attempts, merged,
                position, 0, 0, 0);
    }

    /** True while the task keeps the next one of a {@code SERIAL} context waiting. */
    public boolean holds() {
        return state == TaskState.WORKING || state.interrupted();
    }

    /** True if nobody has worked on it yet: its message can be changed, moved and taken back. */
    public boolean queued() {
        return state == TaskState.SUBMITTED && epoch == 0;
    }

    /** True if nothing of it is part of the conversation any more. */
    public boolean gone() {
        return cutAt > 0 && cutAt <= position;
    }

    /** True if the task's event at this offset is part of the conversation. */
    public boolean shows(long offset) {
        return cutAt == 0 || offset < cutAt;
    }

    /** In another state; a lease ends with the work. */
    public TaskRecord withState(TaskState to, Instant at) {
        String holder = to == TaskState.WORKING ? leasedBy : null;
        return copy(to, at, messageAt, epoch, holder, attempts, merged, place, cutAt);
    }

    /** Under a new lease. */
    public TaskRecord leased(String by, Instant at) {
        return copy(TaskState.WORKING, at, messageAt, epoch + 1, by, attempts + 1, merged, place, cutAt);
    }

    /** With a new message to answer, which nobody has tried yet. */
    public TaskRecord answering(long offset) {
        return copy(state, statusAt, offset, epoch, leasedBy, 0, merged, place, cutAt);
    }

    /** As if the last attempt had not been made. */
    public TaskRecord untried() {
        return copy(state, statusAt, messageAt, epoch, leasedBy, Math.max(0, attempts - 1), merged, place, cutAt);
    }

    public TaskRecord withMerged() {
        return copy(state, statusAt, messageAt, epoch, leasedBy, attempts, true, place, cutAt);
    }

    /** At another place of the queue. */
    public TaskRecord at(long newPlace) {
        return copy(state, statusAt, messageAt, epoch, leasedBy, attempts, merged, newPlace, cutAt);
    }

    /** With the rest of it, from this offset on, taken out of the conversation. */
    public TaskRecord cut(long from) {
        long earliest = cutAt == 0 ? from : Math.min(cutAt, from);
        return copy(state, statusAt, messageAt, epoch, leasedBy, attempts, merged, place, earliest);
    }

    /** With its last event. */
    public TaskRecord endedAt(long offset) {
        return new TaskRecord(
                id, contextId, owner, agent, state, statusAt, position, messageAt, epoch, leasedBy, attempts, merged,
                place, cutAt, offset, since);
    }

    /** With an agent that is not told what was said up to this offset. */
    public TaskRecord since(long offset) {
        return new TaskRecord(
                id, contextId, owner, agent, state, statusAt, position, messageAt, epoch, leasedBy, attempts, merged,
                place, cutAt, endedAt, offset);
    }

    private TaskRecord copy(
            TaskState to,
            Instant at,
            long message,
            long number,
            @Nullable String holder,
            int tried,
            boolean tidy,
            long newPlace,
            long cut) {
        return new TaskRecord(
                id, contextId, owner, agent, to, at, position, message, number, holder, tried, tidy, newPlace, cut,
                endedAt, since);
    }
}
