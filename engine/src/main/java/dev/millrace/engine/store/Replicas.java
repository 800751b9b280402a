package dev.millrace.engine.store;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The processes that share a store. Each has one lease, which holds all of its tasks; whether it has run out is decided by
 * the store's clock alone. What is heard of the others is a hint, which may be lost, late or repeated: the store decides.
 *
 * <p>Every method but {@link #ring} may block, and fails with a {@link StoreFailure}. Any thread.
 */
public interface Replicas {

    /** Hears of the others. Called by one thread, which must not be held up. */
    interface Listener {
        /** Another process wrote in the context, up to this offset. */
        void changed(String contextId, long lastOffset);

        /** Another process changed a context of this owner as lists show it. */
        void listChanged(String owner);

        /** Somebody may have left a task that is runnable. */
        void runnable();

        /** Much may have changed unheard: somebody came, or nothing could be heard for a while. */
        void lookAgain();
    }

    /**
     * What a process learns when it renews its lease.
     *
     * @param alive false = the lease had run out, or was given back; it is never revived
     * @param nextEnd when the next lease of another process runs out, if it is not renewed; null = there is no other
     */
    record Renewal(boolean alive, @Nullable Duration nextEnd) {}

    /** Takes a lease under an id that was never used before. */
    Renewal join(String id, Duration lease);

    /** From now on, for as long again. */
    Renewal renew(String id, Duration lease);

    /**
     * Gives the lease back; whatever is held under it is free for others at once. They are told to look again, because
     * something may be: a process that could not write could not hand it over.
     */
    void leave(String id);

    /** Whom to tell; once. */
    void listen(Listener listener);

    /**
     * Whom to tell, once and before anything else is written, that the store has lost something that this process had
     * written without waiting for the disk ({@link Durability#WRITTEN}): every turn here may have lost words. Must not
     * block.
     */
    void onLoss(Runnable listener);

    /** Tells the others that a runnable task was left. Never blocks. */
    void ring();

    /**
     * A process that is alive.
     *
     * @param left of its lease, if it is not renewed
     * @param running the WORKING tasks under it
     */
    record Alive(String id, Duration left, long running) {}

    /** Those whose leases have not run out, by id. */
    List<Alive> alive() throws InterruptedException;

    /** The offsets of the last events of those of these contexts that exist. */
    Map<String, Long> lastOffsets(Collection<String> contextIds) throws InterruptedException;

    /** The WORKING tasks under this lease, and their epochs. */
    Map<String, Long> held(String id) throws InterruptedException;
}
