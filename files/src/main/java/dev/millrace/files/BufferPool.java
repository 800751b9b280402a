package dev.millrace.files;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Direct buffers that are used again, in sizes of powers of two from 64 KiB to 1 MiB. Taking one never waits: when none is
 * free a new one is made, and what is given back beyond {@code keepBytes} is left to the garbage collector.
 *
 * <p>Safe for use by many threads.
 */
final class BufferPool {
    private static final int SIZES = 5;

    private final long keepBytes;
    private final IntFunction<ByteBuffer> memory;
    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<ByteBuffer>[] free = newShelves();
    private final AtomicLong lentBytes = new AtomicLong();
    private long keptBytes;

    BufferPool(long keepBytes) {
        this(keepBytes, ByteBuffer::allocateDirect);
    }

    BufferPool(long keepBytes, IntFunction<ByteBuffer> memory) {
        this.keepBytes = keepBytes;
        this.memory = memory;
    }

    /**
     * A buffer for {@code bytes} bytes, from 1 to 1 MiB; position 0, limit {@code bytes}.
     *
     * @throws OutOfMemoryError if there is no more memory outside of the heap
     */
    Loan take(int bytes) {
        int shelf = shelf(bytes);
        ByteBuffer buffer;
        lock.lock();
        try {
            buffer = free[shelf].pollLast();
            if (buffer != null) {
                keptBytes -= buffer.capacity();
            }
        } finally {
            lock.unlock();
        }
        if (buffer == null) {
            buffer = memory.apply(BlockPlan.GRID << shelf);
        }
        lentBytes.addAndGet(buffer.capacity());
        return new Loan(buffer.clear().limit(bytes));
    }

    /** Bytes that were taken and not yet given back. */
    long lentBytes() {
        return lentBytes.get();
    }

    private void giveBack(ByteBuffer buffer) {
        lentBytes.addAndGet(-buffer.capacity());
        lock.lock();
        try {
            if (keptBytes + buffer.capacity() <= keepBytes) {
                keptBytes += buffer.capacity();
                free[shelf(buffer.capacity())].addLast(buffer);
            }
        } finally {
            lock.unlock();
        }
    }

    private static int shelf(int bytes) {
        if (bytes < 1 || bytes > BlockPlan.LINE) {
            throw new IllegalArgumentException("buffers hold 1 to 1048576 bytes, not " + bytes);
        }
        int grids = (bytes + BlockPlan.GRID - 1) / BlockPlan.GRID;
        return 32 - Integer.numberOfLeadingZeros(grids - 1);
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // arrays of generic types cannot be made otherwise
    private static ArrayDeque<ByteBuffer>[] newShelves() {
        ArrayDeque[] shelves = new ArrayDeque[SIZES];
        for (int i = 0; i < SIZES; i++) {
            shelves[i] = new ArrayDeque<ByteBuffer>();
        }
        return shelves;
    }

    /** A buffer on loan: given back exactly once. */
    final class Loan {
        /** Null once it was given back: who still holds the loan must not hold the memory. */
        private final AtomicReference<@Nullable ByteBuffer> buffer;

        private Loan(ByteBuffer buffer) {
            this.buffer = new AtomicReference<>(buffer);
        }

        /**
         * @throws IllegalStateException if it was given back: it may be another's by now
         */
        ByteBuffer buffer() {
            return mine(buffer.get());
        }

        /**
         * @throws IllegalStateException the second time: two owners would write into one buffer
         */
        void giveBack() {
            BufferPool.this.giveBack(mine(buffer.getAndSet(null)));
        }

        private static ByteBuffer mine(@Nullable ByteBuffer buffer) {
            if (buffer == null) {
                throw new IllegalStateException("this buffer was given back before");
            }
            return buffer;
        }
    }
}
