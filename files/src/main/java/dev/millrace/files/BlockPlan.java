package dev.millrace.files;

import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * Cuts a range into the blocks to fetch, in order.
 *
 * <p>Sizes ramp up from 64 KiB to 1 MiB (64, 64, 128, 256, 512 KiB, then 1 MiB), because on a slow pipe the time to the
 * first byte is the time that the first block takes: 0.69 s with the ramp against 7.1 s with blocks of 1 MiB, on 0.58
 * MiB/s shared by four fetches. Where the measured rate says that a larger block takes less than 50 ms, the ramp has
 * nothing to win and is skipped. Where a block would flow for more than a second, it is cut smaller.
 *
 * <p>No block crosses a 1 MiB line, and blocks end on 64 KiB lines, so that later readers of the same file ask for the
 * same blocks whatever range they began with. Nothing outside the range is fetched, except what the source's alignment
 * demands.
 *
 * <p>Used by one thread at a time.
 */
final class BlockPlan implements Iterator<Block> {
    /** Blocks end on multiples of this, unless the range ends first. */
    static final int GRID = 64 << 10;

    /** No block crosses a multiple of this; also the largest block. */
    static final int LINE = 1 << 20;

    private static final int[] RAMP = {GRID, GRID, 2 * GRID, 4 * GRID, 8 * GRID};
    private static final double WORTH_RAMPING_SECONDS = 0.050;
    private static final double SLOWEST_BLOCK_SECONDS = 1;

    private final long end;
    private final int maxBytes;
    private final RateMeter rate;
    private long next;
    private int step;

    /** @param fileSize bounds the padding that the source's alignment demands at the range's end */
    BlockPlan(ByteRange range, long fileSize, BlockLimits limits, RateMeter rate) {
        long mask = limits.alignment() - 1L;
        this.next = range.first() & ~mask;
        this.end = Math.min(fileSize, (range.last() + 1 + mask) & ~mask);
        this.maxBytes = limits.maxBytes();
        this.rate = rate;
    }

    @Override
    public boolean hasNext() {
        return next < end;
    }

    /** Where the next block will begin, if there is one. */
    long offset() {
        return next;
    }

    /** Where the last block will end. */
    long end() {
        return end;
    }

    @Override
    public Block next() {
        return next(LINE);
    }

    /** How large the next block should be, in bytes; it may turn out smaller. At least 1 if there is one. */
    int wanted() {
        int size = size(LINE);
        return (int) Math.min(cut(size, maxBytes) - next, end - next);
    }

    /** The next block, of at most so many bytes; at least 64 KiB must be granted. */
    Block next(int granted) {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        int most = Math.min(granted, maxBytes);
        Block block = new Block(next, (int) (Math.min(cut(size(most), most), end) - next));
        next = block.end();
        step++;
        return block;
    }

    /** Where a block of about {@code size} bytes should stop: on the grid, short of the line, within the limit. */
    private long cut(int size, int most) {
        long line = (next / LINE + 1) * LINE;
        long stop = (next + size) / GRID * GRID;
        // From just below a grid line the block before it would be tiny: go on to the next, if the limit lets us.
        if (stop - next < size / 2 && stop + GRID - next <= most) {
            stop += GRID;
        }
        return Math.min(line, stop);
    }

    private int size(int most) {
        return Math.min(Math.min(Math.max(rampSize(), quickSize()), slowSize()), Math.min(most, maxBytes));
    }

    private int rampSize() {
        return step < RAMP.length ? RAMP[step] : LINE;
    }

    /**
     * The largest block that flows within a second once its first byte is here: on a slow pipe what the blocks behind the
     * head have got already is what the head still lacks, so they should be small.
     */
    private int slowSize() {
        double bytes = rate.flowBytesPerSecond() * SLOWEST_BLOCK_SECONDS;
        return bytes == 0 || bytes >= LINE ? LINE : Math.max(GRID, Integer.highestOneBit((int) bytes));
    }

    /** The largest block that takes less than 50 ms at the rate measured so far; 0 if nothing was measured. */
    private int quickSize() {
        double bytes = rate.bytesPerSecond() * WORTH_RAMPING_SECONDS;
        return bytes >= LINE ? LINE : Integer.highestOneBit((int) bytes);
    }
}
