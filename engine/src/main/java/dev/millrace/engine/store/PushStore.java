package dev.millrace.engine.store;

import dev.millrace.engine.Page;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where pushes are kept: who wants a task's events, how far each of them was told, and what could not be told.
 *
 * <p>The events themselves are in the journal, which outlives everything here that points into it. So an event is in the
 * outbox from the commit that made it: there is no second write that a crash could come before.
 *
 * <p>Every subscription is told by one process at a time: the one that claimed it. A process that lost its claim can move
 * nothing. Every method may block and fails with a {@link StoreFailure}. Any thread.
 */
public interface PushStore {

    /**
     * Who wants a task's events. Id and task together are its key.
     *
     * @param config what the client asked for, as JSON; it may hold secrets
     * @param delivered everything up to this offset was told
     * @param attempts how often the event after it was tried
     * @param failingSince when the receiver was last well, if it is not; null = it is well
     * @param nextAt not to be tried before; null = at once
     * @param problem what the last attempt met; null = nothing
     * @param ended whether there is nothing more to tell: the task's last event was told, or given up
     */
    record Subscription(
            String taskId,
            String id,
            String contextId,
            String owner,
            String config,
            long delivered,
            int attempts,
            @Nullable Instant failingSince,
            @Nullable Instant nextAt,
            @Nullable String problem,
            boolean ended) {

        /** Told up to here; the receiver is well. */
        public Subscription told(long offset, boolean last) {
            return new Subscription(taskId, id, contextId, owner, config, offset, 0, null, null, null, last);
        }

        /** An attempt failed. */
        public Subscription failed(String why, Instant at, @Nullable Instant next) {
            Instant since = failingSince == null ? at : failingSince;
            return new Subscription(
                    taskId, id, contextId, owner, config, delivered, attempts + 1, since, next, why, ended);
        }

        /** Given up to here; the receiver is not well. */
        public Subscription gaveUp(long offset, boolean last) {
            return new Subscription(taskId, id, contextId, owner, config, offset, 0, failingSince, null, problem, last);
        }
    }

    /**
     * An event that its receiver never took.
     *
     * @param id the delivery's id
     * @param json the StreamResponse, as it was to be sent
     */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares dead letters
    record DeadLetter(
            String id,
            String owner,
            String taskId,
            String subscription,
            String config,
            long offset,
            byte[] json,
            int attempts,
            @Nullable String problem,
            Instant buriedAt) {}

    /** Keeps a subscription, in place of one with the same key, and claims it. Survives a power cut. */
    void put(Subscription subscription, String holder, Duration claim);

    @Nullable Subscription get(String taskId, String id);

    /** The subscriptions to a task, by id. */
    Page<Subscription> of(String taskId, int limit, @Nullable String after);

    /** @return false if it was not there */
    boolean delete(String taskId, String id);

    /** Claims what nobody holds and is not ended, at most {@code max}. */
    List<Subscription> claim(String holder, Duration claim, int max);

    /** From now on, for as long again. */
    void renew(String holder, Duration claim);

    /** Gives all claims back. */
    void release(String holder);

    /**
     * Writes how far a subscription is.
     *
     * @return false if it is not the holder's (any more): nothing was written
     */
    boolean move(Subscription now, String holder);

    /** The same, and in the same transaction keeps what its receiver never took. */
    boolean bury(Subscription now, String holder, DeadLetter letter);

    /**
     * How pushes stand, of all owners.
     *
     * @param open subscriptions that have more to tell, or may
     * @param failing those of them whose receiver is not well
     * @param dead letters that nobody took
     */
    record Tally(long open, long failing, long dead) {}

    Tally tally();

    /** An owner's dead letters, by id. */
    Page<DeadLetter> dead(String owner, int limit, @Nullable String after);

    @Nullable DeadLetter letter(String owner, String id);

    /** Forgets a dead letter. */
    void exhume(String id);
}
