package dev.millrace.engine;

import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journals that somebody reads. A context that nobody reads has none: its events go to the store alone.
 *
 * <p>A journal is made by its first reader, cold. The commit of an event and the making of a journal meet in the map's
 * lock for that context: either the publisher finds the journal and the reader gets the event from it, or the event was
 * committed before the journal was there, and the reader's first look into the store sees it. So no event falls
 * between the two, and the store is not asked under the lock.
 */
final class Journals {
    /** Reads a context's events from the store. */
    @FunctionalInterface
    interface Backlogs {
        List<Journal.Entry<Event>> read(String contextId, long after, int max) throws InterruptedException;
    }

    private static final Logger LOG = LoggerFactory.getLogger(Journals.class);

    private static final int FIRST_SWEEP = 64;

    /** Events brought from another process at once. */
    private static final int BROUGHT = 512;

    private final Map<String, Journal<Event>> live = new ConcurrentHashMap<>();
    private final Backlogs backlogs;
    private final long tailBytes;

    /** Other processes write to the store, too. */
    private final boolean shared;

    /** Hold back, in a shared store, what would bring merged events and their single ones together in one reader. */
    private final ReentrantLock[] bringing;

    /** How many journals there may be before the next look for those that nobody reads. */
    private final AtomicInteger sweepAt = new AtomicInteger(FIRST_SWEEP);

    private volatile boolean closed;

    Journals(Backlogs backlogs, long tailBytes) {
        this(backlogs, tailBytes, false);
    }

    Journals(Backlogs backlogs, long tailBytes, boolean shared) {
        this.backlogs = backlogs;
        this.tailBytes = tailBytes;
        this.shared = shared;
        bringing = new ReentrantLock[shared ? 64 : 0];
        Arrays.setAll(bringing, i -> new ReentrantLock());
    }

    Cursor<Event> open(String contextId, long after) {
        return open(contextId, journal -> journal.cursor(after), after);
    }

    /** For a reader who is to be woken only when a task begins, ends or asks. */
    Cursor<Event> openForRests(String contextId, long after) {
        return open(contextId, journal -> journal.milestones(after), after);
    }

    private Cursor<Event> open(String contextId, Function<Journal<Event>, Cursor<Event>> opening, long after) {
        var cursor = new AtomicReference<Cursor<Event>>();
        live.compute(contextId, (id, journal) -> {
            Journal<Event> there = journal != null && !abandoned(journal) ? journal : make(id);
            if (shared && after > 0 && after < there.lastOffset()) {
                // Another process may have merged, and shown, what is single in memory here: the store knows.
                there.merging(there.lastOffset());
            }
            cursor.set(opening.apply(there));
            return there;
        });
        if (closed) {
            end(contextId); // who comes after the end must not wait for events that nobody will publish
        }
        sweepNowAndThen();
        return Objects.requireNonNull(cursor.get());
    }

    /**
     * True for the journal of a shared store that nobody reads. What other processes wrote meanwhile was not brought to it,
     * so it would tell its next reader that there is nothing more.
     */
    private boolean abandoned(Journal<Event> journal) {
        return shared && journal.readers() == 0;
    }

    /** Ends the readers of a context: it is gone, or nothing more will be published. */
    void end(String contextId) {
        live.computeIfPresent(contextId, (id, journal) -> {
            journal.close();
            return null;
        });
    }

    /**
     * Each sweep waits until there are twice as many journals as the one before left. So it costs a constant share of
     * what opening them costs, and the journals that nobody reads are never more than those that somebody reads, or a
     * few.
     */
    private void sweepNowAndThen() {
        int limit = sweepAt.get();
        if (live.size() > limit && sweepAt.compareAndSet(limit, Integer.MAX_VALUE)) {
            sweep();
            sweepAt.set(Math.max(FIRST_SWEEP, 2 * live.size()));
        }
    }

    private Journal<Event> make(String contextId) {
        return Journal.over(
                shared
                        ? (after, max) -> readShared(contextId, after, max)
                        : (after, max) -> backlogs.read(contextId, after, max),
                tailBytes,
                Event::weight,
                Event::ofNote);
    }

    /**
     * Another process does not say before it merges events. Offsets that skip tell of it, before this reader goes on: it
     * must not come upon single events in memory behind merged ones.
     */
    private List<Journal.Entry<Event>> readShared(String contextId, long after, int max) throws InterruptedException {
        List<Journal.Entry<Event>> entries = backlogs.read(contextId, after, max);
        if (entries.isEmpty() || entries.getLast().offset() == after + entries.size()) {
            return entries;
        }
        ReentrantLock lock = bringing(contextId);
        lock.lock();
        try {
            Journal<Event> journal = live.get(contextId);
            if (journal != null && journal.lastOffset() > 0) {
                journal.merging(journal.lastOffset());
            }
        } finally {
            lock.unlock();
        }
        return entries;
    }

    private ReentrantLock bringing(String contextId) {
        return bringing[Math.floorMod(contextId.hashCode(), bringing.length)];
    }

    /** The contexts that have readers here. */
    List<String> read() {
        return live.entrySet().stream()
                .filter(each -> each.getValue().readers() > 0)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** True if somebody here reads the context and has not been given the event at this offset. */
    boolean isBehind(String contextId, long offset) {
        Journal<Event> journal = live.get(contextId);
        return journal != null && journal.readers() > 0 && journal.lastOffset() < offset;
    }

    /**
     * Brings the readers what another process committed, at least up to {@code offset}. It is read once for all of them,
     * where it continues what they have; else each reads it for itself. What this process commits meanwhile may be
     * published before or after: offsets decide.
     */
    void bring(String contextId, long offset) throws InterruptedException {
        ReentrantLock lock = bringing(contextId);
        lock.lock();
        try {
            while (isBehind(contextId, offset)) {
                Journal<Event> journal = live.get(contextId);
                if (journal == null) {
                    return;
                }
                long known = journal.lastOffset();
                if (known < 0) {
                    // Offsets that were skipped, after a power cut, are no news: readers would look for events that are
                    // not there.
                    if (!backlogs.read(contextId, offset - 1, 1).isEmpty()) {
                        publish(contextId, offset, List.of());
                    }
                    return;
                }
                List<Journal.Entry<Event>> news = backlogs.read(contextId, known, BROUGHT);
                if (news.isEmpty()) {
                    return;
                }
                boolean contiguous = news.getLast().offset() == known + news.size();
                publish(contextId, contiguous ? known : news.getLast().offset(), contiguous ? news : List.of());
            }
        } finally {
            lock.unlock();
        }
    }

    /** Everything up to {@code before} is in the store; these follow. */
    private void publish(String contextId, long before, List<Journal.Entry<Event>> entries) {
        live.computeIfPresent(contextId, (id, journal) -> {
            try {
                journal.advance(before);
                journal.publish(entries);
                return journal;
            } catch (RuntimeException e) {
                if (closed) {
                    return journal;
                }
                LOG.error("context {} could not be published, its readers are ended", contextId, e);
                journal.close();
                return null;
            }
        });
    }

    /** Called in commit order for each context. */
    void publish(String contextId, List<Journal.Entry<Event>> committed) {
        if (committed.isEmpty()) {
            return;
        }
        live.computeIfPresent(contextId, (id, journal) -> {
            if (closed) {
                return journal; // its readers were ended
            }
            if (journal.readers() == 0) {
                return null;
            }
            try {
                if (shared && journal.lastOffset() >= 0) {
                    journal.advance(committed.getFirst().offset() - 1); // another process wrote what is between
                }
                journal.publish(committed);
                return journal;
            } catch (RuntimeException e) {
                // Readers must not wait for ever for what they can't be given: they end, and come back to the store.
                if (closed) {
                    return journal; // it was closed just now
                }
                LOG.error("context {} could not be published, its readers are ended", contextId, e);
                journal.close();
                return null;
            }
        });
    }

    /** Called before the events of the context up to {@code offset} are merged in the store. */
    void merging(String contextId, long offset) {
        Journal<Event> journal = live.get(contextId); // one made later has no event of a task that has ended
        if (journal != null) {
            journal.merging(offset);
        }
    }

    /** Drops the journals that nobody reads any more and that no event came to since. */
    void sweep() {
        for (String contextId : live.keySet()) {
            live.computeIfPresent(contextId, (id, journal) -> journal.readers() == 0 ? null : journal);
        }
    }

    /** Ends every reader, those that come later included. */
    void close() {
        closed = true;
        live.values().forEach(Journal::close);
    }

    int size() {
        return live.size();
    }
}
