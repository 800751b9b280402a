package dev.millrace.server.a2a;

import dev.millrace.core.Cursor;
import java.time.Duration;

/** Nudges a reader that has waited long enough. Its one thread is a virtual one, and ends with it. */
final class Patience implements AutoCloseable {
    private final Cursor<?> reader;
    private final Duration length;
    private final Thread thread;
    private volatile boolean over;

    Patience(Cursor<?> reader, Duration length) {
        this.reader = reader;
        this.length = length;
        this.thread = Thread.ofVirtual().name("patience").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    private void run() {
        try {
            Thread.sleep(length.isNegative() ? Duration.ZERO : length);
            over = true;
            reader.nudge();
        } catch (InterruptedException e) {
            // the reader has what it waited for
        }
    }

    /** Whether the time has passed. */
    boolean over() {
        return over;
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
