package dev.millrace.files;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one unit, outside of the heap: a cache of many of them would be copied again and again by the garbage
 * collector. So it counts its owners, and the last of them gives its
 * buffer back for the next unit. It begins with one owner.
 *
 * <p>Never changes while it has an owner. Safe for use by many threads.
 */
final class Unit {
    /** What is shorter lives on the heap, where it takes no more room than it has bytes. */
    private static final int SHORT = CacheKey.UNIT / 2;

    private final BufferPool.@Nullable Loan loan;
    private final ByteBuffer content;
    private final AtomicInteger owners = new AtomicInteger(1);

    /**
     * @param pool for the buffer
     * @param from is copied, as far as it has bytes remaining: 64 KiB at most
     * @throws SourceException.Unavailable if there is no memory for it
     */
    Unit(BufferPool pool, ByteBuffer from) throws SourceException.Unavailable {
        loan = from.remaining() < SHORT ? null : pool.take(from.remaining());
        ByteBuffer own = loan == null ? ByteBuffer.allocate(from.remaining()) : loan.buffer();
        content = own.put(from.duplicate()).flip().asReadOnlyBuffer();
    }

    /** For an owner to look at. */
    ByteBuffer content() {
        return content.duplicate();
    }

    /** The memory that it takes, in bytes. */
    int bytes() {
        return loan == null ? content.limit() : CacheKey.UNIT;
    }

    /** So many owners more; to be called by an owner. */
    void share(int more) {
        owners.addAndGet(more);
    }

    /** One owner less. */
    void drop() {
        if (owners.decrementAndGet() == 0 && loan != null) {
            loan.giveBack();
        }
    }
}
