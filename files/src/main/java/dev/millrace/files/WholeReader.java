package dev.millrace.files;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a {@link WholeFile} through one buffer of 64 KiB, on the reader's own thread: while that does not come for more,
 * the origin waits. One of the streams that there may be.
 */
public final class WholeReader implements AutoCloseable {
    private final WholeFile file;
    private final BufferPool pool;
    private final ByteBudget.Share share;
    private ByteBudget.@Nullable Reservation room;
    private BufferPool.@Nullable Loan loan;

    WholeReader(WholeFile file, BufferPool pool, ByteBudget budget) throws SourceException.Unavailable {
        this.file = file;
        this.pool = pool;
        this.share = budget.open(() -> {});
    }

    /**
     * The next bytes, at least one; null after the last. Waits for them. The buffer is the reader's own: it is valid until
     * the next call or {@link #close}.
     *
     * @throws SourceException if the source failed; every byte before was right, and no more will come
     */
    public @Nullable ByteBuffer next() throws SourceException, InterruptedException {
        if (loan == null) {
            room = share.reserve(ByteBudget.GUARANTEE);
            loan = pool.take(ByteBudget.GUARANTEE);
        }
        ByteBuffer buffer = loan.buffer().clear();
        return file.read(buffer) < 0 ? null : buffer.flip();
    }

    /** Gives back the buffer. The file is closed by who opened it. Idempotent. */
    @Override
    public void close() {
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
