package dev.millrace.engine.store.postgres;

import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.sql.Joining;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Threads that read, each over a connection of its own, each query in one snapshot. A thread of their own, because an
 * interrupt of the caller's (a virtual thread's) would close the connection's socket. The caller has its answer before
 * the transaction is ended.
 */
final class PostgresReaders implements AutoCloseable {
    @FunctionalInterface
    private interface Job {
        /** @param thread null = the store is closed */
        void run(@Nullable ReadingThread thread);
    }

    private static final Logger LOG = LoggerFactory.getLogger(PostgresReaders.class);
    private static final Job STOP = thread -> {};

    /** As many connections as one question may lose and be asked again. */
    private static final int LOSSES = 3;

    private final BlockingQueue<Job> jobs = new LinkedBlockingQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean closed;

    PostgresReaders(Connections connections, int count) {
        for (int i = 0; i < count; i++) {
            var reading = new ReadingThread(connections);
            threads.add(Thread.ofPlatform()
                    .name("millrace-postgres-reader-" + i)
                    .daemon()
                    .unstarted(() -> run(reading)));
        }
    }

    void start() {
        threads.forEach(Thread::start);
    }

    <R extends @Nullable Object> CompletableFuture<R> submit(Function<? super PostgresReader, R> query) {
        var answer = new CompletableFuture<R>();
        jobs.add(thread -> {
            if (thread == null) {
                answer.completeExceptionally(new StoreFailure("the store is closed"));
                return;
            }
            try {
                answer.complete(thread.ask(query));
            } catch (RuntimeException | Error e) {
                answer.completeExceptionally(e); // the thread goes on for others
            } finally {
                thread.end();
            }
        });
        if (closed) {
            refuseTheRest();
        }
        return answer;
    }

    private void run(ReadingThread reading) {
        try {
            for (Job job = jobs.take(); job != STOP; job = jobs.take()) {
                job.run(reading);
            }
        } catch (InterruptedException e) {
            LOG.debug("nobody interrupts a reader", e);
        } finally {
            reading.drop();
        }
    }

    private void refuseTheRest() {
        for (Job job = jobs.poll(); job != null; job = jobs.poll()) {
            if (job == STOP) {
                jobs.add(STOP);
                return;
            }
            job.run(null);
        }
    }

    /** Once: the words to stop that it leaves are one for each thread. */
    @Override
    public void close() {
        closed = true;
        threads.forEach(thread -> jobs.add(STOP));
        threads.forEach(Joining::join);
        refuseTheRest();
    }

    /** What one thread has. */
    private static final class ReadingThread {
        private final Connections connections;
        private @Nullable Connection connection;

        ReadingThread(Connections connections) {
            this.connections = connections;
        }

        /** A connection that is lost is replaced, {@value #LOSSES} times: reading twice does no harm. */
        <R extends @Nullable Object> R ask(Function<? super PostgresReader, R> query) {
            for (int losses = 0; ; losses++) {
                try {
                    return query.apply(new PostgresReader(connection()));
                } catch (StoreFailure e) {
                    if (losses == LOSSES || !(e.getCause() instanceof SQLException cause) || !Connections.lost(cause)) {
                        throw e;
                    }
                    drop();
                } catch (SQLException e) {
                    // A server that is not there would only be waited for again.
                    if (losses == LOSSES || !Connections.ended(e)) {
                        throw new StoreFailure("PostgreSQL can't be reached: " + e.getMessage(), e);
                    }
                }
            }
        }

        private Connection connection() throws SQLException {
            Connection current = connection == null ? connections.forReading() : connection;
            connection = current;
            return current;
        }

        void end() {
            try {
                if (connection != null) {
                    connection.rollback();
                }
            } catch (SQLException e) {
                drop();
            }
        }

        void drop() {
            if (connection != null) {
                Connections.closeQuietly(connection);
                connection = null;
            }
        }
    }
}
