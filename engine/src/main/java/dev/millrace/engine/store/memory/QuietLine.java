package dev.millrace.engine.store.memory;

import java.util.LinkedHashSet;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The contexts in which nothing lives, the longest quiet first. Any thread; its lock is held for a few steps. */
final class QuietLine {
    private final ReentrantLock lock = new ReentrantLock();
    private final LinkedHashSet<String> line = new LinkedHashSet<>();

    /** Puts it at the end, if it is not in the line. */
    void add(String contextId) {
        lock.lock();
        try {
            line.add(contextId);
        } finally {
            lock.unlock();
        }
    }

    void remove(String contextId) {
        lock.lock();
        try {
            line.remove(contextId);
        } finally {
            lock.unlock();
        }
    }

    int size() {
        lock.lock();
        try {
            return line.size();
        } finally {
            lock.unlock();
        }
    }

    /** Takes the longest quiet out of the line; null if no more than {@code kept} are in it. */
    @Nullable String poll(int kept) {
        lock.lock();
        try {
            return line.size() > kept ? line.removeFirst() : null;
        } finally {
            lock.unlock();
        }
    }
}
