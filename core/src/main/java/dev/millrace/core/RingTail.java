package dev.millrace.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A tail that is bounded in bytes: a ring of slots, where the entry with offset <i>n</i> stands in slot <i>n</i> modulo
 * the ring's size (a power of two).
 *
 * <p>A reader needs no lock and no sequence number, because an entry names its own offset and never changes: if the slot
 * holds the offset that the reader wants, the entry is the right one, however stale the reader's ring is; if it holds
 * anything else, the entry has been evicted. The writer never overwrites a live slot; it evicts or grows first.
 *
 * <p>The ring doubles when it is full and halves when three quarters of it are empty. Each is a copy of the live slots
 * to a new array, so n additions cost O(n); readers of the old array still find what they were looking for there. A
 * journal that holds nothing has no array of its own.
 *
 * <p>Slots are plain: the volatile write of the journal's last offset orders the additions before it, and entries are
 * records, whose final fields are safe to read however the reference was come by.
 */
final class RingTail<E> implements Tail<E> {
    private static final int SMALLEST = 8;
    private static final Journal.@Nullable Entry<?>[] NOTHING = new Journal.Entry<?>[1];
    private static final VarHandle RING;
    private static final VarHandle BYTES;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            RING = lookup.findVarHandle(RingTail.class, "ring", Journal.Entry[].class);
            BYTES = lookup.findVarHandle(RingTail.class, "bytes", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final long bound;
    private Journal.@Nullable Entry<E>[] ring = nothing();

    // Only the writer reads these.
    private int[] weights = new int[0];
    private long first = 1;
    private int held;
    private long bytes;

    RingTail(long bound) {
        this.bound = bound;
    }

    @SuppressWarnings("unchecked") // It holds only nulls, for ever.
    private static <E> Journal.@Nullable Entry<E>[] nothing() {
        return (Journal.Entry<E>[]) NOTHING;
    }

    @Override
    @SuppressWarnings("unchecked")
    public Journal.@Nullable Entry<E> get(long offset) {
        var slots = (Journal.@Nullable Entry<E>[]) RING.getAcquire(this);
        var entry = slots[slot(offset, slots.length)];
        return entry != null && entry.offset() == offset ? entry : null;
    }

    @Override
    public void add(Journal.Entry<E> entry, int weight) {
        assert weight > 0;
        if (weight > bound) {
            // It cannot stay, so neither can what is before it: the tail is contiguous.
            clear();
            return;
        }
        while (held > 0 && bytes > bound - weight) {
            evictOldest();
        }
        if (held == 0) {
            first = entry.offset();
        }
        if (held == weights.length) {
            resize(Math.max(SMALLEST, held * 2));
        } else if (weights.length > SMALLEST && held < weights.length / 4) {
            resize(weights.length / 2);
        }
        int slot = slot(entry.offset(), weights.length);
        ring[slot] = entry;
        weights[slot] = weight;
        held++;
        BYTES.setOpaque(this, bytes + weight);
    }

    private void evictOldest() {
        int slot = slot(first, weights.length);
        ring[slot] = null;
        first++;
        held--;
        BYTES.setOpaque(this, bytes - weights[slot]);
    }

    @Override
    public void clear() {
        RING.setRelease(this, nothing());
        weights = new int[0];
        held = 0;
        BYTES.setOpaque(this, 0L);
    }

    private void resize(int size) {
        @SuppressWarnings({"unchecked", "rawtypes"})
        Journal.@Nullable Entry<E>[] slots = new Journal.Entry[size];
        int[] sizes = new int[size];
        for (long offset = first; offset < first + held; offset++) {
            int from = slot(offset, weights.length);
            int to = slot(offset, size);
            slots[to] = ring[from];
            sizes[to] = weights[from];
        }
        weights = sizes;
        RING.setRelease(this, slots);
    }

    private static int slot(long offset, int size) {
        return (int) (offset & (size - 1));
    }

    @Override
    public long bytes() {
        return (long) BYTES.getOpaque(this);
    }

    /** Slots of the ring, for tests of its growth. */
    int capacity() {
        return weights.length;
    }
}
