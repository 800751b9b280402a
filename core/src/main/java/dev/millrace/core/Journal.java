package dev.millrace.core;

import java.util.List;

/** The ordered log of events; readers pull through cursors. */
public final class Journal<E> implements AutoCloseable {

    /** An event and its position. */
    public record Entry<E>(long offset, E event) {}

    /** Where the events live that are no longer (or were never) in the memory tail. */
    @FunctionalInterface
    public interface Backlog<E> {
        /**
         * The stored entries with an offset greater than {@code after}, in order, at most {@code max}; empty if there
         * are none. Offsets may skip (merged events carry the offset of the last). Must see every event that was
         * published to the journal before the call. May block.
         */
        List<Entry<E>> read(long after, int max) throws InterruptedException;
    }

    /** How many bytes an event counts for in the tail. */
    @FunctionalInterface
    public interface Weigher<E> {
        int bytes(E event);
    }

    /** A journal that keeps every event in memory; offsets start at 1. */
    public static <E> Journal<E> inMemory() {
        throw new UnsupportedOperationException();
    }

    /**
     * A journal over a store. It starts cold: it does not know the last offset until the first {@code publish}; a
     * cursor that finds nothing in the tail of a cold journal asks the backlog once, then waits.
     */
    public static <E> Journal<E> over(Backlog<E> backlog, long tailBytes, Weigher<E> weigher) {
        throw new UnsupportedOperationException();
    }

    /** Appends and gives the event the next offset (in-memory journals, or once warm). Visible to readers on return. */
    public long append(E event) {
        throw new UnsupportedOperationException();
    }

    /**
     * Makes visible events that a store has already ordered and committed. Offsets at or below the last published are
     * ignored; the rest must be contiguous with it. Calls must be in commit order.
     */
    public void publish(List<Entry<E>> entries) {
        throw new UnsupportedOperationException();
    }

    /** A reader positioned after {@code after} (0 = from the beginning). Close it when done. */
    public Cursor<E> cursor(long after) {
        throw new UnsupportedOperationException();
    }

    /** Open cursors, for owners who drop journals that nobody reads. */
    public int readers() {
        throw new UnsupportedOperationException();
    }

    /** No more events: cursors deliver what is left, then report the end. Idempotent. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
