package dev.millrace.files;

import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that come with a lookup's answer, for the blocks that will be fetched first: so those need no round trip of
 * their own, and there are no others yet with which they would have to share the way.
 *
 * <p>One connection brings them, in order; the fetches of the blocks take turns at it. It is an offer and no promise: for
 * whatever reason it ends, a fetch gets the rest of its block by a request of its own. It holds at most {@link #AHEAD}
 * bytes that no fetch has asked for yet; beyond that the origin has to wait.
 *
 * <p>Locks nothing while it calls others. The client's threads bring bytes, any number of threads fetch.
 */
final class HeadStart implements HttpResponse.BodyHandler<Void>, HttpResponse.BodySubscriber<Void> {
    /** Bytes that wait here for a fetch, at most; as long as one of the client's buffers more. */
    private static final int AHEAD = 64 << 10;

    /** How long a fetch waits for its turn while nobody reads. Fetches of neighbours begin at the same moment. */
    private static final long TURN_NANOS = Duration.ofMillis(100).toNanos();

    private final Transfer.Check check;
    private final long first;
    private final CompletableFuture<Void> body = new CompletableFuture<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // All below by the lock.
    private final ArrayDeque<ByteBuffer> waiting = new ArrayDeque<>();
    private Flow.@Nullable Subscription subscription;
    private @Nullable SourceException refusal;
    private @Nullable Throwable failure;
    private boolean answered;
    private boolean ended;
    private boolean dropped;
    private boolean reading;
    private long next;
    private long end;
    private long received;
    private int held;
    private boolean requested;
    private long lastProgress = System.nanoTime();

    /**
     * @param check looks at the answer's head, and says how many bytes come with it
     * @param first the place of the first of them in the file
     */
    HeadStart(Transfer.Check check, long first) {
        this.check = check;
        this.first = first;
        this.next = first;
        this.end = first;
    }

    /**
     * Waits for the answer's head.
     *
     * @param exchange fails if there is no answer
     * @throws SourceException as the check said
     */
    void awaitHead(CompletableFuture<?> exchange, Duration patience, URI url)
            throws SourceException, InterruptedException {
        var _ = exchange.whenComplete((response, thrown) -> {
            if (thrown != null) {
                failed(thrown);
            }
        });
        long left = patience.toNanos();
        lock.lockInterruptibly();
        try {
            while (!answered && !ended) {
                if (left <= 0) {
                    throw new SourceException.TimedOut("silent for too long: " + url);
                }
                left = changed.awaitNanos(left);
            }
            if (refusal != null) {
                throw refusal;
            }
            if (!answered && failure != null) {
                throw Transfer.broken(failure, url);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Where these bytes end in the file; 0 if no more of them come. */
    long end() {
        lock.lock();
        try {
            return dropped || next == end ? 0 : end;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Puts what there is of a block into its buffer, as it comes. Gives up, without a word, when there is no more: the
     * buffer's position tells how far it came. An interrupt ends the whole.
     *
     * @param into has exactly the block's length remaining
     * @param silence how long no byte may arrive
     * @param limit for the whole block, once it is its turn
     */
    void take(Block block, ByteBuffer into, Attempt attempt, Duration silence, Duration limit)
            throws InterruptedException {
        boolean mine = false;
        boolean whole = false;
        try {
            mine = awaitTurn(block.offset());
            if (mine) {
                attempt.cameWithLookup();
                long until = System.nanoTime() + limit.toNanos();
                while (into.hasRemaining() && move(into, silence, until)) {
                    attempt.arrived(into.position());
                }
            }
            whole = true;
        } finally {
            if (mine) {
                lock.lock();
                try {
                    reading = false;
                    changed.signalAll();
                } finally {
                    lock.unlock();
                }
            }
            if (!whole || (mine && into.hasRemaining())) {
                drop();
            }
        }
    }

    private boolean awaitTurn(long offset) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = TURN_NANOS;
            while (!dropped && next <= offset && offset < end) {
                if (!reading && next == offset) {
                    reading = true;
                    return true;
                }
                if (reading) {
                    changed.await();
                    left = TURN_NANOS;
                } else if (left <= 0) {
                    return false; // Those before it come from elsewhere, from a cache for example.
                } else {
                    left = changed.awaitNanos(left);
                }
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** False if nothing more comes. */
    private boolean move(ByteBuffer into, Duration silence, long until) throws InterruptedException {
        Flow.Subscription more = null;
        lock.lockInterruptibly();
        try {
            while (waiting.isEmpty()) {
                long now = System.nanoTime();
                long left = Math.min(silence.toNanos() - (now - lastProgress), until - now);
                if (dropped || ended || next >= end || left <= 0) {
                    return false;
                }
                long _ = changed.awaitNanos(left);
            }
            while (into.hasRemaining() && !waiting.isEmpty()) {
                ByteBuffer some = waiting.element();
                int count = Math.min(into.remaining(), some.remaining());
                into.put(into.position(), some, some.position(), count);
                into.position(into.position() + count);
                some.position(some.position() + count);
                held -= count;
                next += count;
                if (!some.hasRemaining()) {
                    waiting.remove();
                }
            }
            if (subscription != null && !requested && held < AHEAD) {
                requested = true;
                more = subscription;
            }
        } finally {
            lock.unlock();
        }
        if (more != null) {
            more.request(1);
        }
        return true;
    }

    /** Stops the transfer, unless it is over. Idempotent; any thread. */
    void drop() {
        Flow.Subscription open;
        boolean over;
        lock.lock();
        try {
            dropped = true;
            waiting.clear();
            open = subscription;
            over = ended && received == end - first;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (open != null && !over) {
            open.cancel();
        }
        body.complete(null);
    }

    @Override
    public HttpResponse.BodySubscriber<Void> apply(HttpResponse.ResponseInfo head) {
        lock.lock();
        try {
            lastProgress = System.nanoTime();
            int bytes = check.bodyBytes(head);
            end = first + Math.max(0, bytes);
            dropped |= bytes == Transfer.Check.HEAD_SUFFICES;
        } catch (SourceException e) {
            refusal = e;
            dropped = true;
        } finally {
            answered = true;
            changed.signalAll();
            lock.unlock();
        }
        return this;
    }

    @Override
    public void onSubscribe(Flow.Subscription opened) {
        boolean wanted;
        lock.lock();
        try {
            subscription = opened;
            wanted = !dropped;
            requested = wanted;
        } finally {
            lock.unlock();
        }
        if (wanted) {
            opened.request(1);
        } else {
            opened.cancel();
            over();
        }
    }

    @Override
    public void onNext(List<ByteBuffer> bytes) {
        boolean tooMuch;
        Flow.Subscription more = null;
        lock.lock();
        try {
            lastProgress = System.nanoTime();
            requested = false;
            if (dropped) {
                return;
            }
            for (ByteBuffer some : bytes) {
                received += some.remaining();
                held += some.remaining();
                waiting.add(some);
            }
            // What it sent before belongs to the file all the same: the head said so.
            tooMuch = received > end - first;
            if (!tooMuch && held < AHEAD) {
                requested = true;
                more = subscription;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (tooMuch) {
            drop();
        } else if (more != null) {
            more.request(1);
        }
    }

    @Override
    public void onComplete() {
        over();
    }

    @Override
    public void onError(Throwable thrown) {
        failed(thrown);
    }

    private void failed(Throwable thrown) {
        lock.lock();
        try {
            failure = thrown;
        } finally {
            lock.unlock();
        }
        over();
    }

    private void over() {
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        body.complete(null);
    }

    @Override
    public CompletionStage<Void> getBody() {
        return body;
    }
}
