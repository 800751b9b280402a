package dev.millrace.engine;

import dev.millrace.core.Cursor;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The engine's front door. All methods may block on the store; call them from virtual threads. Any thread. */
public final class Engine implements AutoCloseable {

    public void start() {
        throw new UnsupportedOperationException();
    }

    public AgentCatalog agents() {
        throw new UnsupportedOperationException();
    }

    /** Accepts a message: when this returns, it is safe, and its agent runs or its place in the queue is taken. */
    public Sent send(Send send) throws Refused {
        throw new UnsupportedOperationException();
    }

    /** The task now, whole; {@code owner} sees only their own. */
    public Snapshot task(String owner, String taskId) throws Refused {
        throw new UnsupportedOperationException();
    }

    public Page<Snapshot> tasks(TaskQuery query) {
        throw new UnsupportedOperationException();
    }

    /** Cancels the task: wins or loses against its end once and for all. Cancelling a cancelled task is fine. */
    public Snapshot cancel(String owner, String taskId) throws Refused {
        throw new UnsupportedOperationException();
    }

    public Optional<Context> context(String owner, String contextId) {
        throw new UnsupportedOperationException();
    }

    /** The owner's chats and other contexts, newest activity first. */
    public Page<Context> contexts(String owner, int limit, @Nullable String after) {
        throw new UnsupportedOperationException();
    }

    /** Every task of the context, oldest first, folded from one consistent read. */
    public List<Snapshot> conversation(String owner, String contextId) throws Refused {
        throw new UnsupportedOperationException();
    }

    /** Stops what runs in the context (its partial answer stays); what is queued goes on. False if nothing ran. */
    public boolean interrupt(String owner, String contextId) throws Refused {
        throw new UnsupportedOperationException();
    }

    /**
     * A reader of the context's journal, after {@code offset}. It may be opened before the context exists (then it
     * sees it from its first event); whoever calls has checked that the owner may read. Close it.
     */
    public Cursor<Event> read(String contextId, long offset) {
        throw new UnsupportedOperationException();
    }

    /** Accepts nothing new, lets turns end for at most {@code drain}, interrupts the rest and leaves them to recovery. */
    public void stop(Duration drain) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        stop(Duration.ZERO);
    }
}
