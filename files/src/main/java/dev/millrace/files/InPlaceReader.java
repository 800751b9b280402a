package dev.millrace.files;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Reads one block after the other through one buffer, on the reader's own thread: for files whose fetches cost no more
 * than the copy, so that there is nothing to overlap and nothing that waits for long.
 */
final class InPlaceReader implements RangeReader {
    /** Half of it costs more processor time: see docs/files.md. */
    private static final int BUFFER_BYTES = BlockPlan.LINE;

    private final SourceFile file;
    private final BufferPool pool;
    private final ByteBudget.Share share;
    private ByteBudget.@Nullable Reservation room;
    private final long end;
    private BufferPool.@Nullable Loan loan;
    private long next;
    private volatile boolean cancelled;

    InPlaceReader(SourceFile file, ByteRange range, BufferPool pool, ByteBudget budget)
            throws SourceException.Unavailable {
        this.file = file;
        this.pool = pool;
        this.share = budget.open(() -> {});
        this.next = range.first();
        this.end = range.last() + 1;
    }

    @Override
    public @Nullable ByteBuffer next() throws SourceException, InterruptedException {
        if (cancelled) {
            throw new CancellationException("this read was cancelled");
        }
        if (next == end) {
            return null;
        }
        if (loan == null) {
            room = share.reserve((int) Math.min(BUFFER_BYTES, end - next));
            loan = pool.take((int) Math.min(room == null ? ByteBudget.GUARANTEE : room.bytes(), end - next));
        }
        ByteBuffer buffer = loan.buffer().clear();
        Block block = new Block(next, (int) Math.min(Math.min(BUFFER_BYTES, buffer.capacity()), end - next));
        file.fetch(block, buffer.limit(block.length()));
        next = block.end();
        return buffer.flip();
    }

    @Override
    public boolean await(Duration patience) {
        return true;
    }

    @Override
    public void cancel() {
        cancelled = true;
    }

    @Override
    public void close() {
        cancel();
        if (loan != null) {
            loan.giveBack();
            loan = null;
        }
        if (room != null) {
            room.release();
            room = null;
        }
        share.close();
    }
}
