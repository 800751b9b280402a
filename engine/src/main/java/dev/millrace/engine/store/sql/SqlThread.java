package dev.millrace.engine.store.sql;

import dev.millrace.engine.store.StoreFailure;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A platform thread with a connection, for callers on virtual ones: an interrupt of theirs would close a socket, and
 * SQLite's native calls would pin their carriers. What gathers while it works is done in one transaction, and each job
 * alone if that fails. A connection that failed is not used again; if the database ended it before anything was committed,
 * the same is done over another one.
 */
public final class SqlThread implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SqlThread.class);
    private static final int GROUP_LIMIT = 128;

    /** How often the same is begun, if connections end under it. */
    private static final int TRIES = 3;

    /** Opens a connection; it need not commit by itself. */
    @FunctionalInterface
    public interface Opener {
        Connection open() throws SQLException;
    }

    /** Runs statements, in a transaction. */
    @FunctionalInterface
    public interface Work<R extends @Nullable Object> {
        @Nullable R run(Connection connection) throws SQLException;
    }

    private record Job<R extends @Nullable Object>(Work<R> work, CompletableFuture<R> answer) {
        /** Runs it; what is returned tells the caller, once it is committed. */
        Runnable run(Connection connection) throws SQLException {
            @Nullable R result = work.run(connection);
            return () -> answer.complete(result);
        }
    }

    private final Opener opener;
    private final BlockingQueue<Job<?>> jobs = new LinkedBlockingQueue<>();
    private final Thread thread;
    private @Nullable Connection connection;
    private volatile boolean closed;

    private static final Job<?> STOP = new Job<>(connection -> true, new CompletableFuture<>());

    public SqlThread(String name, Opener opener) {
        this.opener = opener;
        this.thread = Thread.ofPlatform().name(name).daemon().start(this::run);
    }

    /** Runs the work in a transaction and waits for its commit. An interrupt does not end the wait, which is short. */
    public <R extends @Nullable Object> R call(Work<R> work) {
        var answer = new CompletableFuture<R>();
        jobs.add(new Job<>(work, answer));
        if (closed) {
            refuseTheRest();
        }
        try {
            return answer.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof StoreFailure failure) {
                throw failure;
            }
            throw new StoreFailure("the store failed: " + e.getCause(), e);
        }
    }

    private void run() {
        try {
            while (!closed) {
                var group = new ArrayList<Job<?>>();
                group.add(jobs.take());
                jobs.drainTo(group, GROUP_LIMIT);
                boolean stop = group.remove(STOP);
                if (!group.isEmpty()) {
                    commit(group);
                }
                if (stop) {
                    break;
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("nobody interrupts this thread", e);
        } finally {
            closed = true;
            drop();
            refuseTheRest();
        }
    }

    private void commit(List<Job<?>> group) {
        var told = new ArrayList<Runnable>(group.size());
        for (int tries = 1; ; tries++) {
            told.clear();
            boolean open = false;
            boolean committing = false;
            try {
                Connection current = connection();
                open = true;
                for (Job<?> job : group) {
                    told.add(job.run(current));
                }
                committing = true;
                current.commit();
                break;
            } catch (SQLException | RuntimeException e) {
                drop();
                if (open && tries < TRIES && ended(e, committing)) {
                    LOG.info("a connection to the database was ended, beginning again on another: {}", e.toString());
                } else if (group.size() == 1) {
                    group.getFirst()
                            .answer()
                            .completeExceptionally(new StoreFailure("the store failed: " + e.getMessage(), e));
                    return;
                } else {
                    group.forEach(job -> commit(List.of(job)));
                    return;
                }
            }
        }
        told.forEach(Runnable::run);
    }

    /**
     * Whether the connection is gone and nothing of the transaction was committed. PostgreSQL's classes: 08 connection,
     * 57P the server or an operator ended it, 25P03 it was idle in a transaction for too long, because this process got no
     * time, say. Of these the last alone says what became of a commit that was under way: it came too late.
     */
    private static boolean ended(Exception e, boolean committing) {
        String state = e instanceof SQLException sql ? String.valueOf(sql.getSQLState()) : "";
        return state.equals("25P03") || (!committing && (state.startsWith("08") || state.startsWith("57P")));
    }

    private Connection connection() throws SQLException {
        if (connection == null) {
            Connection opened = opener.open();
            opened.setAutoCommit(false);
            connection = opened;
        }
        return connection;
    }

    private void drop() {
        if (connection != null) {
            try {
                connection.rollback();
            } catch (SQLException e) {
                LOG.debug("nothing to roll back", e);
            }
            try {
                connection.close();
            } catch (SQLException e) {
                LOG.debug("closing a connection", e);
            }
            connection = null;
        }
    }

    private void refuseTheRest() {
        for (Job<?> late = jobs.poll(); late != null; late = jobs.poll()) {
            late.answer().completeExceptionally(new StoreFailure("the store is closed"));
        }
    }

    @Override
    public void close() {
        jobs.add(STOP);
        Joining.join(thread);
    }
}
