package dev.millrace.files;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Keeps units of files that were fetched, for whoever reads them next: in memory, and if wanted in a folder, where they
 * survive the process. Both are bounded, and what was used longest ago goes first; heads and tails of files, which
 * players need before anything else, go last.
 *
 * <p>Units reach the folder a little later, by a thread of the cache's own, so that a slow disk delays no reader; if more
 * than 32 MiB wait for it, what comes is kept in memory only. Shared by readers and sources. Safe for use by many threads.
 */
public final class BlockCache implements AutoCloseable {
    private static final int UNITS_WAITING = 512;
    private static final Duration LAST_WRITES = Duration.ofSeconds(2);

    private static final class Unwritten {
        final CacheKey key;
        final byte[] content;

        Unwritten(CacheKey key, byte[] content) {
            this.key = key;
            this.content = content;
        }
    }

    /** A unit that is being fetched. */
    static final class Flight extends CompletableFuture<byte[]> {
        private final Object by;

        /** @param by who fetches it */
        Flight(Object by) {
            this.by = by;
        }

        boolean isBy(Object other) {
            return by == other;
        }
    }

    private final Shelf<byte[]> memory;
    private final @Nullable CacheFolder folder;
    private final BlockingQueue<Unwritten> unwritten = new ArrayBlockingQueue<>(UNITS_WAITING);
    private final @Nullable Thread writer;
    private final ConcurrentHashMap<CacheKey, Flight> flights = new ConcurrentHashMap<>();
    private final LongAdder served = new LongAdder();
    private final LongAdder fetched = new LongAdder();
    private volatile boolean closed;

    /**
     * What a cache has done and holds.
     *
     * @param servedBytes given to readers without asking a source
     * @param fetchedBytes kept after they were fetched
     */
    public record Statistics(long servedBytes, long fetchedBytes, long memoryBytes, long diskBytes) {}

    private BlockCache(long memoryBytes, @Nullable CacheFolder folder) {
        this.memory = new Shelf<>(memoryBytes);
        this.folder = folder;
        this.writer = folder == null
                ? null
                : Thread.ofPlatform().daemon().name("millrace-cache-writer").unstarted(() -> writeInto(folder));
    }

    /** A cache that lives in memory only. */
    public static BlockCache inMemory(long bytes) {
        return new BlockCache(bytes, null);
    }

    /**
     * A cache in memory and in a folder, with what is there already.
     *
     * @param root made if it is not there; used by one process at a time
     * @throws IOException if the folder cannot be read or made
     */
    public static BlockCache inFolder(long memoryBytes, Path root, long diskBytes) throws IOException {
        BlockCache cache = new BlockCache(memoryBytes, CacheFolder.open(root, diskBytes));
        if (cache.writer != null) {
            cache.writer.start();
        }
        return cache;
    }

    /** The unit, or null; never waits for a source. */
    byte @Nullable [] get(CacheKey key, int length) {
        byte[] content;
        synchronized (memory) {
            content = memory.get(key);
        }
        if (content == null && folder != null) {
            content = folder.read(key, length);
            if (content != null) {
                keep(key, content);
            }
        }
        if (content != null) {
            served.add(content.length);
        }
        return content;
    }

    boolean contains(CacheKey key) {
        synchronized (memory) {
            if (memory.contains(key)) {
                return true;
            }
        }
        return folder != null && folder.contains(key);
    }

    void put(CacheKey key, byte[] content) {
        fetched.add(content.length);
        keep(key, content);
        if (folder != null && !closed) {
            boolean _ = unwritten.offer(new Unwritten(key, content));
        }
    }

    private void keep(CacheKey key, byte[] content) {
        synchronized (memory) {
            memory.put(key, content, content.length);
        }
    }

    /** Who fetches which unit at this moment. */
    ConcurrentHashMap<CacheKey, Flight> flights() {
        return flights;
    }

    public Statistics statistics() {
        long memoryBytes;
        synchronized (memory) {
            memoryBytes = memory.bytes();
        }
        return new Statistics(served.sum(), fetched.sum(), memoryBytes, folder == null ? 0 : folder.bytes());
    }

    private void writeInto(CacheFolder target) {
        try {
            while (!closed || !unwritten.isEmpty()) {
                Unwritten next = unwritten.poll(100, TimeUnit.MILLISECONDS);
                if (next != null) {
                    target.write(next.key, next.content);
                }
            }
        } catch (InterruptedException e) {
            // Told to stop before all was written: what is missing is fetched again some day.
        }
    }

    /** Writes what still waits, for 2 s at most. */
    @Override
    public void close() {
        closed = true;
        if (writer == null) {
            return;
        }
        try {
            if (!writer.join(LAST_WRITES)) {
                writer.interrupt();
            }
        } catch (InterruptedException e) {
            writer.interrupt();
            Thread.currentThread().interrupt();
        }
    }
}
