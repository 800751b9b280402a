package dev.millrace.files;

import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** A file that several have open, closed by the last of them. It begins with one use. */
final class SharedFile {
    private final SourceFile file;
    private final AtomicInteger uses = new AtomicInteger(1);
    private final CopyOnWriteArrayList<Run> runs = new CopyOnWriteArrayList<>();

    SharedFile(SourceFile file) {
        this.file = file;
    }

    SourceFile file() {
        return file;
    }

    /** Remembers a run of one of those who have the file open. */
    void add(Run run) {
        runs.removeIf(Predicate.not(Run::isUseful));
        runs.add(run);
    }

    /** Whether a run of somebody else brings what is near there. */
    boolean othersAreNear(long offset, Run mine) {
        for (Run run : runs) {
            if (run != mine && run.isNear(offset)) {
                return true;
            }
        }
        return false;
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
