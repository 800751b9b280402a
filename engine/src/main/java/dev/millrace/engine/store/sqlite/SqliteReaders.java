package dev.millrace.engine.store.sqlite;

import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.sql.Joining;
import java.nio.file.Path;
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

/** Platform threads that read, each over a connection of its own, each query in one snapshot. */
final class SqliteReaders implements AutoCloseable {
    @FunctionalInterface
    private interface Job {
        void run(@Nullable SqliteTransactions transactions, @Nullable SqliteReader reader);
    }

    private static final Logger LOG = LoggerFactory.getLogger(SqliteReaders.class);
    private static final Job STOP = (transactions, reader) -> {};

    private final BlockingQueue<Job> jobs = new LinkedBlockingQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean closed;

    SqliteReaders(Path file, int count) throws SQLException {
        for (int i = 0; i < count; i++) {
            Connection connection = SqliteConnections.open(file, true);
            Thread thread = Thread.ofPlatform()
                    .name("millrace-sqlite-reader-" + i)
                    .daemon()
                    .start(() -> run(connection));
            threads.add(thread);
        }
    }

    <R extends @Nullable Object> CompletableFuture<R> submit(Function<Reader, R> query) {
        var answer = new CompletableFuture<R>();
        jobs.add((transactions, reader) -> {
            if (transactions == null || reader == null) {
                answer.completeExceptionally(new StoreFailure("the store is closed"));
                return;
            }
            R result;
            try {
                transactions.begin();
                try {
                    result = query.apply(reader);
                } finally {
                    transactions.commit();
                }
            } catch (SQLException e) {
                end(transactions);
                answer.completeExceptionally(new StoreFailure("the SQLite store can't be read: " + e.getMessage(), e));
                return;
            } catch (RuntimeException | Error e) {
                answer.completeExceptionally(e); // the thread goes on for others
                return;
            }
            answer.complete(result);
        });
        if (closed) {
            refuseTheRest();
        }
        return answer;
    }

    /** A transaction left open would fail every later read over this connection. */
    private static void end(SqliteTransactions transactions) {
        try {
            transactions.rollback();
        } catch (SQLException e) {
            LOG.debug("there is no transaction to end", e);
        }
    }

    private void run(Connection connection) {
        try (connection;
                var transactions = SqliteTransactions.reading(connection);
                var reader = new SqliteReader(connection)) {
            for (Job job = jobs.take(); job != STOP; job = jobs.take()) {
                job.run(transactions, reader);
            }
        } catch (InterruptedException | SQLException e) {
            throw new StoreFailure("a reader of the SQLite store died: " + e, e);
        }
    }

    private void refuseTheRest() {
        for (Job job = jobs.poll(); job != null; job = jobs.poll()) {
            if (job == STOP) {
                jobs.add(STOP);
                return;
            }
            job.run(null, null);
        }
    }

    @Override
    public void close() {
        closed = true;
        threads.forEach(thread -> jobs.add(STOP));
        threads.forEach(Joining::join);
        refuseTheRest();
    }
}
