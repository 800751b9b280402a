package dev.millrace.core;

import org.jspecify.annotations.Nullable;

/**
 * The newest events of a journal, in memory, addressed by offset. One thread at a time writes (under the journal's
 * lock); any number read meanwhile, without a lock.
 *
 * <p>A reader first reads the journal's last offset (a volatile read that is ordered after the {@link #add} of that
 * entry) and then asks for offsets up to it. For those, null means that the entry has been evicted, or that it was there
 * before the journal was.
 */
sealed interface Tail<E> permits RingTail, WholeTail {

    /** The entry at {@code offset}, or null if it is not held. Any thread. */
    Journal.@Nullable Entry<E> get(long offset);

    /** Adds the entry that follows the last one added (the first may have any offset), and evicts what is too much. */
    void add(Journal.Entry<E> entry, int bytes);

    /** Evicts everything; the next entry may have any offset after those. */
    void clear();

    /** The sum of the weights of the entries held. Any thread. */
    long bytes();
}
