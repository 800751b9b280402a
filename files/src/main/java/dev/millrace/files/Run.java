package dev.millrace.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.TreeSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One long request that brings many blocks, one after the other: a round trip is paid for all of them together, and one
 * connection is enough to bring whatever the way has room for.
 *
 * <p>Blocks remain what is fetched, cached and delivered. Each has a {@link Turn}, and the fetches of the blocks, each on a
 * thread of its own, read their part from the connection when their turn has come; who finds that the connection is
 * elsewhere (the bytes before came from a cache, or it broke off) asks anew, from its own place on. While no block is
 * fetched nothing is read, so a reader that pauses makes the origin wait.
 *
 * <p>The first request is a short one, for a reader who may leave at once. What follows is asked for when as much is missing
 * as comes in a round trip and a quarter, if whoever reads wants it ({@link #goesOn}); so its first byte is here when the
 * last of the request before has come.
 *
 * <p>It is an offer and no promise: for whatever reason a run brings less than a block, the fetch gets the rest by a
 * request of its own, with all its retries. A run that has failed twice is given up.
 *
 * <p>Safe for use by many threads.
 */
public final class Run implements AutoCloseable {
    private static final int MOST_FAILURES = 2;

    /** No request is for more, so that what is here or comes in another way meanwhile is not asked for. */
    static final long MOST_AT_ONCE = 64L << 20;

    /** Asks an origin for bytes. */
    @FunctionalInterface
    interface Opener {
        /**
         * @return the answer, of whose body exactly the bytes from {@code first} up to {@code end} are still to be read
         * @throws SourceException if there is none, or if it does not belong to the version that is read
         */
        Answer open(long first, long end) throws SourceException, InterruptedException;
    }

    /** What a request takes beside the round trip. */
    private static final Duration A_LITTLE = Duration.ofMillis(20);

    /** However long an answer took: it may have been the first of all, which loads classes. */
    private static final double LONGEST_LEAD_SECONDS = 0.5;

    /** So many times as fast as it has read so far a reader may go on. */
    private static final double QUICKER = 2;

    /** The request for what comes after the answer that is read, on its way. */
    private static final class Following {
        final long first;
        final long end;

        @Nullable Answer answer;

        boolean over;

        @Nullable Thread thread;

        Following(long first, long end) {
            this.first = first;
            this.end = end;
        }
    }

    /** What is about to be asked for. */
    private static final class Span {
        final long first;

        /** By the lock. */
        long end;

        Span(long first, long end) {
            this.first = first;
            this.end = end;
        }
    }

    private final Opener opener;
    private final HttpOrigin origin;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // All below by the lock, but for what whose turn it is may do with the answer.
    private final TreeSet<Long> waiting = new TreeSet<>();
    private LongUnaryOperator goesOn = last -> last;
    private LongBinaryOperator within = (first, last) -> last;
    private @Nullable Answer answer;
    private @Nullable Following following;
    private long end;
    private long answerFirst;
    private long answerEnd;
    private long answerSince;
    private @Nullable Span asking;
    private int failures;
    private boolean closed;
    private boolean stopped;
    private long flowed;
    private long flowedNanos;

    /** The place of the answer's next byte; written by whose turn it is. */
    private volatile long next;

    private volatile long progress = System.nanoTime();

    /** When bytes came last, or the head before them; written by whose turn it is. */
    private volatile long flowingSince;

    Run(Opener opener, HttpOrigin origin, long end) {
        this.opener = opener;
        this.origin = origin;
        this.end = end;
        origin.readers(1);
    }

    /** The same, with an answer that is here already. */
    Run(Opener opener, HttpOrigin origin, Answer answer, long first, long end) {
        this(opener, origin, end);
        begins(answer, first, end);
    }

    private void begins(Answer now, long first, long last) {
        long begun = System.nanoTime();
        answer = now;
        answerFirst = first;
        answerSince = begun;
        answerEnd = last;
        next = first;
        flowingSince = begun;
    }

    /** Where these bytes end in the file, as far as is known now. */
    long end() {
        lock.lock();
        try {
            return end;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Who says how far to go on when the first request is nearly over: given where that ends, where the next one is to end;
     * the same for nowhere, now. Asked by any thread, under no lock.
     */
    void goesOn(LongUnaryOperator to) {
        lock.lock();
        try {
            goesOn = to;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Who says which bytes not to ask for, since they are here or come by another request: given where a request would begin
     * and end, where it is to end, as early as where it begins. Asked by any thread, under no lock, and once more when
     * {@link #covers} tells what is about to be asked for.
     */
    void within(LongBinaryOperator bound) {
        lock.lock();
        try {
            within = bound;
        } finally {
            lock.unlock();
        }
    }

    private long bounded(long first, long last) {
        LongBinaryOperator bound;
        lock.lock();
        try {
            bound = within;
        } finally {
            lock.unlock();
        }
        return Math.min(last, bound.applyAsLong(first, last));
    }

    /** Whether this byte was asked for, or is about to be, and has not been read. */
    boolean covers(long offset) {
        lock.lock();
        try {
            boolean coming = answer != null && offset >= next && offset < answerEnd;
            boolean later = following != null && offset >= following.first && offset < following.end;
            boolean asked = asking != null && offset >= asking.first && offset < asking.end;
            return !closed && failures < MOST_FAILURES && (coming || later || asked);
        } finally {
            lock.unlock();
        }
    }

    /** Somebody else asks for what begins there: this run has stood still before it for too long. */
    void leavesFrom(long offset) {
        lock.lock();
        try {
            stopped = true;
            end = Math.min(end, offset);
            answerEnd = Math.min(answerEnd, Math.max(offset, next));
            if (asking != null) {
                asking.end = Math.min(asking.end, Math.max(offset, asking.first));
            }
            if (following != null && following.end > offset) {
                drop(following);
                following = null;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Asks for what follows if that is due. To be called when what {@link #goesOn} depends on has changed. */
    void consider() {
        LongUnaryOperator to;
        long from;
        lock.lock();
        try {
            if (!isDue()) {
                return;
            }
            to = goesOn;
            from = answerEnd;
        } finally {
            lock.unlock();
        }
        long wanted = bounded(from, Math.max(end(), to.applyAsLong(from)));
        if (wanted <= from) {
            return;
        }
        Span mine = new Span(from, wanted);
        lock.lock();
        try {
            if (!isDue() || answerEnd != from) {
                return;
            }
            asking = mine;
        } finally {
            lock.unlock();
        }
        long until = bounded(from, wanted);
        lock.lock();
        try {
            if (asking != mine) {
                return; // Whose turn it is asks meanwhile.
            }
            asking = null;
            until = Math.min(until, mine.end);
            if (until > from && isDue() && answerEnd == from) {
                end = Math.max(end, until);
                Following one = new Following(from, until);
                following = one;
                one.thread = Thread.ofVirtual().name("millrace-run").start(() -> follow(one));
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean isDue() {
        boolean elsewhere = answer == null && (next != answerEnd || answerEnd == 0);
        if (closed || stopped || failures >= MOST_FAILURES || elsewhere || following != null || asking != null) {
            return false;
        }
        Duration roundTrip = origin.usualAnswer();
        double seconds = roundTrip == null
                ? 0
                : roundTrip.plus(roundTrip.dividedBy(4)).plus(A_LITTLE).toNanos() / 1e9;
        return answerEnd - next <= pace() * Math.min(seconds, LONGEST_LEAD_SECONDS);
    }

    /**
     * How fast more may be wanted from now on, in bytes per second: as fast as the way brings them, but not much faster than
     * this answer was read so far. Else the request for what follows would be made long before a slow reader is there, and
     * its connection stand still until the origin loses its patience.
     */
    private double pace() {
        double seconds = (System.nanoTime() - answerSince) / 1e9;
        return Math.min(origin.flow().bytesPerSecond(), QUICKER * (next - answerFirst) / seconds);
    }

    private void follow(Following one) {
        Answer opened = null;
        boolean failed = false;
        try {
            opened = opener.open(one.first, one.end);
        } catch (SourceException e) {
            failed = true; // Whose turn it is then asks anew.
        } catch (InterruptedException e) {
            // Nobody wants it any more.
        }
        boolean wanted;
        lock.lock();
        try {
            wanted = following == one && !closed;
            one.over = true;
            one.answer = wanted ? opened : null;
            failures += failed ? 1 : 0;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (!wanted && opened != null) {
            opened.close();
        }
    }

    /** From here on another run goes on: what was to follow is dropped. */
    void stopsHere() {
        lock.lock();
        try {
            stopped = true;
            drop(following);
            following = null;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Whether it still makes sense to join. */
    boolean isUseful() {
        lock.lock();
        try {
            return !closed && failures < MOST_FAILURES;
        } finally {
            lock.unlock();
        }
    }

    /** A turn for the block at this place; to be left when the block's fetch is over. */
    Turn join(long offset) {
        lock.lock();
        try {
            waiting.add(offset);
        } finally {
            lock.unlock();
        }
        return new Turn(offset);
    }

    /** Stops it; what blocks still lack they get elsewhere. Idempotent; any thread. */
    @Override
    public void close() {
        Answer open;
        lock.lock();
        try {
            if (!closed) {
                origin.readers(-1);
            }
            closed = true;
            open = answer;
            answer = null;
            drop(following);
            following = null;
            // What this was is known for longer than its reader lasts, which holds much.
            goesOn = last -> last;
            within = (first, last) -> last;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (open != null) {
            open.cut();
        }
    }

    private static void drop(@Nullable Following one) {
        if (one != null && one.thread != null) {
            one.thread.interrupt();
        }
        if (one != null && one.answer != null) {
            one.answer.cut();
        }
    }

    /** One block's place in a run. */
    public final class Turn {
        private final long block;

        private Turn(long block) {
            this.block = block;
        }

        /** Which run it is. */
        Run run() {
            return Run.this;
        }

        /** When something came last by this run, or it was asked for; in nanoseconds of {@link System#nanoTime}. */
        long progress() {
            return progress;
        }

        /** The block's fetch is over, however it ended: the next may read. Idempotent. */
        void leave() {
            Answer unused = null;
            lock.lock();
            try {
                waiting.remove(block);
                if (stopped && waiting.isEmpty()) {
                    unused = answer;
                    answer = null;
                }
                changed.signalAll();
            } finally {
                lock.unlock();
            }
            if (unused != null) {
                unused.close();
            }
        }

        /**
         * Puts what comes into a buffer, once it is this block's turn. Gives up, without a word, when no more comes by
         * this run: the buffer's position tells how far it came. An interrupt ends the connection.
         *
         * @param offset of the first byte that is wanted, in the file
         * @param into has as many bytes remaining as are wanted
         */
        void take(long offset, ByteBuffer into, Attempt attempt) throws InterruptedException {
            long waited = System.nanoTime();
            if (!await() || offset >= end()) {
                return;
            }
            Answer open = at(offset, into.remaining());
            if (open == null) {
                return;
            }
            attempt.cameByRun();
            int limit = into.limit();
            int wanted = (int) Math.min(into.remaining(), answerEnd() - offset);
            into.limit(into.position() + wanted);
            boolean well = false;
            boolean broken = false;
            open.limit(origin.fetchTimeout());
            try {
                read(open, into, attempt, Math.max(waited, flowingSince));
                well = true;
            } catch (IOException e) {
                // The rest comes by a request of the block's own, which meets what is wrong itself, if anything is.
                broken = true;
            } finally {
                into.limit(limit);
                moved(open, well, broken);
            }
        }

        /** @param since when there was something to read into, and the block before was over */
        private void read(Answer open, ByteBuffer into, Attempt attempt, long since)
                throws IOException, InterruptedException {
            long last = since;
            long at = next;
            while (into.hasRemaining()) {
                int count = open.read(into);
                if (count < 0) {
                    throw new IOException("ended early");
                }
                long now = System.nanoTime();
                progress = now;
                flowingSince = now;
                at += count;
                next = at;
                tell(count, now - last);
                last = now;
                attempt.arrived(into.position());
                consider();
            }
        }

        /** False if the run is over. */
        private boolean await() throws InterruptedException {
            lock.lockInterruptibly();
            try {
                while (!closed && failures < MOST_FAILURES && waiting.contains(block) && waiting.first() < block) {
                    changed.await();
                }
                return !closed && failures < MOST_FAILURES && waiting.contains(block);
            } finally {
                lock.unlock();
            }
        }

        /** The answer whose next byte is this one, asked for now if need be; null if that is not worth it. */
        private @Nullable Answer at(long offset, int wanted) throws InterruptedException {
            Answer old;
            long until;
            // What this block still lacks is for it to bring, whatever comes after it.
            long own = offset + wanted;
            Span mine = new Span(offset, own);
            lock.lockInterruptibly();
            try {
                while (following != null && following.first == offset && !following.over && !closed) {
                    changed.await();
                }
                if (following != null && following.first == offset && following.answer != null) {
                    Answer followed = following.answer;
                    begins(followed, offset, following.end);
                    following = null;
                    return followed;
                }
                if (answer != null && next == offset) {
                    return answer;
                }
                old = answer;
                answer = null;
                drop(following);
                following = null;
                until = end;
                asking = mine;
                mine.end = Math.max(own, until);
            } finally {
                lock.unlock();
            }
            if (old != null) {
                old.close();
            }
            until = until <= own ? own : bounded(own, until);
            Answer opened = null;
            try {
                if (until > own) {
                    progress = System.nanoTime();
                    opened = opener.open(offset, until);
                } // Else it would bring this block alone.
            } catch (SourceException e) {
                failed();
            } finally {
                if (opened == null) {
                    asksNoMore(mine);
                }
            }
            if (opened == null) {
                return null;
            }
            lock.lock();
            try {
                // Unless somebody has taken over what comes after this block.
                long last = Math.min(until, Math.max(mine.end, own));
                asking = null;
                if (!closed) {
                    begins(opened, offset, last);
                    return opened;
                }
                answerEnd = last;
            } finally {
                lock.unlock();
            }
            opened.close();
            return null;
        }
    }

    private long answerEnd() {
        lock.lock();
        try {
            return answerEnd;
        } finally {
            lock.unlock();
        }
    }

    private void asksNoMore(Span mine) {
        lock.lock();
        try {
            asking = asking == mine ? null : asking;
        } finally {
            lock.unlock();
        }
    }

    private void failed() {
        lock.lock();
        try {
            failures++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * @param well whether the connection can go on
     * @param broken whether that was the origin's doing, and not an interrupt
     */
    private void moved(Answer open, boolean well, boolean broken) {
        boolean done;
        lock.lock();
        try {
            done = !well || next >= answerEnd;
            if (done && answer == open) {
                answer = null;
            }
            if (broken) {
                failures++;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
        if (done) {
            open.close();
        }
    }

    /** By whose turn it is. */
    private void tell(int bytes, long nanos) {
        flowed += bytes;
        flowedNanos += nanos;
        if (Flow.isWorthTelling(flowed, flowedNanos)) {
            origin.flow().saw(flowed, flowedNanos);
            flowed = 0;
            flowedNanos = 0;
        }
    }
}
