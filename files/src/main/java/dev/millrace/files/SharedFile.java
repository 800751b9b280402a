package dev.millrace.files;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A file that several have open, closed by the last of them. It begins with one use. */
final class SharedFile {
    private final SourceFile file;
    private final AtomicInteger uses = new AtomicInteger(1);

    /** Few, and looked at for each unit; so nothing is made to look at them. */
    private final List<Owned> runs = new CopyOnWriteArrayList<>();

    private final AtomicReference<@Nullable Run> headStart = new AtomicReference<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /** By the lock. */
    private long told;

    SharedFile(SourceFile file) {
        this.file = file;
        // From the very beginning others have to know what comes with the lookup.
        Run run = file.headStart();
        if (run != null) {
            headStart.set(run);
            runs.add(new Owned(run, this));
        }
    }

    private record Owned(Run run, Object owner) {}

    /** As {@link SourceFile#headStart}. */
    @Nullable Run headStart() {
        return headStart.getAndSet(null);
    }

    /** As {@link SourceFile#dropHeadStart}. */
    void dropHeadStart() {
        Run unused = headStart.getAndSet(null);
        if (unused != null) {
            unused.close();
            tell();
        }
    }

    SourceFile file() {
        return file;
    }

    /** Remembers a run, and whose it is. */
    void add(Run run, Object owner) {
        runs.removeIf(each -> each.run == run || !each.run.isUseful());
        runs.add(new Owned(run, owner));
    }

    /** Somebody else's run by which this byte is to come; null if there is none. */
    @Nullable Run covering(long offset, Object mine) {
        for (Owned each : runs) {
            if (each.owner != mine && each.run.covers(offset)) {
                return each.run;
            }
        }
        return null;
    }

    /** To who {@linkplain #await waits}: something has begun, or is over. */
    void tell() {
        lock.lock();
        try {
            told++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** How often something was told. */
    long told() {
        lock.lock();
        try {
            return told;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until something is told that was not when {@link #told} said {@code seen}; for so long at most. */
    void await(long seen, long nanos) throws InterruptedException {
        long left = nanos;
        lock.lockInterruptibly();
        try {
            while (told == seen && left > 0) {
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    /** By someone who knows that another use lasts meanwhile. */
    void use() {
        uses.incrementAndGet();
    }

    void leave() {
        if (uses.decrementAndGet() == 0) {
            file.close();
        }
    }
}
