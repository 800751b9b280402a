package dev.millrace.engine.store.sqlite;

import dev.millrace.engine.store.StoreFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is committed and not told yet. Of each context all is told in the order of its commits: what needs no fsync at once,
 * unless something of its context waits for one; then it is told behind that. The same holds for what wrote nothing, and for
 * refusals, which may rest on what is not on the disk yet.
 *
 * <p>One thread at a time waits for the disk, and tells: whose commit found nobody else at it. All that is committed meanwhile
 * goes with its next fsync.
 */
final class SqliteSyncs {
    private static final Logger LOG = LoggerFactory.getLogger(SqliteSyncs.class);

    /**
     * Committed, and not told.
     *
     * @param synced done when it is on the disk; null = it waits only for what was held before
     */
    private record Held(List<Decided> decided, @Nullable CompletableFuture<@Nullable Void> synced) {}

    private final WalFile wal;
    private final Path database;
    private final ReentrantLock lock = new ReentrantLock();

    // Under the lock.
    private List<Held> held = new ArrayList<>();
    private boolean syncing;

    /** How much of each context is held, or being told. */
    private final Map<String, Integer> waiting = new HashMap<>();

    private volatile CompletableFuture<@Nullable Void> last = CompletableFuture.completedFuture(null);
    private volatile @Nullable StoreFailure failure;

    SqliteSyncs(WalFile wal, Path database) {
        this.wal = wal;
        this.database = database;
    }

    /** Why nothing may be written any more: the disk failed. Any thread. */
    @Nullable StoreFailure failure() {
        return failure;
    }

    /** Of what was announced last: done when it, and all before it, is on the disk; failed when the disk did. Any thread. */
    CompletableFuture<@Nullable Void> last() {
        return last;
    }

    /** Something that has to be durable is about to be committed. For who writes, who then calls {@link #committed}. */
    CompletableFuture<@Nullable Void> announce() {
        var synced = new CompletableFuture<@Nullable Void>();
        last = synced;
        return synced;
    }

    /**
     * Tells of a group what may be told, and holds the rest. For who writes.
     *
     * @param decided empty, if what was announced was undone
     * @param synced what was announced; null = nothing of it has to be durable
     * @return whether the caller is to call {@link #finish}, once others may write
     */
    boolean committed(List<Decided> decided, @Nullable CompletableFuture<@Nullable Void> synced) {
        var now = new ArrayList<Decided>();
        var later = new ArrayList<Decided>();
        boolean first = false;
        lock.lock();
        try {
            for (Decided each : decided) {
                if (synced != null || waiting.containsKey(each.contextId())) {
                    waiting.merge(each.contextId(), 1, Integer::sum);
                    later.add(each);
                } else {
                    now.add(each);
                }
            }
            if (synced != null || !later.isEmpty()) {
                held.add(new Held(later, synced));
                first = !syncing;
                syncing = true;
            }
        } finally {
            lock.unlock();
        }
        now.forEach(Decided::tell);
        return first;
    }

    /** Brings to the disk what is held, and what comes meanwhile, and tells of it. */
    void finish() {
        for (List<Held> group = next(); !group.isEmpty(); group = next()) {
            finish(group);
        }
    }

    private List<Held> next() {
        lock.lock();
        try {
            List<Held> group = held;
            held = new ArrayList<>();
            syncing = !group.isEmpty();
            return group;
        } finally {
            lock.unlock();
        }
    }

    private void finish(List<Held> group) {
        List<Held> rest = failure == null ? tellReady(group) : group;
        if (failure == null && rest.stream().anyMatch(each -> each.synced() != null)) {
            sync();
        }
        StoreFailure lost = failure;
        for (Held each : rest) {
            CompletableFuture<@Nullable Void> synced = each.synced();
            if (lost != null) {
                if (synced != null) {
                    synced.completeExceptionally(lost);
                }
                each.decided().forEach(member -> member.lost(lost));
            } else {
                if (synced != null) {
                    synced.complete(null);
                }
                each.decided().forEach(Decided::tell);
            }
            told(each.decided());
        }
    }

    /** Tells what waited for the fsync before alone; gives what waits for the next one. */
    private List<Held> tellReady(List<Held> group) {
        var rest = new ArrayList<Held>();
        Set<String> behind = new HashSet<>();
        for (Held each : group) {
            if (each.synced() != null) {
                each.decided().forEach(member -> behind.add(member.contextId()));
                rest.add(each);
                continue;
            }
            Map<Boolean, List<Decided>> parts = each.decided().stream()
                    .collect(Collectors.partitioningBy(member -> behind.contains(member.contextId())));
            List<Decided> ready = parts.getOrDefault(false, List.of());
            ready.forEach(Decided::tell);
            told(ready);
            rest.add(new Held(parts.getOrDefault(true, List.of()), null));
        }
        return rest;
    }

    private void sync() {
        try {
            wal.sync();
        } catch (IOException e) {
            var lost = new StoreFailure(
                    "the disk failed under the SQLite store " + database
                            + "; what was written last may be lost. Start it again when the disk is well: " + e,
                    e);
            LOG.error(lost.getMessage(), e);
            failure = lost;
        }
    }

    private void told(List<Decided> decided) {
        lock.lock();
        try {
            decided.forEach(each -> waiting.computeIfPresent(each.contextId(), (id, n) -> n == 1 ? null : n - 1));
        } finally {
            lock.unlock();
        }
    }
}
