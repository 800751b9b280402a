package dev.millrace.engine.store.memory;

import dev.millrace.engine.Context;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What changed of one owner's contexts, the newest change of each alone. Any thread; its lock is the last one that anybody
 * takes, and is held for a few steps.
 */
final class ChangeLog {
    /** How many deleted contexts are remembered for those who follow the list; enough for a long absence. */
    private static final int MAX_DELETED = 10_000;

    /** A change: which context, and what is left of it if it was deleted. */
    record Entry(long revision, String contextId, @Nullable Context deleted) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final NavigableMap<Long, Entry> entries = new TreeMap<>();
    private final Deque<Long> deleted = new ArrayDeque<>();
    private long revision;

    /** The next revision, which replaces that of the context's change before (0 = there was none). */
    long changed(String contextId, long before) {
        lock.lock();
        try {
            entries.remove(before);
            revision++;
            entries.put(revision, new Entry(revision, contextId, null));
            return revision;
        } finally {
            lock.unlock();
        }
    }

    void deleted(Context context) {
        lock.lock();
        try {
            entries.remove(context.revision());
            revision++;
            Context left = Context.deleted(context.id(), context.owner(), revision);
            entries.put(revision, new Entry(revision, context.id(), left));
            deleted.add(revision);
            if (deleted.size() > MAX_DELETED) {
                entries.remove(deleted.remove());
            }
        } finally {
            lock.unlock();
        }
    }

    /** The context is no longer kept, which is told to nobody. */
    void evicted(Context context) {
        lock.lock();
        try {
            entries.remove(context.revision());
        } finally {
            lock.unlock();
        }
    }

    List<Entry> after(long known, int max) {
        lock.lock();
        try {
            var after = new ArrayList<Entry>();
            for (Entry entry : entries.tailMap(known, false).values()) {
                if (after.size() == max) {
                    break;
                }
                after.add(entry);
            }
            return after;
        } finally {
            lock.unlock();
        }
    }

    long revision() {
        lock.lock();
        try {
            return revision;
        } finally {
            lock.unlock();
        }
    }
}
