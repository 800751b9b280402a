package dev.millrace.engine.store.postgres;

import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.FileRegister;
import dev.millrace.engine.store.PushStore;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.Replicas;
import dev.millrace.engine.store.RevocationStore;
import dev.millrace.engine.store.SecretStore;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.Write;
import dev.millrace.engine.store.sql.Joining;
import dev.millrace.engine.store.sql.SqlFileRegister;
import dev.millrace.engine.store.sql.SqlPushStore;
import dev.millrace.engine.store.sql.SqlRevocationStore;
import dev.millrace.engine.store.sql.SqlSecretStore;
import dev.millrace.engine.store.sql.SqlThread;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;

/**
 * A store in PostgreSQL, which several processes may share.
 *
 * <p><b>Writing.</b> What is submitted stands in a line for its context ({@code Lines}). A few threads take what has
 * gathered, decide it on what is known here, and write it in one round trip ({@code GroupWriter}). While one group is
 * under way, the next gathers: group commit without a timer. A decision may be made several times, if another process was
 * faster; only the one that is written is told.
 *
 * <p><b>What is promised.</b> {@link Durability#FSYNCED} is committed with {@code synchronous_commit = on}: it survives
 * whatever PostgreSQL survives. {@link Durability#WRITTEN} is committed with {@code synchronous_commit = off}: everybody
 * sees it at once and it survives the death of this process, but PostgreSQL's own crash, or a power cut, may take the last
 * of it, at most three times its {@code wal_writer_delay} (600 ms by default), and never a part from the middle.
 *
 * <p><b>Failing.</b> A write fails with {@link StoreFailure} if nothing of it was written; only if the server stays away
 * for longer than {@link PostgresSettings#patience} after the connection was cut in the middle of a write, it fails
 * without that being known, and says so.
 *
 * <p><b>Reading.</b> A few threads, each with a connection of its own, read snapshots.
 */
public final class PostgresStore implements Store {
    /** Writers of what must reach the disk. While one waits for the disk, the other gathers and sends. */
    private static final int DURABLE_WRITERS = 2;

    private final Lines lines = new Lines();
    private final List<GroupWriter> writers;
    private final PostgresReaders readers;
    private final PostgresReplicas replicas;
    private final SqlPushStore pushes;
    private final SqlSecretStore secrets;
    private final SqlThread asking;
    private final SqlRevocationStore revocations;
    private final SqlThread registering;
    private final SqlFileRegister files;
    private final ReentrantLock closing = new ReentrantLock();

    private PostgresStore(PostgresSettings settings, Connections connections) {
        var views = new Views(settings.views());
        readers = new PostgresReaders(connections, settings.readers());
        var restarts = new Restarts(views);
        replicas = new PostgresReplicas(connections, readers, views, restarts, settings.hints());
        var pushing = new SqlThread("millrace-postgres-pushes", connections::forWriting);
        pushes = new SqlPushStore(pushing, SqlPushStore.Dialect.POSTGRESQL);
        // They are read when a server starts, and hardly ever again.
        secrets = new SqlSecretStore(pushing);
        // A request for a file waits for its answer, so it must not stand in line behind pushes.
        asking = new SqlThread("millrace-postgres-revocations", connections::forWriting);
        revocations = new SqlRevocationStore(asking);
        registering = new SqlThread("millrace-postgres-files", connections::forWriting);
        files = new SqlFileRegister(registering, SqlFileRegister.Dialect.POSTGRESQL);
        String id = UUID.randomUUID().toString();
        var all = new java.util.ArrayList<GroupWriter>();
        all.add(writer(
                connections,
                restarts,
                views,
                settings,
                Durability.WRITTEN,
                id + "-chunks",
                "millrace-postgres-chunks"));
        for (int i = 0; i < DURABLE_WRITERS; i++) {
            all.add(writer(
                    connections,
                    restarts,
                    views,
                    settings,
                    Durability.FSYNCED,
                    id + "-" + i,
                    "millrace-postgres-writer-" + i));
        }
        writers = List.copyOf(all);
    }

    private GroupWriter writer(
            Connections connections,
            Restarts restarts,
            Views views,
            PostgresSettings settings,
            Durability durability,
            String id,
            String name) {
        return new GroupWriter(
                new WriterConnection(connections, restarts, id),
                lines,
                views,
                durability,
                settings.patience(),
                replicas::wrote,
                name);
    }

    /**
     * Opens the store, and makes its tables if they are not there.
     *
     * @throws StoreFailure if the server can't be reached, refuses, or holds a newer version's data
     */
    public static PostgresStore open(PostgresSettings settings) {
        var connections = new Connections(settings);
        try {
            Schema.migrate(connections);
            try (Connection connection = connections.forWriting()) {
                Connections.execute(connection, "DELETE FROM writers WHERE seen_at < now() - interval '7 days'");
            }
        } catch (FlywayException | SQLException e) {
            throw new StoreFailure("the PostgreSQL store " + settings.address() + " can't be opened: " + reason(e), e);
        }
        var store = new PostgresStore(settings, connections);
        store.writers.forEach(GroupWriter::start);
        store.readers.start();
        store.replicas.start();
        return store;
    }

    /** The database's own words. */
    private static String reason(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                return String.valueOf(sql.getMessage());
            }
        }
        return String.valueOf(e.getMessage());
    }

    @Override
    public <R> CompletableFuture<R> submit(String contextId, Durability durability, Function<Reader, Write<R>> decide) {
        var submitted = new Submitted<>(contextId, durability, decide, System.nanoTime());
        if (!lines.add(submitted)) {
            submitted.giveUp(new StoreFailure("the store is closed"));
        }
        return submitted.future();
    }

    @Override
    public <R extends @Nullable Object> R read(@Nullable String contextId, Function<Reader, R> query)
            throws InterruptedException {
        CompletableFuture<R> answer = readers.submit(query);
        try {
            return answer.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (e.getCause() instanceof Error cause) {
                throw cause;
            }
            throw new StoreFailure("the PostgreSQL store can't be read: " + e.getCause(), e);
        }
    }

    @Override
    public Replicas replicas() {
        return replicas;
    }

    @Override
    public PushStore pushes() {
        return pushes;
    }

    @Override
    public SecretStore secrets() {
        return secrets;
    }

    @Override
    public RevocationStore revocations() {
        return revocations;
    }

    @Override
    public FileRegister files() {
        return files;
    }

    @Override
    public void close() {
        closing.lock();
        try {
            if (lines.closed()) {
                return;
            }
            lines.close();
            writers.forEach(writer -> Joining.join(writer.thread()));
            pushes.close();
            asking.close();
            registering.close();
            replicas.close();
            readers.close();
        } finally {
            closing.unlock();
        }
    }
}
