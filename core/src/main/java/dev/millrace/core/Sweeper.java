package dev.millrace.core;

import java.time.Duration;
import java.util.Iterator;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One shared thread that nudges every registered cursor which has been waiting for a whole period.
 *
 * <p>It is for heartbeats: a reader whose {@link Cursor#take} returns empty sends one, and waits again.
 *
 * <h2>How it works</h2>
 *
 * A cursor counts its waits in a plain number, odd while it waits. Four times in each period the sweeper looks at all
 * numbers. One that is odd and the same as in the four passes before belongs to a cursor that has waited without a break
 * for at least a period; the nudge comes after one to one and a quarter periods. So a cursor registers nothing when it
 * waits and cancels nothing when it wakes, and while events flow a heartbeat costs nothing.
 *
 * <p>Whoever has a clock of his own (a test, say) does not {@link #start} the sweeper, and calls {@link #sweep} four
 * times in each period.
 */
public final class Sweeper implements AutoCloseable {
    private static final int PASSES = 4;

    /** So that an idle period of nanoseconds does not make the thread spin. */
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(1);

    private final Duration pause;
    private final Queue<Watched> watched = new ConcurrentLinkedQueue<>();
    private final ReentrantLock sweeping = new ReentrantLock();
    private final Doorbell stop = new Doorbell();
    private volatile boolean closed;
    private @Nullable Thread thread;

    /**
     * A sweeper that nudges after this time without a break in the wait. Does nothing before {@link #start}.
     *
     * @throws IllegalArgumentException if the time is not positive
     */
    public Sweeper(Duration idle) {
        if (!idle.isPositive()) {
            throw new IllegalArgumentException("an idle period of " + idle);
        }
        Duration quarter = idle.dividedBy(PASSES);
        this.pause = quarter.compareTo(SHORTEST_PAUSE) < 0 ? SHORTEST_PAUSE : quarter;
    }

    /**
     * Starts the thread, a virtual one: it dies with the process.
     *
     * @throws IllegalStateException if it was started before
     */
    public void start() {
        sweeping.lock();
        try {
            if (thread != null) {
                throw new IllegalStateException("started already");
            }
            thread = Thread.ofVirtual().name("millrace-sweeper").start(this::run);
        } finally {
            sweeping.unlock();
        }
    }

    private void run() {
        try {
            while (!closed) {
                if (!stop.await(pause)) {
                    sweep();
                }
            }
        } catch (InterruptedException e) {
            // Nobody has this thread to interrupt it; if somebody finds it all the same, it means: stop.
            Thread.currentThread().interrupt();
        }
    }

    /** Watches the cursor until it is closed. Any thread. */
    public void watch(Cursor<?> cursor) {
        watched.add(new Watched(Objects.requireNonNull(cursor, "cursor")));
    }

    /** One pass over all cursors, of which there are four in a period. Any thread. */
    public void sweep() {
        sweeping.lock();
        try {
            for (Iterator<Watched> all = watched.iterator(); all.hasNext(); ) {
                Watched one = all.next();
                if (one.cursor.closed()) {
                    all.remove();
                } else {
                    one.look();
                }
            }
        } finally {
            sweeping.unlock();
        }
    }

    /** How many cursors are watched, for tests. */
    int size() {
        return watched.size();
    }

    /** Stops the thread and forgets the cursors. Idempotent; any thread. */
    @Override
    public void close() {
        closed = true;
        stop.ring();
        watched.clear();
    }

    /** A cursor, and what the last passes saw of it. */
    private static final class Watched {
        private final Cursor<?> cursor;
        private int seen;
        private int passes;

        Watched(Cursor<?> cursor) {
            this.cursor = cursor;
        }

        void look() {
            int waits = cursor.waits();
            boolean waiting = (waits & 1) == 1;
            passes = waiting && waits == seen ? passes + 1 : 0;
            seen = waits;
            if (passes == PASSES) {
                passes = 0;
                cursor.nudge();
            }
        }
    }
}
