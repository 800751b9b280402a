package dev.millrace.files;

import java.util.concurrent.atomic.AtomicInteger;

/** A file that several have open, closed by the last of them. It begins with one use. */
final class SharedFile {
    private final SourceFile file;
    private final AtomicInteger uses = new AtomicInteger(1);

    SharedFile(SourceFile file) {
        this.file = file;
    }

    SourceFile file() {
        return file;
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
