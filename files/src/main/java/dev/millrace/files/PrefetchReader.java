package dev.millrace.files;

import dev.millrace.core.Prefetch;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads a range through a sliding window of blocks that are fetched ahead, and gives each byte away as soon as it is here
 * and its turn.
 *
 * <p>The window ({@link Prefetch}) knows whole blocks only. Beside it this class keeps the same blocks, in the same order,
 * as {@link Filling}s, into which the fetches tell how far they are. The reader takes what is there of the first one; when
 * it has taken all of it, it takes the block itself out of the window, which starts the next fetch.
 *
 * <p>How many blocks may be on their way is the smaller of what {@link Pace} found and what {@link ByteBudget} gives. Both
 * are asked by the window's gate.
 *
 * <p>Each buffer counts its owners: the attempt that fills it, later the window, is one; the reader, while a caller looks
 * at it, another. Who is last gives it back. Locks are taken in this order: the window's, then this reader's, then the
 * budget's. Nothing is given back, and no window is nudged, under a lock.
 */
final class PrefetchReader implements RangeReader {
    /** Below this a block is not late: a second fetch would take as long as the rest of the first. */
    private static final Duration SOONEST_HEDGE = Duration.ofMillis(150);

    /** How often it is told how fast a run flows, in nanoseconds. */
    private static final long WORTH_TELLING = Duration.ofMillis(20).toNanos();

    /** How often a second fetch in waiting looks whether it is due, in nanoseconds. */
    private static final long LOOK_AGAIN = Duration.ofMillis(50).toNanos();

    private final SourceFile file;
    private final ByteRange range;
    private final BufferPool pool;
    private final Experience experience;
    private final LongSupplier nanoTime;
    private final ByteBudget.Share share;
    private final BlockPlan plan;
    private final Prefetch<Filling, Filling.Try> window;

    private volatile @Nullable Prefetch<Filling, Filling.Try> opened;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition progress = lock.newCondition();

    // All below by the lock.
    private final Ahead ahead = new Ahead();
    private final Demand demand;
    private ByteBudget.@Nullable Reservation granted;
    private Filling.@Nullable Try current;
    private boolean waiting;
    private long earlyAt;
    private long earlyBytes;
    private boolean planned;
    private boolean cancelled;
    private boolean closed;

    PrefetchReader(
            SourceFile file,
            ByteRange range,
            Pipeline.Settings settings,
            BufferPool pool,
            ByteBudget budget,
            Experience experience,
            LongSupplier nanoTime)
            throws SourceException.Unavailable {
        this.file = file;
        this.range = range;
        this.pool = pool;
        this.experience = experience;
        this.nanoTime = nanoTime;
        this.plan = new BlockPlan(range, file.info().size(), file.limits(), experience.rate());
        this.demand = new Demand(file, plan, experience, ahead, nanoTime);
        this.share = budget.open(this::nudge);
        experience.pace().streams(1);
        int most = settings.mostConcurrency();
        Prefetch.Builder<Filling, Filling.Try> builder = Prefetch.of(new Fillings(), this::fetch)
                .concurrency(most)
                .window(Demand.WINDOW * most)
                .gate(this::mayFetch)
                .onDiscard(this::disown);
        if (settings.hedgeBudget() > 0) {
            // The budget proper is the source's: see fetch.
            builder.hedge(SOONEST_HEDGE, 1);
        }
        this.window = builder.start();
        this.opened = window;
    }

    // ---- what to fetch, and when; under the window's lock

    private boolean mayFetch() {
        lock.lock();
        try {
            if (cancelled || !demand.mayFetch()) {
                return false;
            }
            granted = share.reserve(plan.wanted());
            if (granted == null) {
                experience.pace().heldBack();
            }
            return granted != null;
        } finally {
            lock.unlock();
        }
    }

    private final class Fillings implements Iterator<Filling> {
        @Override
        public boolean hasNext() {
            boolean more = plan.hasNext();
            if (!more) {
                lock.lock();
                try {
                    planned = true;
                    progress.signalAll();
                } finally {
                    lock.unlock();
                }
            }
            return more;
        }

        @Override
        public Filling next() {
            lock.lock();
            try {
                ByteBudget.Reservation room = granted;
                if (room == null) {
                    throw new NoSuchElementException("nothing was granted");
                }
                granted = null;
                Filling next = demand.next(room, PrefetchReader.this::goOn);
                progress.signalAll();
                return next;
            } finally {
                lock.unlock();
            }
        }
    }

    /** How far a run that ends there is to go on; as far as that for not at all, now. */
    private long goOn(long end) {
        lock.lock();
        try {
            return cancelled ? end : demand.goOn(end);
        } finally {
            lock.unlock();
        }
    }

    /** A reader that has taken more may want what comes next: by no lock. */
    private void consider() {
        Run last;
        lock.lock();
        try {
            last = demand.lastRun();
        } finally {
            lock.unlock();
        }
        if (last != null) {
            last.consider();
        }
    }

    /** By whoever gave bytes back, under no lock. */
    private void nudge() {
        // Null while the constructor still runs; then the stream has something under way, and looks again by itself.
        Prefetch<Filling, Filling.Try> started = opened;
        if (started != null) {
            started.nudge();
        }
    }

    // ---- fetching; each on a thread of its own

    private Filling.Try fetch(Filling filling) throws SourceException, InterruptedException {
        boolean hedge;
        ByteBudget.Reservation room;
        lock.lock();
        try {
            hedge = filling.isClaimed();
            room = filling.takeRoom();
        } finally {
            lock.unlock();
        }
        Run.Turn turn = hedge ? null : filling.turn;
        try {
            return fetch(filling, turn, room, hedge);
        } finally {
            if (turn != null) {
                turn.leave();
            }
        }
    }

    private Filling.Try fetch(
            Filling filling, Run.@Nullable Turn turn, ByteBudget.@Nullable Reservation room, boolean hedge)
            throws SourceException, InterruptedException {
        if (hedge) {
            boolean due = awaitLate(filling);
            room = due && experience.hedges().spend() ? share.reserveWhole(filling.block.length()) : null;
            if (room == null) {
                throw awaitFirst(filling);
            }
        } else {
            experience.hedges().earn();
        }
        if (room == null) {
            throw new InterruptedException("nobody waits for " + filling.block);
        }
        BufferPool.Loan loan;
        try {
            loan = pool.take(filling.block.length());
        } catch (SourceException.Unavailable | RuntimeException | Error e) {
            room.release();
            SourceException failure = e instanceof SourceException known
                    ? known
                    : new SourceException.Failed("no buffer for " + filling.block, e);
            if (!hedge) {
                neverBegan(filling, failure);
            }
            throw failure;
        }
        return fetch(filling, new Filling.Try(loan, room), turn, hedge);
    }

    /** An attempt that never began has ended, too: a second one may be waiting for that. */
    private void neverBegan(Filling filling, SourceException failure) {
        lock.lock();
        try {
            filling.neverBegan(failure);
            demand.fetched();
            progress.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * What is late may not be known yet when a block comes to the head; its siblings tell meanwhile. So a second fetch
     * begins by waiting until it is due by what is known then; false if the first was over before.
     */
    private boolean awaitLate(Filling filling) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!filling.isSettled()) {
                // What a run brings comes in turn; it is late only if nothing comes at all.
                Run.Turn turn = filling.turn;
                Duration late = turn == null ? experience.rate().late(filling.block.length()) : silence();
                long age = turn == null
                        ? nanoTime.getAsLong() - filling.since
                        : Math.min(System.nanoTime() - turn.progress(), nanoTime.getAsLong() - filling.since);
                long left = late == null ? LOOK_AGAIN : late.toNanos() - age;
                if (left <= 0) {
                    return true;
                }
                long _ = progress.awaitNanos(Math.min(left, LOOK_AGAIN));
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** For how long nothing may come by a run before its block is fetched in another way, too. */
    private Duration silence() {
        return SOONEST_HEDGE.plus(file.roundTrip().multipliedBy(RateMeter.LATE_BY));
    }

    /** A second fetch that cannot be afforded is none: it ends as the first does, and says the same. */
    private SourceException awaitFirst(Filling filling) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!filling.isSettled()) {
                progress.await();
            }
            SourceException failure = filling.failure();
            if (failure == null) {
                throw new InterruptedException("the first fetch has brought " + filling.block);
            }
            return failure;
        } finally {
            lock.unlock();
        }
    }

    private Filling.Try fetch(Filling filling, Filling.Try mine, Run.@Nullable Turn turn, boolean hedge)
            throws SourceException, InterruptedException {
        Block block = filling.block;
        Watch watch = new Watch(mine, turn, hedge);
        boolean complete = false;
        boolean last = false;
        begin(filling, mine);
        long start = nanoTime.getAsLong();
        try {
            ByteBuffer buffer = mine.buffer().duplicate();
            file.fetch(block, buffer, watch);
            if (buffer.position() != block.length()) {
                throw new SourceException.Failed("the source gave " + buffer.position() + " bytes for " + block);
            }
            long now = nanoTime.getAsLong();
            watch.measure(block, start, now);
            watch.arrived(block.length());
            complete = true;
            return mine;
        } catch (SourceException e) {
            if (e instanceof SourceException.Unavailable) {
                experience.pace().busy();
            }
            failed(filling, e);
            throw e;
        } finally {
            lock.lock();
            try {
                filling.end(mine, complete);
                if (!hedge) {
                    demand.fetched();
                }
                if (!complete) {
                    last = mine.disown();
                }
                progress.signalAll();
            } finally {
                lock.unlock();
            }
            if (last) {
                mine.giveBack();
            }
        }
    }

    private void begin(Filling filling, Filling.Try mine) {
        lock.lock();
        try {
            filling.begin(mine);
        } finally {
            lock.unlock();
        }
    }

    private void failed(Filling filling, SourceException cause) {
        lock.lock();
        try {
            filling.failed(cause);
        } finally {
            lock.unlock();
        }
    }

    /** Hears how far an attempt is. */
    private final class Watch implements Attempt {
        private final Filling.Try mine;
        private final boolean hedge;
        private volatile long firstAt;
        private volatile int first;
        private volatile boolean fromCache;
        private volatile boolean byRun;

        private final Run.@Nullable Turn turn;

        Watch(Filling.Try mine, Run.@Nullable Turn turn, boolean hedge) {
            this.mine = mine;
            this.turn = turn;
            this.hedge = hedge;
        }

        @Override
        @SuppressWarnings("ThreadPriorityCheck") // a courtesy, on which nothing relies
        public void arrived(int bytes) {
            if (first == 0 && bytes > 0) {
                firstAt = nanoTime.getAsLong();
                first = bytes;
            }
            boolean due;
            boolean awaited;
            lock.lock();
            try {
                if (byRun) {
                    flowed(bytes - mine.arrived());
                }
                mine.arrived(bytes);
                progress.signalAll();
                awaited = waiting && ahead.read() == 0 && isReady();
                due = demand.isDueAgain();
            } finally {
                lock.unlock();
            }
            if (due) {
                nudge();
            }
            if (awaited) {
                // Who waits for them goes first: what comes next would keep this processor busy for a while.
                Thread.yield();
            }
        }

        /** Under the lock. */
        private void flowed(int bytes) {
            long now = nanoTime.getAsLong();
            if (earlyAt == 0) {
                earlyAt = now;
            } else {
                earlyBytes += bytes;
                if (now - earlyAt >= WORTH_TELLING) {
                    experience.rate().flowed(earlyBytes, now - earlyAt);
                    earlyAt = now;
                    earlyBytes = 0;
                }
            }
        }

        @Override
        public boolean isHedge() {
            return hedge;
        }

        @Override
        public Run.@Nullable Turn turn() {
            return turn;
        }

        @Override
        public void cameByRun() {
            byRun = true;
        }

        @Override
        public void fromCache() {
            fromCache = true;
        }

        void measure(Block block, long start, long now) {
            if (fromCache) {
                return;
            }
            experience.pace().fetched(block.length(), now, byRun);
            if (byRun) {
                return;
            }
            if (first > 0) {
                experience.rate().fetched(block.length(), now - start, block.length() - first, now - firstAt);
            } else {
                experience.rate().fetched(block.length(), now - start);
            }
        }
    }

    private void disown(Filling.Try attempt) {
        boolean last;
        lock.lock();
        try {
            last = attempt.disown();
        } finally {
            lock.unlock();
        }
        if (last) {
            attempt.giveBack();
        }
    }

    // ---- reading

    @Override
    public boolean await(Duration patience) throws InterruptedException {
        long left = TimeUnit.NANOSECONDS.convert(patience);
        lock.lockInterruptibly();
        try {
            while (!isReady()) {
                if (left <= 0) {
                    return false;
                }
                waiting = true;
                left = progress.awaitNanos(left);
            }
            return true;
        } finally {
            waiting = false;
            lock.unlock();
        }
    }

    /** Whether the reader need not wait for bytes, the end, or a failure. Under the lock. */
    private boolean isReady() {
        Filling head = ahead.first();
        if (head == null) {
            return cancelled || planned;
        }
        return cancelled
                || head.beyond(Math.max(ahead.taken(), unwantedAtFirst(head.block))) != null
                || head.isSettled();
    }

    @Override
    public @Nullable ByteBuffer next() throws SourceException, InterruptedException {
        giveBackCurrent();
        while (true) {
            ByteBuffer some = take();
            if (some != null) {
                consider();
                return some;
            }
            // The head is over, well or badly, or the plan is: the window knows which.
            Optional<Filling.Try> done = awaitWindow();
            if (done.isEmpty()) {
                return null;
            }
            ByteBuffer rest = moveOn(done.get());
            if (rest != null) {
                return rest;
            }
        }
    }

    /** What is here of the head and was not taken yet; null once the window has to be asked. */
    private @Nullable ByteBuffer take() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                if (cancelled) {
                    throw new CancellationException("this read was cancelled");
                }
                Filling head = ahead.first();
                if (head == null) {
                    if (planned) {
                        return null;
                    }
                } else {
                    int taken = Math.max(ahead.taken(), unwantedAtFirst(head.block));
                    int end = wantedEnd(head.block);
                    Filling.Try best = head.beyond(taken);
                    if (best != null && taken < end) {
                        best.own();
                        current = best;
                        demand.taking();
                        ByteBuffer some = slice(best, taken, Math.min(best.arrived(), end));
                        ahead.taken(some.limit());
                        return some;
                    }
                    if (head.isSettled()) {
                        return null;
                    }
                }
                waiting = true;
                progress.await();
            }
        } finally {
            waiting = false;
            lock.unlock();
        }
    }

    private int wantedEnd(Block block) {
        return (int) (Math.min(range.last() + 1, block.end()) - block.offset());
    }

    /** The source's alignment may have made the first block begin before what is wanted of it. */
    private int unwantedAtFirst(Block block) {
        return (int) Math.max(0, range.first() - block.offset());
    }

    /**
     * The window has given the head away, and its buffer is the reader's. Usually all of it was taken before; if a second
     * fetch brought it after the first had failed, the rest is taken now.
     */
    private @Nullable ByteBuffer moveOn(Filling.Try done) {
        lock.lock();
        try {
            int taken = ahead.taken();
            Block block = ahead.removeFirst().block;
            int from = Math.max(taken, unwantedAtFirst(block));
            if (from < wantedEnd(block)) {
                current = done;
                return slice(done, from, wantedEnd(block));
            }
        } finally {
            lock.unlock();
        }
        disown(done);
        window.nudge();
        return null;
    }

    private static ByteBuffer slice(Filling.Try attempt, int from, int to) {
        return attempt.buffer().duplicate().clear().limit(to).position(from);
    }

    private Optional<Filling.Try> awaitWindow() throws SourceException, InterruptedException {
        try {
            return window.next();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case SourceException source -> throw source;
                case RuntimeException bug -> throw bug;
                case Error error -> throw error;
                case null, default -> throw new SourceException.Failed("a fetch ended unexpectedly", e.getCause());
            }
        }
    }

    @Override
    public void cancel() {
        List<ByteBudget.Reservation> unused = new ArrayList<>();
        List<Run> stopped;
        lock.lock();
        try {
            cancelled = true;
            if (granted != null) {
                unused.add(granted);
                granted = null;
            }
            unused.addAll(ahead.takeRooms());
            stopped = demand.runs();
            progress.signalAll();
        } finally {
            lock.unlock();
        }
        stopped.forEach(Run::close);
        unused.forEach(ByteBudget.Reservation::release);
        window.close();
    }

    @Override
    public void close() {
        cancel();
        giveBackCurrent();
        share.close();
        if (!closed) {
            closed = true;
            experience.pace().streams(-1);
        }
    }

    private void giveBackCurrent() {
        Filling.Try shown = current;
        if (shown != null) {
            current = null;
            disown(shown);
            // What was refused to this stream while it held this buffer may be had now.
            window.nudge();
        }
    }
}
