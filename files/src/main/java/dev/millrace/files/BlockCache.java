package dev.millrace.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
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
    private static final int MOST_FILES = 10_000;

    /** A unit that goes makes room for the next: there are never many buffers between the two. */
    private static final int KEPT_FREE = 4 << 20;

    private static final Duration LAST_WRITES = Duration.ofSeconds(2);

    /** @param unit of which this is an owner */
    private record Unwritten(CacheKey key, Unit unit) {}

    /** A unit that is being fetched. */
    static final class Flight {
        private final Object by;
        private final CompletableFuture<Unit> landing = new CompletableFuture<>();

        /** By this flight's own lock. */
        private int aboard;

        /** @param by who fetches it */
        Flight(Object by) {
            this.by = by;
        }

        boolean isBy(Object other) {
            return by == other;
        }

        /**
         * Waits for the unit, and puts it into a buffer.
         *
         * @return false if who fetched it gave up
         */
        boolean await(ByteBuffer into) throws InterruptedException {
            synchronized (this) {
                if (landing.isDone()) {
                    return false; // What has landed is in the cache; it is not this flight's any more.
                }
                aboard++;
            }
            Unit unit;
            try {
                unit = landing.get();
            } catch (ExecutionException | CancellationException e) {
                return false;
            } catch (InterruptedException e) {
                leave();
                throw e;
            }
            into.put(unit.content());
            unit.drop();
            return true;
        }

        private synchronized void leave() {
            if (landing.isDone() && !landing.isCompletedExceptionally()) {
                landing.join().drop();
            } else {
                aboard--;
            }
        }

        /** Whether somebody waits for it. */
        synchronized boolean isAwaited() {
            return aboard > 0;
        }

        /** By an owner of the unit. */
        synchronized void land(Unit unit) {
            if (!landing.isDone()) {
                unit.share(aboard);
                boolean _ = landing.complete(unit);
            }
        }

        synchronized void giveUp() {
            boolean _ = landing.cancel(false);
        }
    }

    private final Shelf<Unit> memory;
    private final BufferPool pool;
    private final @Nullable CacheFolder folder;
    private final BlockingQueue<Unwritten> unwritten = new ArrayBlockingQueue<>(UNITS_WAITING);
    private final @Nullable Thread writer;
    /** Of each file the version that was seen last. By its own lock. */
    private final LinkedHashMap<String, String> newest = new LinkedHashMap<>(16, 0.75f, true);

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
        this(memoryBytes, folder, new BufferPool(KEPT_FREE));
    }

    /** @param pool for what is kept in memory */
    BlockCache(long memoryBytes, @Nullable CacheFolder folder, BufferPool pool) {
        this.memory = new Shelf<>(memoryBytes);
        this.pool = pool;
        this.folder = folder;
        if (folder != null) {
            folder.found().forEach(this::saw);
        }
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

    /** Puts the unit into a buffer if it is here; never waits for a source. */
    boolean read(CacheKey key, int length, ByteBuffer into) {
        boolean here = readMemory(key, into) || readFolder(key, length, into);
        if (here) {
            served.add(length);
        }
        return here;
    }

    private boolean readMemory(CacheKey key, ByteBuffer into) {
        Unit unit;
        synchronized (memory) {
            unit = memory.get(key);
            if (unit == null) {
                return false;
            }
            unit.share(1);
        }
        into.put(unit.content());
        unit.drop();
        return true;
    }

    private boolean readFolder(CacheKey key, int length, ByteBuffer into) {
        ByteBuffer content = folder == null ? null : folder.read(key, length);
        if (content == null) {
            return false;
        }
        Unit unit = unit(content);
        if (unit != null) {
            keep(key, unit);
            unit.drop();
        }
        into.put(content);
        return true;
    }

    boolean contains(CacheKey key) {
        synchronized (memory) {
            if (memory.contains(key)) {
                return true;
            }
        }
        return folder != null && folder.contains(key);
    }

    /** That this is the version of its file. */
    void saw(String version) {
        synchronized (newest) {
            newest.put(CacheKey.fileOf(version), version);
            if (newest.size() > MOST_FILES) {
                newest.pollFirstEntry();
            }
        }
    }

    /**
     * How much of a range is missing from its beginning on, if the file is still what it was when it was seen last.
     *
     * @param first on the grid of units
     * @return bytes, up to {@code most}; 0 if the first unit is here
     */
    long missing(String file, long first, long most) {
        String version;
        synchronized (newest) {
            version = newest.get(file);
        }
        for (long bytes = 0; version != null && bytes < most; bytes += CacheKey.UNIT) {
            long index = (first + bytes) / CacheKey.UNIT;
            // Where the file's tail begins is not known without its size.
            if (contains(new CacheKey(version, index, false)) || contains(new CacheKey(version, index, true))) {
                return bytes;
            }
        }
        return most;
    }

    /** Keeps what was fetched, and gives it to whoever waits for it. */
    void put(CacheKey key, ByteBuffer content, Flight flight) {
        fetched.add(content.remaining());
        Unit unit = unit(content);
        if (unit == null) {
            boolean _ = flights.remove(key, flight);
            flight.giveUp(); // Who waits for it fetches it.
            return;
        }
        keep(key, unit);
        if (folder != null && !closed) {
            unit.share(1);
            if (!unwritten.offer(new Unwritten(key, unit))) {
                unit.drop();
            }
        }
        boolean _ = flights.remove(key, flight);
        flight.land(unit);
        unit.drop();
    }

    /** Null if there is no memory for it: who has the bytes goes on, and they are not kept. */
    private @Nullable Unit unit(ByteBuffer content) {
        try {
            return new Unit(pool, content);
        } catch (SourceException.Unavailable e) {
            return null;
        }
    }

    private void keep(CacheKey key, Unit unit) {
        List<Shelf.Gone<Unit>> gone;
        synchronized (memory) {
            if (memory.contains(key)) {
                return; // Who looks at it now has the same bytes.
            }
            unit.share(1);
            gone = memory.put(key, unit, unit.bytes());
        }
        gone.forEach(each -> each.value().drop());
    }

    /** Who fetches which unit at this moment. */
    ConcurrentHashMap<CacheKey, Flight> flights() {
        return flights;
    }

    /** Bytes of buffers in use: by what is kept in memory, and by who looks at it or writes it to the folder. */
    long lentBytes() {
        return pool.lentBytes();
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
                    target.write(next.key, next.unit.content());
                    next.unit.drop();
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
