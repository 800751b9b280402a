package dev.millrace.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One reader's position in a journal. Used by one thread at a time, except {@link #nudge} and {@link #close}.
 *
 * <p>Reading batches by itself: {@link #take} waits for the first event only, and gives what else is there by then. A
 * reader that keeps up gets events one by one, the moment they exist; one that is slower gets more at a time.
 *
 * <p>The lists that a cursor gives belong to the caller. The entries in them are shared by all readers.
 *
 * <h2>How it works</h2>
 *
 * {@code take} is a loop: read; if there was nothing, and no reason to return empty, go on the list of waiters, look at
 * those same reasons once more, and park. The reasons are flags: <em>nudged</em>, <em>closed</em>, the journal's end.
 * The doorbell only ends the parking, so a ring that is left over from an earlier wait costs one look, and never makes
 * {@code take} return.
 *
 * <p>On the way out of the wait, whatever ended it, the reader first wakes others if it was chosen to
 * ({@link Waiter#leave}).
 *
 * @param <E> the events
 */
public final class Cursor<E> implements AutoCloseable {
    /** Less than every position. */
    private static final long NEVER = -1;

    private static final VarHandle NUDGED;
    private static final VarHandle WAITS;
    private static final VarHandle CLOSED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            NUDGED = lookup.findVarHandle(Cursor.class, "nudged", boolean.class);
            WAITS = lookup.findVarHandle(Cursor.class, "waits", int.class);
            CLOSED = lookup.findVarHandle(Cursor.class, "closed", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Journal<E> journal;
    private final Waiter waiter = new Waiter();

    /** True if only milestones wake the reader. */
    private final boolean patient;

    private long position;

    /**
     * True while the next event may come from the tail, whatever is merged from now on: the event at the position came
     * from there, or nothing past the position was merged when the reader got to it.
     */
    private boolean inTail;

    /** The position at which the backlog of a cold journal was asked, and had no more. */
    private long askedAt = NEVER;

    /** True once the reader's thread has seen that the journal is closed. A cold journal is asked once more then. */
    private boolean closing;

    /** Odd while {@code take} waits; written with opaque mode, so that waiting costs no fence. */
    @SuppressWarnings("UnusedVariable")
    private int waits;

    private volatile boolean nudged;
    private volatile boolean closed;

    Cursor(Journal<E> journal, long position, boolean patient) {
        this.journal = journal;
        this.patient = patient;
        this.position = position;
        inTail = unmergedFrom(position);
    }

    /**
     * What is there now, at most {@code max} entries, without waiting; may be empty. (May block on the backlog.)
     *
     * @throws IllegalStateException if events after the position were published that neither memory nor the backlog has
     */
    public List<Journal.Entry<E>> poll(int max) throws InterruptedException {
        requireSome(max);
        return closed ? List.of() : read(max);
    }

    /**
     * Waits for at least one entry (for a milestone, if the cursor is {@linkplain Journal#milestones one for those}), then
     * takes what is there, at most {@code max}. Empty only if nudged (see {@link #nudge}) or {@link #ended}. Registers no
     * timer.
     *
     * @throws InterruptedException if interrupted before or while waiting; nothing was taken then
     * @throws IllegalStateException if events after the position were published that neither memory nor the backlog has,
     *     or if another thread is waiting in this cursor
     */
    public List<Journal.Entry<E>> take(int max) throws InterruptedException {
        requireSome(max);
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        List<Journal.Entry<E>> entries = readUnlessOver(max);
        return entries != null ? entries : waitAndRead(max);
    }

    private List<Journal.Entry<E>> waitAndRead(int max) throws InterruptedException {
        if ((waits & 1) == 1) {
            throw new IllegalStateException("a cursor has one reader at a time, and another thread is waiting in it");
        }
        WAITS.setOpaque(this, waits + 1);
        try {
            for (; ; ) {
                waitForNews();
                List<Journal.Entry<E>> entries = readUnlessOver(max);
                if (entries != null) {
                    return entries;
                }
            }
        } finally {
            WAITS.setOpaque(this, waits + 1);
        }
    }

    /** What {@code take} returns, or null if it has to wait. */
    private @Nullable List<Journal.Entry<E>> readUnlessOver(int max) throws InterruptedException {
        if (closed) {
            return List.of();
        }
        List<Journal.Entry<E>> entries = read(max);
        if (!entries.isEmpty()) {
            // The nudge has what it wanted: the reader comes out of `take`.
            answerNudge();
            return entries;
        }
        return answerNudge() || ended() ? entries : null;
    }

    private boolean answerNudge() {
        return nudged && (boolean) NUDGED.getAndSet(this, false);
    }

    private void waitForNews() throws InterruptedException {
        Waiters list = journal.waiters(patient);
        list.enlist(waiter);
        try {
            if (!news()) {
                waiter.bell.await();
            }
        } finally {
            waiter.leave();
            if (closed && waiter.idles()) {
                journal.litter(list);
            }
        }
    }

    private boolean news() {
        boolean more = patient ? journal.hasMilestone(position) : journal.hasMore(position);
        return more || nudged || closed || (journal.closed() && !closing);
    }

    private List<Journal.Entry<E>> read(int max) throws InterruptedException {
        if (!closing && journal.closed()) {
            closing = true;
            askedAt = NEVER;
        }
        long last = journal.last();
        if (last > position) {
            List<Journal.Entry<E>> entries = inTail ? readTail((int) Math.min(max, last - position)) : List.of();
            return entries.isEmpty() ? readGap(max) : entries;
        }
        return journal.cold() && askedAt != position ? readCold(max) : List.of();
    }

    private boolean unmergedFrom(long offset) {
        return offset == 0 || offset >= journal.mergedTo();
    }

    private List<Journal.Entry<E>> readTail(int max) {
        Journal.Entry<E> entry = journal.held(position + 1);
        if (entry == null) {
            return List.of();
        }
        List<Journal.Entry<E>> entries = new ArrayList<>(max);
        while (entry != null) {
            entries.add(entry);
            entry = entries.size() < max ? journal.held(entry.offset() + 1) : null;
        }
        position += entries.size();
        inTail = true;
        return entries;
    }

    private List<Journal.Entry<E>> readGap(int max) throws InterruptedException {
        List<Journal.Entry<E>> entries = readStored(max);
        if (entries.isEmpty()) {
            throw new IllegalStateException("events after offset " + position + " were published, up to offset "
                    + journal.last() + ", but the backlog has none of them");
        }
        return entries;
    }

    private List<Journal.Entry<E>> readCold(int max) throws InterruptedException {
        List<Journal.Entry<E>> entries = readStored(max);
        if (entries.isEmpty()) {
            askedAt = position;
        }
        return entries;
    }

    private List<Journal.Entry<E>> readStored(int max) throws InterruptedException {
        List<Journal.Entry<E>> entries = journal.stored(position, max);
        long previous = position;
        for (Journal.Entry<E> entry : entries) {
            if (entry.offset() <= previous) {
                throw new IllegalStateException(
                        "the backlog gave offset " + entry.offset() + " after offset " + previous);
            }
            previous = entry.offset();
        }
        position = previous;
        inTail = unmergedFrom(position); // looked at after the backlog, which merges only what was announced before
        return entries;
    }

    private static void requireSome(int max) {
        if (max < 1) {
            throw new IllegalArgumentException("at most " + max + " entries");
        }
    }

    /** The offset of the last entry delivered, or where the cursor was opened. */
    public long position() {
        return position;
    }

    /** Moves the cursor; the next read starts after {@code offset} (0 = from the beginning). */
    public void seek(long offset) {
        Journal.requireOffset(offset);
        position = offset;
        inTail = unmergedFrom(offset);
        askedAt = NEVER;
    }

    /**
     * Makes a waiting {@code take} return an empty list (for a heartbeat). If no {@code take} is waiting, the next one
     * returns at once, with what is there or empty; nudges coalesce. Any thread; never blocks.
     */
    public void nudge() {
        nudged = true;
        waiter.bell.ring();
    }

    /** True once the journal was closed and everything delivered, or this cursor was closed. For the reading thread. */
    public boolean ended() {
        return closed || (journal.closed() && delivered());
    }

    private boolean delivered() {
        return journal.cold() ? closing && askedAt == position : !journal.hasMore(position);
    }

    /** Ends this reader; a waiting {@code take} returns empty. Any thread; idempotent. */
    @Override
    public void close() {
        if (!(boolean) CLOSED.getAndSet(this, true)) {
            waiter.closed = true;
            waiter.bell.ring();
            journal.forget(waiter.idles() ? journal.waiters(patient) : null);
        }
    }

    /** A number that changes when {@code take} begins and ends a wait, and is odd in between. */
    int waits() {
        return (int) WAITS.getOpaque(this);
    }

    boolean closed() {
        return closed;
    }
}
