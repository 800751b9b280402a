package dev.millrace.files;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A source whose bytes are kept in a {@link BlockCache}: a second reader costs the source nothing, whether it comes later
 * or at the same time.
 *
 * <p>A lookup is kept, too, for a while: so a player's seek, which is a new request, need not ask the source again. For that
 * long a file that changed at the source is served as it was, as far as it is in the cache; the first block that has to be
 * fetched finds the change out, and the next lookup is a real one.
 *
 * <p>Files without a strong tag are not cached, since nothing tells their versions apart.
 */
public final class CachedSource implements Source {
    private static final int MOST_LOOKUPS = 1000;
    private static final int STRIPES = 64;

    /** For how long one reader waits for what another is to bring and does not. */
    private static final Duration PATIENCE = Duration.ofMillis(100);

    private final String name;
    private final Source source;
    private final BlockCache cache;
    private final long keepNanos;
    private final LongSupplier nanoTime;
    private final long patience;

    // By the lock of this map: the file of a path that was looked up a moment ago.
    private final LinkedHashMap<String, Lookup> lookups = new LinkedHashMap<>(16, 0.75f, true);
    private boolean closed;

    /** One lookup of a path at a time; those that wait find what the first has found. */
    private final ReentrantLock[] oneAtATime = new ReentrantLock[STRIPES];

    private record Lookup(SharedFile file, long until) {}

    /**
     * @param name tells the source's files from those of others in the same cache; the same after a restart
     * @param source closed with this one
     * @param cache not closed with this one
     * @param keepLookups how long a lookup is good for; zero for one request
     */
    public CachedSource(String name, Source source, BlockCache cache, Duration keepLookups) {
        this(name, source, cache, keepLookups, System::nanoTime, PATIENCE);
    }

    CachedSource(
            String name,
            Source source,
            BlockCache cache,
            Duration keepLookups,
            LongSupplier nanoTime,
            Duration patience) {
        this.name = name;
        this.source = source;
        this.cache = cache;
        this.keepNanos = keepLookups.toNanos();
        this.nanoTime = nanoTime;
        this.patience = patience.toNanos();
        for (int i = 0; i < STRIPES; i++) {
            oneAtATime[i] = new ReentrantLock();
        }
    }

    @Override
    public SourceFile open(String path) throws SourceException, InterruptedException {
        return open(path, () -> source.open(path));
    }

    @Override
    public SourceFile open(String path, ByteRange likely) throws SourceException, InterruptedException {
        // Whole units, as the blocks will be.
        ByteRange units = new ByteRange(
                likely.first() & -CacheKey.UNIT, Math.min(likely.last() | (CacheKey.UNIT - 1), Long.MAX_VALUE - 1));
        return open(path, () -> {
            // What is here from before need not come with the answer.
            long most = Math.min(units.length(), Run.MOST_AT_ONCE);
            long missing = cache.missing(CacheKey.file(name, path), units.first(), most);
            if (missing == 0) {
                return source.open(path);
            }
            return source.open(
                    path, missing == most ? units : new ByteRange(units.first(), units.first() + missing - 1));
        });
    }

    /** Past the cache: whoever wants such a file asks for it anew. */
    @Override
    public WholeFile openWhole(String path) throws SourceException, InterruptedException {
        return source.openWhole(path);
    }

    @FunctionalInterface
    private interface RealLookup {
        SourceFile make() throws SourceException, InterruptedException;
    }

    private SourceFile open(String path, RealLookup lookup) throws SourceException, InterruptedException {
        boolean looked = false;
        SharedFile known = known(path);
        if (known == null) {
            ReentrantLock turn = oneAtATime[Math.floorMod(path.hashCode(), STRIPES)];
            turn.lockInterruptibly();
            try {
                known = known(path);
                if (known == null) {
                    known = keep(path, new SharedFile(lookup.make()));
                    looked = true;
                }
            } finally {
                turn.unlock();
            }
        }
        FileInfo info = known.file().info();
        EntityTag tag = info.tag();
        if (tag == null || tag.weak()) {
            return new CachedFile.Uncached(known, looked);
        }
        String version = CacheKey.version(name, path, tag, info.size());
        if (looked) {
            cache.saw(version);
        }
        return new CachedFile(known, looked, version, cache, () -> forget(path), patience);
    }

    /** With a use taken for the caller; null if the path has to be looked up. */
    private @Nullable SharedFile known(String path) {
        synchronized (lookups) {
            Lookup lookup = lookups.get(path);
            if (lookup == null || lookup.until - nanoTime.getAsLong() <= 0) {
                return null;
            }
            lookup.file.use();
            return lookup.file;
        }
    }

    /** The file comes with one use, which is the caller's; the map takes another. */
    private SharedFile keep(String path, SharedFile file) {
        if (keepNanos == 0) {
            return file;
        }
        synchronized (lookups) {
            if (closed) {
                return file;
            }
            file.use();
            let(lookups.put(path, new Lookup(file, nanoTime.getAsLong() + keepNanos)));
            if (lookups.size() > MOST_LOOKUPS) {
                Map.Entry<String, Lookup> eldest = lookups.entrySet().iterator().next();
                let(lookups.remove(eldest.getKey()));
            }
        }
        return file;
    }

    private void forget(String path) {
        synchronized (lookups) {
            let(lookups.remove(path));
        }
    }

    private static void let(@Nullable Lookup lookup) {
        if (lookup != null) {
            lookup.file.leave();
        }
    }

    @Override
    public Access access() {
        return source.access();
    }

    @Override
    public void close() {
        synchronized (lookups) {
            closed = true;
            lookups.values().forEach(CachedSource::let);
            lookups.clear();
        }
        source.close();
    }

    @Override
    public String toString() {
        return source.toString();
    }
}
