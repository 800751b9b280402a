package dev.millrace.engine.store.sqlite;

import dev.millrace.core.Doorbell;
import dev.millrace.engine.store.Durability;
import dev.millrace.engine.store.FileRegister;
import dev.millrace.engine.store.PushStore;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.Write;
import dev.millrace.engine.store.sql.Joining;
import dev.millrace.engine.store.sql.Migrations;
import dev.millrace.engine.store.sql.SqlFileRegister;
import dev.millrace.engine.store.sql.SqlPushStore;
import dev.millrace.engine.store.sql.SqlThread;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.flywaydb.core.Flyway;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The embedded store: one SQLite database in a folder that one process holds.
 *
 * <p><b>Writing.</b> One of two platform threads writes (a native call on a virtual thread would pin its carrier). It takes
 * everything that waits, decides and writes it in one transaction, commits once, then runs what was to run after the
 * commit, in order. That is group commit without a timer: while one commit is under way, the next group gathers. What
 * need not be fsynced (streamed chunks) is committed first and by itself; a chunk that follows a message of its own context
 * in the same group goes with it.
 *
 * <p><b>The disk.</b> SQLite commits with {@code synchronous=NORMAL}, which writes in order and fsyncs nothing; then
 * {@link WalFile#sync} makes what has to be durable so, and with it everything committed before. Who wrote that hands the pen
 * to the other thread before, so that nobody's chunk waits for the fsync of somebody else's message ({@link SqliteSyncs}).
 * Between the commit and the sync is {@link Write#written}: agents start while the disk works, and what they write is told
 * behind it.
 *
 * <p><b>Failing.</b> If a group can't be written, it is undone whole and each of its members is tried alone, so that
 * one bad write harms nobody else. If it was written and can't be fsynced, the disk has failed, and nobody knows what is on
 * it: from then on this store refuses everything, until somebody opens it anew.
 *
 * <p><b>Reading.</b> A few platform threads, each with a connection of its own, read snapshots beside the writer. What
 * they read is told when it is on the disk; a turn, whose words come behind that anyway, need not wait.
 *
 * <p><b>Checkpoints</b> run on a thread of their own, so that they do not hold up a commit; the writer does one itself
 * only when the WAL has grown past {@value #WAL_PAGES_LIMIT} pages. {@link WalFile} says why the WAL has room before it is
 * needed.
 */
public final class SqliteStore implements Store {
    private static final Logger LOG = LoggerFactory.getLogger(SqliteStore.class);

    /** At most so many submits in one transaction, so that the first of them does not wait for too many others. */
    private static final int GROUP_LIMIT = 512;

    private static final int WAL_PAGES_LIMIT = 32_768;

    /** One that writes, and one that waits for the disk. */
    private static final int WRITERS = 2;

    static final String MIGRATIONS = "classpath:db/migration/sqlite";

    /** The number of the last of them. */
    static final int NEWEST = 8;

    private record Submitted<R>(
            String contextId, Durability durability, Function<Reader, Write<R>> decide, CompletableFuture<R> future) {}

    private final DataFolder folder;
    private final Connection connection;
    private final SqliteTransactions transactions;
    private final SqliteReader reader;
    private final SqliteWriter writer;
    private final SqliteReaders readers;
    private final SqliteCheckpoints checkpoints;
    private final WalFile wal;
    private final SqliteSyncs syncs;
    private final SqlPushStore pushes;
    private final SqlThread registering;
    private final SqlFileRegister files;
    private final ConcurrentLinkedQueue<Submitted<?>> queue = new ConcurrentLinkedQueue<>();

    /** Whoever took it writes. */
    private final AtomicBoolean penTaken = new AtomicBoolean();

    /** For who has the pen: there is something to write. */
    private final Doorbell bell = new Doorbell();

    /** For who has not: there is something to write, and nobody who does. */
    private final Doorbell relief = new Doorbell();

    private final List<Thread> threads;
    private final ReentrantLock closeLock = new ReentrantLock();
    private volatile boolean closing;

    /** Nobody takes from the queue any more. */
    private volatile boolean ended;

    private SqliteStore(DataFolder folder, WalFile.Opener wals) throws SQLException, IOException {
        this.folder = folder;
        Path file = folder.database();
        connection = SqliteConnections.open(file, false);
        Boots.settle(connection, Boots.current());
        SqliteConnections.execute(connection, "PRAGMA wal_autocheckpoint=" + WAL_PAGES_LIMIT);
        SqliteConnections.execute(connection, "PRAGMA synchronous=NORMAL");
        transactions = SqliteTransactions.writing(connection);
        var recent = new RecentRows();
        reader = new SqliteReader(connection, recent);
        writer = new SqliteWriter(reader, recent);
        readers = new SqliteReaders(file, Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 4));
        checkpoints = new SqliteCheckpoints(file);
        // One process has this store: what another claimed, a dead one did.
        SqliteConnections.execute(connection, "UPDATE push_subscriptions SET claimed_by = NULL, claimed_until = 0");
        SqliteConnections.execute(connection, "UPDATE files SET held_by = NULL WHERE held_by IS NOT NULL");
        wal = wals.open(file);
        syncs = new SqliteSyncs(wal, file);
        pushes = new SqlPushStore(
                new SqlThread("millrace-sqlite-pushes", () -> SqliteConnections.open(file, false)),
                SqlPushStore.Dialect.SQLITE);
        registering = new SqlThread("millrace-sqlite-files", () -> SqliteConnections.open(file, false));
        files = new SqlFileRegister(registering, SqlFileRegister.Dialect.SQLITE);
        threads = IntStream.rangeClosed(1, WRITERS)
                .mapToObj(i -> Thread.ofPlatform()
                        .name("millrace-sqlite-writer-" + i)
                        .daemon()
                        .unstarted(this::run))
                .toList();
    }

    /**
     * Opens (or makes) the store in this folder.
     *
     * @throws StoreFailure if the folder is in use by another process, can't be used, or holds a newer version's data
     */
    public static SqliteStore open(Path dataFolder) {
        return open(dataFolder, WalFile::new);
    }

    static SqliteStore open(Path dataFolder, WalFile.Opener wals) {
        DataFolder folder = DataFolder.open(dataFolder);
        try {
            migrate(folder);
            var store = new SqliteStore(folder, wals);
            store.threads.forEach(Thread::start);
            return store;
        } catch (StoreFailure e) {
            folder.close();
            throw e;
        } catch (SQLException | IOException | RuntimeException e) {
            folder.close();
            throw new StoreFailure("the SQLite store " + folder.database() + " can't be opened: " + e.getMessage(), e);
        }
    }

    private static void migrate(DataFolder folder) throws SQLException {
        String url = "jdbc:sqlite:" + folder.database();
        try (Connection connection = DriverManager.getConnection(url)) {
            if (Migrations.done(connection, NEWEST)) {
                return;
            }
        }
        Migrations.run(
                Flyway.configure().dataSource(url, null, null).locations(MIGRATIONS),
                "the SQLite store " + folder.database(),
                "another data folder");
    }

    @Override
    public <R> CompletableFuture<R> submit(String contextId, Durability durability, Function<Reader, Write<R>> decide) {
        var future = new CompletableFuture<R>();
        if (closing) {
            future.completeExceptionally(new StoreFailure("the store is closed"));
            return future;
        }
        queue.add(new Submitted<>(contextId, durability, decide, future));
        ring();
        if (ended) {
            refuseTheRest(); // the writer ended between the question above and the queue
        }
        return future;
    }

    /** Of the two that write, wakes the one whose turn it is. */
    private void ring() {
        // Who lays the pen down looks into the queue after that, so what was added while it looked taken is found.
        (penTaken.get() ? bell : relief).ring();
    }

    private void refuseTheRest() {
        for (Submitted<?> late = queue.poll(); late != null; late = queue.poll()) {
            late.future().completeExceptionally(new StoreFailure("the store is closed"));
        }
    }

    @Override
    public <R extends @Nullable Object> R read(@Nullable String contextId, Function<Reader, R> query)
            throws InterruptedException {
        return read(query, true);
    }

    @Override
    public <R extends @Nullable Object> R readWritten(String contextId, Function<Reader, R> query)
            throws InterruptedException {
        return read(query, false);
    }

    private <R extends @Nullable Object> R read(Function<Reader, R> query, boolean onTheDisk)
            throws InterruptedException {
        CompletableFuture<R> answer = readers.submit(query);
        try {
            R result = answer.get();
            if (onTheDisk) {
                syncs.last().get(); // asked now: whatever was read, that is the last of it, or younger
            }
            return result;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (e.getCause() instanceof Error cause) {
                throw cause;
            }
            throw new StoreFailure("the SQLite store can't be read: " + e.getCause(), e);
        }
    }

    @Override
    public PushStore pushes() {
        return pushes;
    }

    @Override
    public FileRegister files() {
        return files;
    }

    @Override
    public void close() {
        closeLock.lock();
        try {
            if (!closing) {
                closeOnce();
            }
        } finally {
            closeLock.unlock();
        }
    }

    private void closeOnce() {
        closing = true;
        ring();
        threads.forEach(Joining::join);
        ended = true;
        refuseTheRest();
        pushes.close();
        registering.close();
        checkpoints.close();
        readers.close();
        SqliteConnections.closeQuietly(wal);
        SqliteConnections.closeQuietly(reader);
        SqliteConnections.closeQuietly(transactions);
        SqliteConnections.closeQuietly(connection);
        folder.close();
    }

    private void run() {
        boolean open = true;
        while (open) {
            boolean sync = false;
            takePen();
            try {
                while (open && !sync) {
                    List<Submitted<?>> group = awaitNext();
                    open = !group.isEmpty();
                    sync = commitAll(group);
                }
            } finally {
                layPen();
            }
            if (sync) {
                syncs.finish();
            }
        }
    }

    private void takePen() {
        while (!penTaken.compareAndSet(false, true)) {
            await(relief);
        }
    }

    /** Wakes the other only if there is something to write: often this thread is back before there is. */
    private void layPen() {
        penTaken.set(false);
        if (closing || !queue.isEmpty()) {
            relief.ring();
        }
    }

    private static void await(Doorbell doorbell) {
        try {
            doorbell.await();
        } catch (InterruptedException e) {
            LOG.debug("nobody interrupts the writer; going on", e);
        }
    }

    /** What waits, of which there is something; empty at the end. */
    private List<Submitted<?>> awaitNext() {
        while (true) {
            List<Submitted<?>> group = next();
            if (!group.isEmpty() || closing) {
                return group;
            }
            makeRoom();
            await(bell);
        }
    }

    /** True if this thread is to wait for the disk, and tell, once another may write. */
    private boolean commitAll(List<Submitted<?>> group) {
        var first = new ArrayList<Submitted<?>>();
        var rest = new ArrayList<Submitted<?>>();
        Set<String> behind = new HashSet<>();
        for (Submitted<?> submitted : group) {
            boolean later = submitted.durability() == Durability.FSYNCED || behind.contains(submitted.contextId());
            if (later) {
                behind.add(submitted.contextId());
            }
            (later ? rest : first).add(submitted);
        }
        boolean sync = commit(first, Durability.WRITTEN);
        return commit(rest, Durability.FSYNCED) || sync;
    }

    /** While nobody waits, for who comes next. */
    private void makeRoom() {
        if (!wal.scarce()) {
            return;
        }
        try {
            transactions.begin(); // for its lock: nobody else writes a frame meanwhile
            try {
                wal.extend();
            } finally {
                transactions.rollback();
            }
        } catch (SQLException e) {
            LOG.debug("no room was made in the write-ahead log: {}", e.toString());
        }
    }

    private List<Submitted<?>> next() {
        var group = new ArrayList<Submitted<?>>();
        while (group.size() < GROUP_LIMIT) {
            Submitted<?> submitted = queue.poll();
            if (submitted == null) {
                break;
            }
            group.add(submitted);
        }
        return group;
    }

    /** True if {@link SqliteSyncs#finish} is to be called. */
    private boolean commit(List<Submitted<?>> group, Durability durability) {
        if (group.isEmpty()) {
            return false;
        }
        StoreFailure lost = syncs.failure();
        if (lost != null) {
            group.forEach(submitted -> submitted.future().completeExceptionally(lost));
            return false;
        }
        CompletableFuture<@Nullable Void> synced = null;
        var decided = new ArrayList<Decided>(group.size());
        try {
            transactions.begin();
            for (Submitted<?> submitted : group) {
                decided.add(decideAndWrite(submitted));
            }
            if (durability == Durability.FSYNCED && decided.stream().anyMatch(Decided::writes)) {
                synced = syncs.announce(); // before readers can see it
            }
            transactions.commit();
        } catch (SQLException | RuntimeException | Error e) {
            boolean sync = synced != null && syncs.committed(List.of(), synced);
            return undo(group, decided, durability, e) || sync;
        }
        decided.forEach(Decided::written);
        checkpoints.written(decided.size());
        return syncs.committed(decided, synced);
    }

    private <R> Decided decideAndWrite(Submitted<R> submitted) throws SQLException {
        Write<R> write;
        try {
            write = submitted.decide().apply(reader);
        } catch (StoreFailure e) {
            throw e;
        } catch (RuntimeException | Error refused) {
            return new Decided.Declined(submitted.contextId(), submitted.future(), refused);
        }
        var written = new Decided.Written<>(submitted.contextId(), submitted.future(), write);
        try {
            writer.write(submitted.contextId(), write);
        } catch (SQLException | RuntimeException | Error e) {
            written.undone();
            throw e;
        }
        return written;
    }

    /** True if {@link SqliteSyncs#finish} is to be called, after its members were tried one by one. */
    private boolean undo(List<Submitted<?>> group, List<Decided> decided, Durability durability, Throwable cause) {
        reader.forget();
        try {
            transactions.rollback();
        } catch (SQLException e) {
            LOG.debug("nothing to roll back", e); // SQLite rolls back by itself when the disk is full
        }
        decided.forEach(Decided::undone);
        if (group.size() == 1) {
            LOG.error("a write failed and was undone: {}", cause.toString());
            group.getFirst()
                    .future()
                    .completeExceptionally(
                            new StoreFailure("the SQLite store could not write: " + cause.getMessage(), cause));
            return false;
        }
        boolean sync = false;
        for (Submitted<?> submitted : group) {
            sync |= commit(List.of(submitted), durability);
        }
        return sync;
    }
}
