package dev.millrace.files;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Buffers outside of the heap that are used again, in sizes of powers of two from 64 KiB to 1 MiB. Taking one never waits:
 * when none is free a new one is made. What is given back beyond {@code keepBytes} is freed at once: the garbage collector,
 * to which such buffers are small, would come late. They are not counted by {@code -XX:MaxDirectMemorySize}: what bounds them
 * is what is lent.
 *
 * <p>Safe for use by many threads.
 */
final class BufferPool {
    private static final int SIZES = 5;

    /** When there may be memory again. */
    private static final Duration COME_BACK = Duration.ofSeconds(5);

    private final long keepBytes;
    private final IntFunction<Memory> memory;
    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<Memory>[] free = newShelves();
    private final AtomicLong lentBytes = new AtomicLong();
    private long keptBytes;

    /** A buffer, and the arena that is nothing else's. */
    record Memory(ByteBuffer buffer, Arena arena) {
        static Memory outside(int bytes) {
            Arena arena = Arena.ofShared();
            boolean made = false;
            try {
                Memory memory = new Memory(arena.allocate(bytes).asByteBuffer(), arena);
                made = true;
                return memory;
            } finally {
                if (!made) {
                    arena.close();
                }
            }
        }

        int bytes() {
            return buffer.capacity();
        }

        /** False if somebody is just writing it to a socket: a response that was cut may still be on its way. */
        boolean free() {
            try {
                arena.close();
                return true;
            } catch (IllegalStateException e) {
                return false;
            }
        }
    }

    BufferPool(long keepBytes) {
        this(keepBytes, Memory::outside);
    }

    BufferPool(long keepBytes, IntFunction<Memory> memory) {
        this.keepBytes = keepBytes;
        this.memory = memory;
    }

    /**
     * A buffer for {@code bytes} bytes, from 1 to 1 MiB; position 0, limit {@code bytes}.
     *
     * @throws SourceException.Unavailable if there is no more memory outside of the heap
     */
    Loan take(int bytes) throws SourceException.Unavailable {
        int shelf = shelf(bytes);
        Memory piece;
        lock.lock();
        try {
            piece = free[shelf].pollLast();
            if (piece != null) {
                keptBytes -= piece.bytes();
            }
        } finally {
            lock.unlock();
        }
        if (piece == null) {
            piece = make(BlockPlan.GRID << shelf);
        }
        lentBytes.addAndGet(piece.bytes());
        piece.buffer.clear().limit(bytes);
        return new Loan(piece);
    }

    private Memory make(int bytes) throws SourceException.Unavailable {
        try {
            return memory.apply(bytes);
        } catch (OutOfMemoryError e) {
            throw new SourceException.Unavailable(
                    "no memory for buffers: beside the heap there must be room for files.limits.memory and"
                            + " files.cache.memory",
                    COME_BACK);
        }
    }

    /** Bytes that were taken and not yet given back. */
    long lentBytes() {
        return lentBytes.get();
    }

    private void giveBack(Memory piece) {
        lentBytes.addAndGet(-piece.bytes());
        if (!keep(piece, keepBytes) && !piece.free()) {
            boolean _ = keep(piece, Long.MAX_VALUE);
        }
    }

    private boolean keep(Memory piece, long most) {
        lock.lock();
        try {
            boolean room = piece.bytes() <= most - keptBytes;
            if (room) {
                keptBytes += piece.bytes();
                free[shelf(piece.bytes())].addLast(piece);
            }
            return room;
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
    private static ArrayDeque<Memory>[] newShelves() {
        ArrayDeque[] shelves = new ArrayDeque[SIZES];
        for (int i = 0; i < SIZES; i++) {
            shelves[i] = new ArrayDeque<Memory>();
        }
        return shelves;
    }

    /** A buffer on loan: given back exactly once. */
    final class Loan {
        /** Null once it was given back: who still holds the loan must not hold the memory. */
        private final AtomicReference<@Nullable Memory> memory;

        private Loan(Memory memory) {
            this.memory = new AtomicReference<>(memory);
        }

        /**
         * @throws IllegalStateException if it was given back: it may be another's by now
         */
        ByteBuffer buffer() {
            return mine(memory.get()).buffer;
        }

        /**
         * @throws IllegalStateException the second time: two owners would write into one buffer
         */
        void giveBack() {
            BufferPool.this.giveBack(mine(memory.getAndSet(null)));
        }

        private static Memory mine(@Nullable Memory memory) {
            if (memory == null) {
                throw new IllegalStateException("this buffer was given back before");
            }
            return memory;
        }
    }
}
