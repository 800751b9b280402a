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

    /** More than comes in this time is not asked for: it would only come later if it had to share with still more. */
    private static final Duration LONG_ENOUGH = Duration.ofSeconds(1);

    /** However few fetches there are at once, so many times {@link #WINDOW} blocks may be here or on their way. */
    private static final int FEWEST = 2;

    /** What a request takes beside the round trip. */
    private static final Duration A_LITTLE = Duration.ofMillis(20);

    /**
     * What is read ahead of a reader by one run at first, in bytes, and more as it takes more. Much at once would keep the
     * processor from the player, and cost the origin more of who only takes a look.
     */
    private static final long AHEAD_AT_FIRST = BlockPlan.LINE / 2;

    /** And at most. */
    private static final long AHEAD = 4L * BlockPlan.LINE;

    /** What one request of each of many readers is for at least, in bytes. */
    private static final long SHARE = 2L * BlockPlan.LINE;

    /** A trial may cost a round trip: a stream that has lasted for so many loses little by it. */
    private static final int ROUND_TRIPS_TO_TRY = 8;

    /** Who has taken more than this has not only looked at what kind of file it is. */
    private static final long A_LOOK = 128 << 10;

    /** What a player begins with: it is not kept waiting by the next request, which would take its share of the processor. */
    private static final long A_START = 2L * BlockPlan.LINE;

    /** Blocks in flight or undelivered for each fetch in flight: see the reference in {@link Prefetch}. */
    private static final int WINDOW = 3;

    private final SourceFile file;
    private final ByteRange range;
    private final BufferPool pool;
    private final Experience experience;
    private final LongSupplier nanoTime;
    private final long since;
    private final ByteBudget.Share share;
    private final BlockPlan plan;
    private final Prefetch<Filling, Filling.Try> window;

    private volatile @Nullable Prefetch<Filling, Filling.Try> opened;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition progress = lock.newCondition();

    // All below by the lock.
    private final Ahead ahead = new Ahead();
    private final List<Run> runs = new ArrayList<>(2);
    private boolean begun;
    private long delivered;
    private ByteBudget.@Nullable Reservation granted;
    private Filling.@Nullable Try current;
    private int fetching;
    private boolean waiting;
    private long firstTaken;
    private boolean held;
    private long enough;
    private long earlyAt;
    private long earlyBytes;
    private int taken;
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
        this.since = nanoTime.getAsLong();
        this.plan = new BlockPlan(range, file.info().size(), file.limits(), experience.rate());
        this.share = budget.open(this::nudge);
        experience.pace().streams(1);
        int most = settings.mostConcurrency();
        Prefetch.Builder<Filling, Filling.Try> builder = Prefetch.of(new Fillings(), this::fetch)
                .concurrency(most)
                .window(WINDOW * most)
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
            if (cancelled) {
                return false;
            }
            held = false;
            boolean go = run() != null ? mayJoin() : mayAsk();
            if (!go) {
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

    /** The run that brings the next block, if there is one. Under the lock. */
    private @Nullable Run run() {
        Run last = runs.isEmpty() ? null : runs.getLast();
        return last != null && plan.offset() < last.end() && last.isUseful() ? last : null;
    }

    /** A block more of the same run costs no request; but a reader that is slow, or has just begun, needs few of them. */
    private boolean mayJoin() {
        boolean go =
                ahead.isEmpty() || ahead.bytes(taken) + plan.wanted() <= Math.min(AHEAD, AHEAD_AT_FIRST + delivered);
        if (!go && ahead.missing() == 0) {
            experience.pace().heldBack();
        }
        return go;
    }

    /** Whether the next request may be made. Under the lock. */
    private boolean mayAsk() {
        int limit = experience.pace().limit();
        int byRun = ahead.byRun();
        // However many blocks a run's connection brings, it is one.
        int ways = fetching - Math.max(0, byRun - 1);
        boolean alone = byRun > 0 && !experience.pace().together();
        // What was asked for, and not what is left of it: until a block is over, nobody knows how fast the way is.
        if (!alone && (ways >= limit && ahead.asked() >= worthInFlight(limit))) {
            return false;
        }
        enough = experience.rate().within(alone ? lookAhead() : LONG_ENOUGH, ways);
        held = ahead.missing() > enough || (alone && !experience.rate().isKnown());
        boolean full = alone ? ahead.bytes(taken) >= AHEAD : ahead.size() >= WINDOW * Math.max(limit, FEWEST);
        if (held || full) {
            experience.pace().heldBack();
            return false;
        }
        return true;
    }

    /**
     * While a run's connection brings bytes, it is presumed to have all of the way: whatever else is asked
     * for would take from them. So it is asked for just early enough to come when they have come.
     */
    private Duration lookAhead() {
        Duration roundTrip = file.roundTrip();
        return roundTrip.plus(roundTrip.dividedBy(4)).plus(A_LITTLE);
    }

    /**
     * N is found with blocks of 1 MiB. Where a round trip is long and the blocks are still small, N of them are less than
     * what comes in one round trip, and the way would be idle for most of it; so there may be more of them.
     */
    private long worthInFlight(int limit) {
        return Math.min((long) limit * BlockPlan.LINE, experience.rate().perRoundTrip(file.roundTrip(), limit));
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
                Block block = plan.next(room.bytes());
                Run run = begin(block);
                Filling filling =
                        new Filling(block, run == null ? null : run.join(block.offset()), room, nanoTime.getAsLong());
                ahead.add(filling);
                fetching++;
                progress.signalAll();
                return filling;
            } finally {
                lock.unlock();
            }
        }
    }

    /** The run by which a block comes: the last, or one that begins with it, or none. Under the lock. */
    private @Nullable Run begin(Block block) {
        Run last = runs.isEmpty() ? null : runs.getLast();
        if (last != null && block.offset() < last.end() && last.isUseful()) {
            return last;
        }
        if (last != null) {
            last.stopsHere();
        }
        Run next = begun ? null : file.headStart();
        if (next == null && experience.pace().goesAlone(begun && mayTry(), file.roundTrip())) {
            next = file.run(block.offset(), Math.min(plan.end(), block.offset() + share()), !begun);
        }
        begun = true;
        if (next != null) {
            next.goesOn(this::goOn);
            runs.add(next);
        }
        return next;
    }

    /** What a request may be for: origins send what nobody wants any more, as far as the buffers on the way go. */
    private long share() {
        return Math.max(SHARE, Run.MOST_AT_ONCE / Math.max(1, experience.pace().streams()));
    }

    private boolean mayTry() {
        return nanoTime.getAsLong() - since
                >= ROUND_TRIPS_TO_TRY * file.roundTrip().toNanos();
    }

    /** How far a run that ends there is to go on; as far as that for not at all, now. */
    private long goOn(long end) {
        lock.lock();
        try {
            // What was asked for in another way meanwhile is not to be asked for twice.
            boolean stays = !cancelled && hasBegun() && plan.offset() <= end;
            boolean on = stays && experience.pace().goesAlone(mayTry(), file.roundTrip());
            return on ? Math.max(end, Math.min(plan.end(), end + share())) : end;
        } finally {
            lock.unlock();
        }
    }

    /** Whether this reader will stay, and has what it begins with, unless that comes slowly. Under the lock. */
    private boolean hasBegun() {
        long all = delivered + taken;
        return all >= A_START || (all >= A_LOOK && nanoTime.getAsLong() - firstTaken >= A_LITTLE.toNanos());
    }

    /** A reader that has taken more may want what comes next: by no lock. */
    private void consider() {
        Run last;
        lock.lock();
        try {
            last = runs.isEmpty() ? null : runs.getLast();
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
            fetching--;
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
                    fetching--;
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
            boolean fewer;
            boolean awaited;
            lock.lock();
            try {
                if (byRun) {
                    flowed(bytes - mine.arrived());
                }
                mine.arrived(bytes);
                progress.signalAll();
                awaited = waiting && delivered + taken == 0 && isReady();
                fewer = held && ahead.missing() <= enough;
                held &= !fewer;
            } finally {
                lock.unlock();
            }
            if (fewer) {
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
        return cancelled || head.beyond(Math.max(taken, unwantedAtFirst(head.block))) != null || head.isSettled();
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
                    taken = Math.max(taken, unwantedAtFirst(head.block));
                    int end = wantedEnd(head.block);
                    Filling.Try best = head.beyond(taken);
                    if (best != null && taken < end) {
                        best.own();
                        current = best;
                        firstTaken = firstTaken == 0 ? nanoTime.getAsLong() : firstTaken;
                        ByteBuffer some = slice(best, taken, Math.min(best.arrived(), end));
                        taken = some.limit();
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
            Block block = ahead.removeFirst().block;
            delivered += block.length();
            int from = Math.max(taken, unwantedAtFirst(block));
            taken = 0;
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
            stopped = List.copyOf(runs);
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
