package dev.millrace.files;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of buffers that all streams may hold together, and who may hold how many of them.
 *
 * <p>Each stream is guaranteed one block of 64 KiB, so that each makes progress whatever the others do; that is why the
 * number of streams is bounded, and a stream beyond it is refused. The rest is elastic. Of it a stream may hold at most as
 * much as is free (dynamic thresholds, as switches share their buffers among ports): a lone stream gets half of it, k
 * streams that all want more get 1/(k+1) each, and something is left for the next to come. So a paused player keeps what
 * it holds and cannot keep the others from their share. Who was refused is woken when bytes come back, the first one
 * first.
 *
 * <p>Safe for use by many threads. Never waits.
 */
final class ByteBudget {
    /** What each stream is guaranteed. */
    static final int GUARANTEE = BlockPlan.GRID;

    private static final Duration COME_BACK = Duration.ofSeconds(5);

    private final long elastic;
    private final int streams;
    private final Set<Share> refused = new LinkedHashSet<>();
    private long elasticHeld;
    private long guaranteesHeld;
    private int open;

    /**
     * @param total bytes, at least the guarantee of all streams
     * @param streams at most so many at once
     */
    ByteBudget(long total, int streams) {
        if (streams < 1 || total < (long) streams * GUARANTEE) {
            throw new IllegalArgumentException(
                    streams + " streams need at least " + (long) streams * GUARANTEE + " bytes, not " + total);
        }
        this.elastic = total - (long) streams * GUARANTEE;
        this.streams = streams;
    }

    /**
     * A new stream's share.
     *
     * @param more called, by any thread and under no lock, when a reservation that was refused may be worth another try
     * @throws SourceException.Unavailable if there are as many streams as may be
     */
    synchronized Share open(Runnable more) throws SourceException.Unavailable {
        if (open == streams) {
            throw new SourceException.Unavailable("all " + streams + " streams are taken", COME_BACK);
        }
        open++;
        return new Share(more);
    }

    /** How many streams there are. */
    synchronized int openStreams() {
        return open;
    }

    /** Bytes that are reserved, guarantees that are in use included. */
    synchronized long held() {
        return elasticHeld + guaranteesHeld;
    }

    private static int roundUp(int bytes) {
        return Math.max(GUARANTEE, Integer.highestOneBit(Math.max(1, bytes - 1)) << 1);
    }

    /** One stream's part in the budget. */
    final class Share {
        private final Runnable more;
        private long held;
        private boolean guaranteeHeld;
        private boolean closed;
        private boolean left;

        private Share(Runnable more) {
            this.more = more;
        }

        /**
         * Reserves room for a buffer, smaller than wanted if there is no room for more.
         *
         * @param wanted bytes, at most 1 MiB
         * @return null if there is no room now; never null for a share that holds nothing
         */
        @Nullable Reservation reserve(int wanted) {
            return reserve(wanted, GUARANTEE);
        }

        /** Reserves room for so many bytes or none. */
        @Nullable Reservation reserveWhole(int bytes) {
            return reserve(bytes, roundUp(bytes));
        }

        private @Nullable Reservation reserve(int wanted, int least) {
            synchronized (ByteBudget.this) {
                for (int size = roundUp(wanted); size >= least; size >>= 1) {
                    if (held + size <= elastic - elasticHeld) {
                        elasticHeld += size;
                        held += size;
                        return new Reservation(this, size, false);
                    }
                }
                if (!guaranteeHeld && least <= GUARANTEE) {
                    guaranteeHeld = true;
                    guaranteesHeld += GUARANTEE;
                    return new Reservation(this, GUARANTEE, true);
                }
                if (!closed) {
                    refused.add(this);
                }
                return null;
            }
        }

        /** The stream is over: no more is wanted. What it still holds comes back by its reservations. Idempotent. */
        void close() {
            synchronized (ByteBudget.this) {
                closed = true;
                refused.remove(this);
                leaveIfDone();
            }
        }

        private void leaveIfDone() {
            if (closed && !left && held == 0 && !guaranteeHeld) {
                left = true;
                open--;
            }
        }
    }

    /** Room for one buffer. */
    final class Reservation {
        private final Share share;
        private final int bytes;
        private final boolean guaranteed;
        private boolean released;

        private Reservation(Share share, int bytes, boolean guaranteed) {
            this.share = share;
            this.bytes = bytes;
            this.guaranteed = guaranteed;
        }

        int bytes() {
            return bytes;
        }

        /**
         * Gives the room back, once.
         *
         * @throws IllegalStateException the second time
         */
        void release() {
            Share next = null;
            synchronized (ByteBudget.this) {
                if (released) {
                    throw new IllegalStateException("this room was given back before");
                }
                released = true;
                if (guaranteed) {
                    share.guaranteeHeld = false;
                    guaranteesHeld -= bytes;
                } else {
                    share.held -= bytes;
                    elasticHeld -= bytes;
                }
                share.leaveIfDone();
                var waiting = refused.iterator();
                if (waiting.hasNext()) {
                    next = waiting.next();
                    waiting.remove();
                }
            }
            if (next != null) {
                next.more.run();
            }
        }
    }
}
