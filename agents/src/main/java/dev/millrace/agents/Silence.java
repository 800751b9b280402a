package dev.millrace.agents;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Ends an answer of which nothing came for too long. A timeout of the socket does the same with a timer for each read; for an
 * answer of many pieces this is one timer for all of them: who reads notes when it begins to wait, and a thread that sleeps
 * for as long as may be waited looks at that.
 *
 * <p>One thread reads.
 */
final class Silence {
    private static final long NOT_WAITING = 0;

    /** What {@link #look} says when there is nothing more to look at. */
    static final long OVER = -1;

    private final long longest;
    private final Runnable end;
    private final LongSupplier nanoTime;
    private final Thread thread;
    private volatile long since = NOT_WAITING;
    private volatile boolean tooLong;

    /** @param end called once, on another thread, if it was too long */
    Silence(Duration longest, Runnable end) {
        this(longest, end, System::nanoTime);
    }

    Silence(Duration longest, Runnable end, LongSupplier nanoTime) {
        this.longest = longest.toNanos();
        this.end = end;
        this.nanoTime = nanoTime;
        thread = Thread.ofVirtual().name("silence").unstarted(this::watch);
    }

    Silence start() {
        thread.start();
        return this;
    }

    /** Something is waited for from now on. */
    void waiting() {
        since = nanoTime.getAsLong() | 1;
    }

    /** Something has come. */
    void came() {
        since = NOT_WAITING;
    }

    /** Whether it has ended the answer. */
    boolean tooLong() {
        return tooLong;
    }

    /** Nothing is waited for any more. */
    void stop() {
        thread.interrupt();
    }

    private void watch() {
        try {
            for (long left = longest; left != OVER; left = look()) {
                Thread.sleep(Duration.ofNanos(left));
            }
        } catch (InterruptedException stopped) {
            // the answer has ended
        }
    }

    /** For how many nanoseconds there is nothing to look at; {@link #OVER} = it was too long, and is ended. */
    long look() {
        long from = since;
        long waited = from == NOT_WAITING ? 0 : nanoTime.getAsLong() - from;
        if (waited < longest) {
            return longest - Math.max(0, waited);
        }
        tooLong = true;
        end.run();
        return OVER;
    }
}
