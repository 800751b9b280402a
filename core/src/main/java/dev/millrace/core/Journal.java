package dev.millrace.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The ordered log of events; readers pull through {@linkplain Cursor cursors}.
 *
 * <p>Nobody pushes into a reader. There is no queue per reader, so nothing can overflow and nothing is dropped for a
 * reader that is slow: it reads later, from memory while the events are in the journal's <em>tail</em>, and else from
 * the <em>backlog</em>, the store behind the journal. What a reader costs the journal is a number, its position.
 *
 * <h2>How it works</h2>
 *
 * <p><b>Writing.</b> {@link #append} and {@link #publish} put entries into the tail under one short lock, make them
 * visible with one volatile write of {@code last}, and wake whoever waits. Nothing foreign runs under the lock; the
 * weigher is asked before.
 *
 * <p><b>Reading.</b> A cursor at position <i>p</i> compares <i>p</i> with {@code last}. If there is more, it looks for
 * <i>p</i>+1 in the tail, without a lock: entries never change and name their own offset, so it either finds the right
 * one or knows that it has been evicted ({@link RingTail}). In that case it asks the backlog, which has every event that
 * was published. So a reader a million events behind costs the store its queries and the others nothing.
 *
 * <p><b>Offsets.</b> In the tail they are contiguous. In the backlog they may skip, because finished chunks are merged
 * into one event, which carries the offset of the last of them. A reader in the middle of merged chunks gets the merged
 * event. A backlog that has nothing at all after <i>p</i>, though events after <i>p</i> were published, has lost
 * something; that is an error for this reader and never skipped.
 *
 * <p><b>Merging.</b> The tail still has the single events then. A reader that goes through the tail may go on there: it
 * gets every one of them. A reader that comes from the backlog, or comes after a merge, may have been given a merged view, in
 * which only the merged event, at the last offset, is missing yet. If it went on in the tail, it would take the single
 * event there for the whole. So {@link #merging} is announced before the backlog changes, and a reader goes from the
 * backlog to the tail only at or past what was announced.
 *
 * <p><b>Waiting.</b> A reader that has read everything puts itself on a list and parks. A writer takes the whole list at
 * once and wakes two readers, each of which wakes two more before it reads; {@link Waiters} shows why no wake-up is
 * lost on that way. No timer is involved. A reader of {@linkplain #milestones milestones} is on a list of its own, which
 * is woken when there is one, or when so many events are there that it has something to do meanwhile: it gets every event,
 * but is not woken for each.
 *
 * <p><b>Cold and warm.</b> A journal {@link #over(Backlog, long, Weigher) over a backlog} is cold until its first
 * {@code publish}: it does not know its last offset. A reader of a cold journal asks the backlog until that has no more,
 * and waits then. If the first publish comes before the reader's first read and continues its position, the backlog is
 * not asked at all.
 *
 * <h2>Memory effects</h2>
 *
 * What a thread did before it appended or published an event happens-before what a reader does after it has received
 * that event from the tail. For events from the backlog the store gives that guarantee.
 *
 * @param <E> the events; treated as immutable, and shared by all readers
 */
public final class Journal<E> implements AutoCloseable {

    /**
     * An event and its position.
     *
     * @param offset 1 or greater; grows from entry to entry
     */
    public record Entry<E>(long offset, E event) {}

    /** Where the events live that are no longer (or were never) in the memory tail. */
    @FunctionalInterface
    public interface Backlog<E> {
        /**
         * The stored entries with an offset greater than {@code after}, in order, at most {@code max}; empty if there
         * are none. Offsets may skip (merged events carry the offset of the last). Must see every event that was
         * published to the journal before the call. May block. Called by reading threads, several at a time; what it
         * throws reaches that reader alone, and its next read asks again.
         */
        List<Entry<E>> read(long after, int max) throws InterruptedException;
    }

    /** How many bytes an event counts for in the tail. */
    @FunctionalInterface
    public interface Weigher<E> {
        /** Not negative; an event counts for at least one byte. Called once for each event, by the writing thread. */
        int bytes(E event);
    }

    /** So many events are worth waking those who wait for a milestone, so that not all is left to them at its end. */
    static final int STRIDE = 32;

    /** What {@code last} is while the journal is cold. Less than every position. */
    private static final long UNKNOWN = -1;

    private static final VarHandle READERS;

    static {
        try {
            READERS = MethodHandles.lookup().findVarHandle(Journal.class, "readers", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final ReentrantLock writing = new ReentrantLock();
    private final Tail<E> tail;
    private final @Nullable Backlog<E> backlog;
    private final Weigher<? super E> weigher;
    private final Predicate<? super E> isMilestone;
    private final Waiters waiters = new Waiters();

    /** Those who wait for a milestone. */
    private final Waiters patient = new Waiters();

    private volatile long last;

    /** The offset of the last event for which those who wait for a milestone were woken; written before {@code last}. */
    private volatile long milestone;

    private volatile long mergedTo;
    private volatile boolean closed;
    private volatile int readers;

    private Journal(
            Tail<E> tail,
            @Nullable Backlog<E> backlog,
            Weigher<? super E> weigher,
            Predicate<? super E> isMilestone,
            long last) {
        this.tail = tail;
        this.backlog = backlog;
        this.weigher = weigher;
        this.isMilestone = isMilestone;
        this.last = last;
    }

    /** A journal that keeps every event in memory; offsets start at 1. */
    public static <E> Journal<E> inMemory() {
        return new Journal<>(new WholeTail<>(), null, event -> 0, event -> true, 0);
    }

    /**
     * A journal over a store. It starts cold: it does not know the last offset until the first {@code publish}; a
     * cursor that finds nothing in the tail of a cold journal asks the backlog once, then waits.
     *
     * @param tailBytes how many bytes of events to keep in memory, as weighed; an event that weighs more is not kept
     */
    public static <E> Journal<E> over(Backlog<E> backlog, long tailBytes, Weigher<? super E> weigher) {
        return over(backlog, tailBytes, weigher, event -> true);
    }

    /**
     * The same, where not every event is worth waking everyone.
     *
     * @param isMilestone whether an event is what {@link #milestones} waits for; asked once for each event, by the writing
     *     thread
     */
    public static <E> Journal<E> over(
            Backlog<E> backlog, long tailBytes, Weigher<? super E> weigher, Predicate<? super E> isMilestone) {
        return bounded(backlog, tailBytes, weigher, isMilestone, UNKNOWN);
    }

    /**
     * A journal over a store whose owner knows the offset of the last event in the store (0 if it has none). It starts
     * warm: {@link #append} continues there, and a cursor at or past that offset waits without asking the backlog.
     *
     * @param tailBytes how many bytes of events to keep in memory, as weighed; an event that weighs more is not kept
     */
    public static <E> Journal<E> over(Backlog<E> backlog, long tailBytes, Weigher<? super E> weigher, long lastOffset) {
        requireOffset(lastOffset);
        return bounded(backlog, tailBytes, weigher, event -> true, lastOffset);
    }

    private static <E> Journal<E> bounded(
            Backlog<E> backlog,
            long tailBytes,
            Weigher<? super E> weigher,
            Predicate<? super E> isMilestone,
            long last) {
        if (tailBytes < 0) {
            throw new IllegalArgumentException("a tail of " + tailBytes + " bytes");
        }
        Objects.requireNonNull(backlog, "backlog");
        Objects.requireNonNull(weigher, "weigher");
        return new Journal<>(new RingTail<>(tailBytes), backlog, weigher, isMilestone, last);
    }

    /**
     * Appends and gives the event the next offset (in-memory journals, or once warm). Visible to readers on return. Any
     * thread.
     *
     * @return the event's offset
     * @throws IllegalStateException if the journal is closed, or cold
     */
    public long append(E event) {
        int bytes = weigh(event);
        boolean ofNote = isMilestone.test(event);
        long offset;
        writing.lock();
        try {
            requireOpen();
            if (last == UNKNOWN) {
                throw new IllegalStateException(
                        "the journal does not know its last offset yet: publish first, or open it with the offset");
            }
            offset = last + 1;
            tail.add(new Entry<>(offset, event), bytes);
            ofNote |= offset - milestone >= STRIDE;
            if (ofNote) {
                milestone = offset;
            }
            last = offset;
        } finally {
            writing.unlock();
        }
        wake(ofNote);
        return offset;
    }

    /**
     * Makes visible events that a store has already ordered and committed. Offsets at or below the last published are
     * ignored; the rest must be contiguous with it. Calls must be in commit order. Readers see all of the entries at
     * once, and nothing of them if the call throws.
     *
     * @throws IllegalStateException if the journal is closed
     * @throws IllegalArgumentException if an offset is missing, before or among the entries
     */
    public void publish(List<Entry<E>> entries) {
        int[] bytes = new int[entries.size()];
        long ofNote = 0;
        for (int i = 0; i < bytes.length; i++) {
            Entry<E> entry = entries.get(i);
            if (entry.offset() < 1
                    || (i > 0 && entry.offset() != entries.get(i - 1).offset() + 1)) {
                throw new IllegalArgumentException("offset " + entry.offset() + " cannot follow "
                        + (i == 0 ? 0 : entries.get(i - 1).offset()));
            }
            bytes[i] = weigh(entry.event());
            ofNote = isMilestone.test(entry.event()) ? entry.offset() : ofNote;
        }
        if (bytes.length == 0) {
            return;
        }
        writing.lock();
        try {
            requireOpen();
            long known = last;
            long first = entries.getFirst().offset();
            if (known != UNKNOWN && first > known + 1) {
                throw new IllegalArgumentException(
                        "offset " + first + " cannot follow " + known + ", the last offset published");
            }
            for (int i = 0; i < bytes.length; i++) {
                Entry<E> entry = entries.get(i);
                if (entry.offset() > known) {
                    tail.add(entry, bytes[i]);
                }
            }
            long now = Math.max(known, entries.getLast().offset());
            if (ofNote == 0 && now - milestone >= STRIDE) {
                ofNote = now;
            }
            milestone = Math.max(milestone, ofNote);
            last = now;
        } finally {
            writing.unlock();
        }
        wake(ofNote > 0);
    }

    /**
     * Makes visible that the backlog has events up to {@code offset} that are not published here: another process
     * committed them, and nobody needs them in memory, or some of them were merged meanwhile. Readers get them from the
     * backlog; what is published next continues there. Does nothing if that offset was published already.
     *
     * @throws IllegalStateException if the journal is closed
     * @throws UnsupportedOperationException if the journal is in memory, without a backlog
     */
    public void advance(long offset) {
        requireOffset(offset);
        writing.lock();
        try {
            requireOpen();
            if (offset <= last) {
                return;
            }
            tail.clear(); // it is contiguous
            milestone = offset; // there may be one among them
            last = offset;
        } finally {
            writing.unlock();
        }
        wake(true);
    }

    private void wake(boolean everyone) {
        waiters.wake();
        if (everyone) {
            patient.wake();
        }
    }

    /** The last offset that was published; negative while the journal is cold. */
    public long lastOffset() {
        return last;
    }

    private int weigh(E event) {
        int bytes = weigher.bytes(Objects.requireNonNull(event, "event"));
        if (bytes < 0) {
            throw new IllegalArgumentException("an event that weighs " + bytes + " bytes");
        }
        // Or else events that weigh nothing would pile up for ever.
        return Math.max(1, bytes);
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the journal is closed");
        }
    }

    static void requireOffset(long offset) {
        if (offset < 0) {
            throw new IllegalArgumentException("offset " + offset + " is negative; 0 is the beginning");
        }
    }

    /**
     * Announces that the backlog will merge events up to {@code offset}, the last offset of a merged event. To be called
     * before that can be seen in the backlog; harmless if it then does not happen. Any thread; never waits for a reader.
     *
     * @throws IllegalStateException if the journal has no backlog
     */
    public void merging(long offset) {
        if (backlog == null) {
            throw new IllegalStateException("a journal in memory has no backlog in which events could be merged");
        }
        writing.lock();
        try {
            mergedTo = Math.max(mergedTo, offset);
        } finally {
            writing.unlock();
        }
    }

    /**
     * A reader positioned after {@code after} (0 = from the beginning). Close it when done. Any thread, also after the
     * journal was closed.
     */
    public Cursor<E> cursor(long after) {
        return open(after, false);
    }

    /**
     * The same for a reader who waits for milestones: his {@link Cursor#take} waits, once there is nothing to be read, until
     * there is a milestone after his position, or a few dozen events. He gets what comes before it, too, but is not woken by
     * each.
     */
    public Cursor<E> milestones(long after) {
        return open(after, true);
    }

    private Cursor<E> open(long after, boolean patiently) {
        requireOffset(after);
        READERS.getAndAdd(this, 1);
        return new Cursor<>(this, after, patiently);
    }

    /** Open cursors, for owners who drop journals that nobody reads. */
    public int readers() {
        return readers;
    }

    /** What the events in the memory tail weigh; 0 for journals in memory, which do not weigh. */
    public long tailBytes() {
        return tail.bytes();
    }

    /** No more events: cursors deliver what is left, then report the end. Idempotent. Any thread. */
    @Override
    public void close() {
        writing.lock();
        try {
            closed = true;
        } finally {
            writing.unlock();
        }
        wake(true);
    }

    // What follows is for cursors.

    boolean closed() {
        return closed;
    }

    boolean cold() {
        return last == UNKNOWN;
    }

    /** True if an event after {@code position} was published. If the journal is cold, none was. */
    boolean hasMore(long position) {
        return last > position;
    }

    /** True if what is worth waking those who wait for a milestone was published after {@code position}. */
    boolean hasMilestone(long position) {
        return milestone > position;
    }

    long last() {
        return last;
    }

    /** Up to here the tail may have single events of which the backlog has the merged one. */
    long mergedTo() {
        return mergedTo;
    }

    @Nullable Entry<E> held(long offset) {
        return tail.get(offset);
    }

    /** The stored entries after {@code position}; empty if the journal is in memory, where the tail has all. */
    List<Entry<E>> stored(long position, int max) throws InterruptedException {
        return backlog == null ? List.of() : backlog.read(position, max);
    }

    /** The list of those who wait for every event, or for milestones. */
    Waiters waiters(boolean patiently) {
        return patiently ? patient : waiters;
    }

    /** One reader less; its waiter stays on this list, unless that is null. */
    void forget(@Nullable Waiters list) {
        READERS.getAndAdd(this, -1);
        if (list != null) {
            litter(list);
        }
    }

    /** A closed waiter stays on the list. Enough of them are cleared away by a wake-up, which has no other effect. */
    void litter(Waiters list) {
        if (list.litter(readers)) {
            list.wake();
        }
    }
}
