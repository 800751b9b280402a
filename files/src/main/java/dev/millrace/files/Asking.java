package dev.millrace.files;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Waits for the head of an answer, and when that is late, asks a second time and takes the one that comes first. The other
 * is cut before its body comes, so a second request costs the origin a request and no bytes. How many there may be is
 * bounded by {@link HedgeTokens}. Used once.
 */
final class Asking {
    /** Sends a request, on a thread that may be interrupted, and waits for the answer's head. */
    @FunctionalInterface
    interface Request {
        Answer send() throws SourceException, InterruptedException;
    }

    private final Request request;
    private final Answers answers;
    private final HedgeTokens seconds;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Thread> asking = new ArrayList<>(2);

    // By the lock.
    private @Nullable Answer answer;
    private @Nullable SourceException failure;
    private int failed;
    private boolean over;

    Asking(Request request, Answers answers, HedgeTokens seconds) {
        this.request = request;
        this.answers = answers;
        this.seconds = seconds;
    }

    /** @throws SourceException what the last one met, if all have failed */
    Answer answer() throws SourceException, InterruptedException {
        seconds.earn();
        Duration late = answers.late();
        if (late == null) {
            long start = System.nanoTime();
            Answer only = request.send();
            answers.took(System.nanoTime() - start);
            return only;
        }
        Answer mine = null;
        lock.lockInterruptibly();
        try {
            ask();
            long left = TimeUnit.NANOSECONDS.convert(late);
            while (answer == null && failed < asking.size() && left > 0) {
                left = changed.awaitNanos(left);
            }
            if (answer == null && failed == 0 && seconds.spend()) {
                ask();
            }
            while (answer == null && failed < asking.size()) {
                changed.await();
            }
            mine = answer;
        } finally {
            over = true;
            if (mine == null && answer != null) {
                answer.cut();
            }
            lock.unlock();
            asking.forEach(Thread::interrupt);
        }
        if (mine == null) {
            throw failure == null ? new SourceException.Failed("a request ended without a word") : failure;
        }
        return mine;
    }

    /** Under the lock. */
    private void ask() {
        Thread thread = Thread.ofVirtual().name("millrace-ask").unstarted(this::send);
        asking.add(thread);
        thread.start();
    }

    private void send() {
        long start = System.nanoTime();
        Answer got = null;
        SourceException why = null;
        try {
            got = request.send();
            answers.took(System.nanoTime() - start);
        } catch (SourceException e) {
            why = e;
        } catch (InterruptedException e) {
            // The other was first, or nobody waits any more.
        } catch (RuntimeException e) {
            why = new SourceException.Failed("a request could not be made", e);
        }
        boolean wanted;
        lock.lock();
        try {
            wanted = got != null && !over && answer == null;
            if (wanted) {
                answer = got;
            } else {
                failed++;
                failure = why == null ? failure : why;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (!wanted && got != null) {
            got.cut();
        }
    }
}
