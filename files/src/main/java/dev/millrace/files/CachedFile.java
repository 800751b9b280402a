package dev.millrace.files;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One version of a file, from the cache where it is there, else from its source, and then into the cache.
 *
 * <p>One fetch at a time for each unit: who comes second waits for the unit, not for the block that it is part of. If the
 * first goes away, one of those who waited fetches. A hedge waits for nobody.
 */
final class CachedFile implements SourceFile {
    private final SharedFile shared;
    private final SourceFile source;
    private final String version;
    private final BlockCache cache;
    private final Runnable onChanged;
    private final long patience;
    private final FileInfo info;
    private final BlockLimits limits;
    private final boolean looked;
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * @param looked whether it was looked up for this reader, so that what came with the answer goes with it
     * @param patience for how long another's run may stand still before a unit that it is to bring, in nanoseconds
     */
    CachedFile(SharedFile shared, boolean looked, String version, BlockCache cache, Runnable onChanged, long patience) {
        this.shared = shared;
        this.looked = looked;
        this.source = shared.file();
        this.version = version;
        this.cache = cache;
        this.onChanged = onChanged;
        this.patience = patience;
        this.info = source.info();
        // Whole units only: what is fetched beyond a range is what its next reader begins with.
        this.limits = new BlockLimits(source.limits().maxBytes(), CacheKey.UNIT);
    }

    @Override
    public FileInfo info() {
        return info;
    }

    @Override
    public BlockLimits limits() {
        return limits;
    }

    @Override
    public Duration roundTrip() {
        return source.roundTrip();
    }

    @Override
    public @Nullable Run headStart() {
        return looked ? known(shared.headStart()) : null;
    }

    @Override
    public @Nullable Run run(long first, long end, boolean mayLeave) {
        return known(source.run(first, end, mayLeave));
    }

    private @Nullable Run known(@Nullable Run run) {
        if (run != null) {
            shared.add(run, this);
            run.within(this::unknown);
        }
        return run;
    }

    /** Where the next unit begins that need not be asked for: it is here, or somebody else brings it. */
    private long unknown(long first, long last) {
        long stop = Math.min(last, first + Run.MOST_AT_ONCE);
        for (long at = first; at < stop; at += CacheKey.UNIT) {
            CacheKey key = key(at);
            BlockCache.Flight flight = cache.flights().get(key);
            if ((flight != null && !flight.isBy(this)) || cache.contains(key) || shared.covering(at, this) != null) {
                return at;
            }
        }
        return stop;
    }

    @Override
    public void fetch(Block block, ByteBuffer into, Attempt attempt) throws SourceException, InterruptedException {
        if (closed.get()) {
            throw new SourceException.Failed("closed while it was read: " + FilePath.printable(info.name()));
        }
        ByteBuffer window = into.slice(into.position(), block.length());
        boolean asked = false;
        while (window.hasRemaining()) {
            long at = block.offset() + window.position();
            boolean here = cache.read(key(at), CacheKey.length(at, info.size()), window);
            if (!here) {
                asked = true;
                here = !attempt.isHedge() && other(at, window);
            }
            if (here) {
                attempt.arrived(window.position());
            } else {
                fetchRun(block, window, attempt);
            }
        }
        if (!asked) {
            attempt.fromCache();
        }
        into.position(into.position() + block.length());
    }

    private CacheKey key(long at) {
        return CacheKey.at(version, at, info.size());
    }

    /** What another reader fetches at this moment, or is about to; false if none does, or if it gave up. */
    private boolean other(long at, ByteBuffer into) throws InterruptedException {
        BlockCache.Flight flight = flight(at);
        return flight != null && flight.await(into);
    }

    /**
     * What another's run is to bring is waited for, but not for long: that reader may pause, or be slower than this one.
     * Then its run ends here, and this reader asks for what follows.
     */
    private BlockCache.@Nullable Flight flight(long at) throws InterruptedException {
        long since = System.nanoTime();
        while (true) {
            long seen = shared.told();
            BlockCache.Flight flight = cache.flights().get(key(at));
            Run other = flight == null ? shared.covering(at, this) : null;
            if (other == null || cache.contains(key(at))) {
                return flight;
            }
            long left = patience - (System.nanoTime() - since);
            if (left <= 0) {
                other.leavesFrom(at);
                return null;
            }
            shared.await(seen, left);
        }
    }

    /** Fetches from here to the next unit that is in the cache or under way. */
    private void fetchRun(Block block, ByteBuffer window, Attempt attempt)
            throws SourceException, InterruptedException {
        int from = window.position();
        long start = block.offset() + from;
        Units run = new Units(start);
        long end = start;
        while (end < block.end()) {
            CacheKey key = key(end);
            if (end > start && (cache.contains(key) || isOthers(end, attempt))) {
                break;
            }
            if (!run.claim(key, attempt.isHedge())) {
                break;
            }
            end += CacheKey.length(end, info.size());
        }
        // After the claim: whoever is about to ask for the same looks at claims after it has said so.
        if (end == start || isOthers(start, attempt)) {
            run.end();
            return; // Someone else was quicker: look again.
        }
        ByteBuffer target = window.slice(from, (int) (end - start));
        try {
            source.fetch(new Block(start, (int) (end - start)), target, new Attempt() {
                @Override
                public void arrived(int bytes) {
                    attempt.arrived(from + bytes);
                    run.arrived(target, bytes);
                }

                @Override
                public boolean isHedge() {
                    return attempt.isHedge();
                }

                @Override
                public Run.@Nullable Turn turn() {
                    return attempt.turn();
                }

                @Override
                public void cameByRun() {
                    attempt.cameByRun();
                }
            });
            run.arrived(target, target.capacity());
            window.position((int) (end - block.offset()));
            attempt.arrived(window.position());
        } catch (SourceException.Changed e) {
            onChanged.run();
            throw e;
        } finally {
            run.end();
        }
    }

    private boolean isOthers(long at, Attempt attempt) {
        return !attempt.isHedge() && shared.covering(at, this) != null;
    }

    /** Units that are fetched in one go. */
    private final class Units {
        private final long start;
        private final List<CacheKey> keys = new ArrayList<>();
        private final List<BlockCache.Flight> flights = new ArrayList<>();
        private int done;

        Units(long start) {
            this.start = start;
        }

        boolean claim(CacheKey key, boolean whateverOthersDo) {
            BlockCache.Flight flight = new BlockCache.Flight(CachedFile.this);
            if (cache.flights().putIfAbsent(key, flight) != null && !whateverOthersDo) {
                return false;
            }
            // Who had the unit under way before may have landed it since we looked.
            if (!whateverOthersDo && cache.contains(key)) {
                cache.flights().remove(key, flight);
                flight.giveUp();
                return false;
            }
            keys.add(key);
            flights.add(flight);
            shared.tell();
            return true;
        }

        synchronized void arrived(ByteBuffer target, int bytes) {
            while (done < keys.size()) {
                int offset = done * CacheKey.UNIT;
                int length = CacheKey.length(start + offset, info.size());
                if (offset + length > bytes) {
                    return;
                }
                cache.put(keys.get(done), target.slice(offset, length), flights.get(done));
                done++;
            }
        }

        synchronized void end() {
            for (int i = done; i < keys.size(); i++) {
                cache.flights().remove(keys.get(i), flights.get(i));
                flights.get(i).giveUp();
            }
            done = keys.size();
        }
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            if (looked) {
                shared.dropHeadStart();
            }
            shared.tell();
            shared.leave();
        }
    }

    /** A file whose versions cannot be told apart, straight from its source. */
    static final class Uncached implements SourceFile {
        private final SharedFile shared;
        private final boolean looked;
        private final AtomicBoolean closed = new AtomicBoolean();

        Uncached(SharedFile shared, boolean looked) {
            this.shared = shared;
            this.looked = looked;
        }

        @Override
        public @Nullable Run headStart() {
            return looked ? shared.headStart() : null;
        }

        @Override
        public @Nullable Run run(long first, long end, boolean mayLeave) {
            return shared.file().run(first, end, mayLeave);
        }

        @Override
        public FileInfo info() {
            return shared.file().info();
        }

        @Override
        public BlockLimits limits() {
            return shared.file().limits();
        }

        @Override
        public Duration roundTrip() {
            return shared.file().roundTrip();
        }

        @Override
        public void fetch(Block block, ByteBuffer into, Attempt attempt) throws SourceException, InterruptedException {
            shared.file().fetch(block, into, attempt);
        }

        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                if (looked) {
                    shared.dropHeadStart();
                }
                shared.leave();
            }
        }
    }
}
