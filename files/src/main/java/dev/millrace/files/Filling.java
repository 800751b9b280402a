package dev.millrace.files;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A block on its way: the attempts to fetch it, and how much of it is here. Everything is guarded by the lock of the
 * {@link PrefetchReader} that it belongs to.
 */
final class Filling {
    final Block block;

    /** When its first fetch began, in nanoseconds of the reader's clock. */
    final long since;

    /** Room for the first attempt's buffer, until that takes it over. */
    private ByteBudget.@Nullable Reservation room;

    /** Its place in a run; null if it is asked for by itself. */
    final Run.@Nullable Turn turn;

    private final List<Try> running = new ArrayList<>(1);
    private @Nullable Try whole;
    private @Nullable SourceException failure;
    private boolean claimed;
    private boolean ended;

    Filling(Block block, Run.@Nullable Turn turn, ByteBudget.Reservation room, long since) {
        this.block = block;
        this.turn = turn;
        this.since = since;
        this.room = room;
    }

    /** Takes what was kept for the first attempt; null if that has been done, or if nobody waits for this block. */
    ByteBudget.@Nullable Reservation takeRoom() {
        ByteBudget.Reservation mine = room;
        room = null;
        claimed = true;
        return mine;
    }

    /** Whether an attempt that begins now is not the first. */
    boolean isClaimed() {
        return claimed;
    }

    void begin(Try attempt) {
        running.add(attempt);
    }

    void failed(SourceException cause) {
        failure = cause;
    }

    /** The first attempt has failed before it began. */
    void neverBegan(SourceException cause) {
        failure = cause;
        ended = true;
    }

    /** Why the attempt that ended last has failed, if it has. */
    @Nullable SourceException failure() {
        return failure;
    }

    /** The attempt is over; the first that brought the whole block is the one that counts. */
    void end(Try attempt, boolean complete) {
        running.remove(attempt);
        ended = true;
        if (complete && whole == null) {
            whole = attempt;
        }
    }

    /** Whether nothing more will come by itself: the block is whole, or every attempt so far has failed. */
    boolean isSettled() {
        return whole != null || (ended && running.isEmpty());
    }

    /** The attempt that has brought most so far, if one has brought more than {@code bytes}. */
    @Nullable Try beyond(int bytes) {
        if (whole != null) {
            return whole.arrived > bytes ? whole : null;
        }
        Try best = null;
        for (Try attempt : running) {
            if (attempt.arrived > Math.max(bytes, best == null ? 0 : best.arrived)) {
                best = attempt;
            }
        }
        return best;
    }

    /** Bytes that are still on their way. */
    int missing() {
        if (isSettled()) {
            return 0;
        }
        Try best = beyond(0);
        return block.length() - (best == null ? 0 : best.arrived);
    }

    /** One attempt and its buffer, which has as many owners as {@code owners} says: the attempt itself, and the reader. */
    static final class Try {
        private final BufferPool.Loan loan;
        private final ByteBudget.Reservation room;
        private int owners = 1;
        private int arrived;

        Try(BufferPool.Loan loan, ByteBudget.Reservation room) {
            this.loan = loan;
            this.room = room;
        }

        void arrived(int bytes) {
            arrived = Math.max(arrived, bytes);
        }

        int arrived() {
            return arrived;
        }

        ByteBuffer buffer() {
            return loan.buffer();
        }

        void own() {
            owners++;
        }

        /** True if that was the last owner: then {@link #giveBack} is due, without the lock. */
        boolean disown() {
            return --owners == 0;
        }

        void giveBack() {
            loan.giveBack();
            room.release();
        }
    }
}
