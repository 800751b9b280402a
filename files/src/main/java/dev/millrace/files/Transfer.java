package dev.millrace.files;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP request whose body goes into a buffer while it arrives. Used once.
 *
 * <p>The client's threads write into the buffer, and the caller's thread waits. When the caller stops waiting, for
 * whatever reason, the buffer is taken away from the client's threads under the lock before {@link #run} ends: it may be
 * lent to another transfer at once, and a late byte must not reach it. A transfer that is not over by then is cut, which
 * closes its connection.
 */
final class Transfer implements HttpResponse.BodyHandler<Void>, HttpResponse.BodySubscriber<Void> {

    /** Looks at an answer's head before any of its body is taken. */
    @FunctionalInterface
    interface Check {
        /** The head says it all: leave the body, whatever it is, and end well. */
        int HEAD_SUFFICES = -1;

        /**
         * @return how many bytes of body to take; an answer that brings more or fewer fails. Or {@link #HEAD_SUFFICES}
         * @throws SourceException to refuse the answer and cut the connection
         */
        int bodyBytes(HttpResponse.ResponseInfo head) throws SourceException;
    }

    private final Check check;
    private final IntConsumer progress;
    private final CompletableFuture<Void> body = new CompletableFuture<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition over = lock.newCondition();

    // All below by the lock.
    private @Nullable ByteBuffer into;
    private Flow.@Nullable Subscription subscription;
    private @Nullable SourceException refusal;
    private @Nullable Throwable failure;
    private boolean ended;
    private boolean headSuffices;
    private int missing;
    private long lastProgress = System.nanoTime();

    /** @param into where the body goes, from its position on */
    Transfer(Check check, ByteBuffer into) {
        this(check, into, position -> {});
    }

    /** @param progress is told the buffer's position when it has moved; by the client's threads, until {@link #run} ends */
    Transfer(Check check, ByteBuffer into, IntConsumer progress) {
        this.check = check;
        this.into = into;
        this.progress = progress;
    }

    /**
     * Sends the request and waits for the whole body.
     *
     * @param silence how long neither the answer's head nor a byte of its body may arrive
     * @param limit for the whole
     */
    void run(HttpClient client, HttpRequest request, Duration silence, Duration limit)
            throws SourceException, InterruptedException {
        long start = System.nanoTime();
        CompletableFuture<HttpResponse<Void>> exchange = client.sendAsync(request, this);
        var _ = exchange.whenComplete((response, thrown) -> end(thrown));
        boolean whole = false;
        // Not interruptibly: from here on the transfer must be cut and the buffer taken away, whatever happens.
        lock.lock();
        try {
            while (!ended) {
                long now = System.nanoTime();
                long patience = Math.min(silence.toNanos() - (now - lastProgress), limit.toNanos() - (now - start));
                if (patience <= 0) {
                    throw new SourceException.TimedOut("silent for too long: " + request.uri());
                }
                var _ = over.awaitNanos(patience);
            }
            throwIfBroken(request);
            whole = true;
        } finally {
            into = null;
            lock.unlock();
            if (!whole) {
                cut(exchange);
            }
        }
    }

    private void throwIfBroken(HttpRequest request) throws SourceException {
        if (refusal != null) {
            throw refusal;
        }
        if (headSuffices) {
            return;
        }
        if (missing == 0 && subscription != null) {
            return; // Every byte that was announced is here; how the connection ended no longer matters.
        }
        throw failure == null
                ? SourceException.Failed.passing(missing + " bytes short: " + request.uri(), null)
                : broken(failure, request.uri());
    }

    /** What it means that a request ended with this instead of an answer. */
    static SourceException broken(Throwable failure, URI url) {
        return switch (failure) {
            case CompletionException wrapped when wrapped.getCause() != null -> broken(wrapped.getCause(), url);
            case HttpTimeoutException timeout -> new SourceException.TimedOut("no connection: " + url);
            case IOException broken ->
                SourceException.Failed.passing("connection failed: " + url + ": " + broken, broken);
            default -> new SourceException.Failed("request failed: " + url, failure);
        };
    }

    private void cut(CompletableFuture<?> exchange) {
        Flow.Subscription open;
        lock.lock();
        try {
            open = subscription;
        } finally {
            lock.unlock();
        }
        if (open != null) {
            open.cancel();
        }
        exchange.cancel(true);
    }

    @Override
    public HttpResponse.BodySubscriber<Void> apply(HttpResponse.ResponseInfo head) {
        lock.lock();
        try {
            lastProgress = System.nanoTime();
            int bytes = check.bodyBytes(head);
            headSuffices = bytes == Check.HEAD_SUFFICES;
            missing = Math.max(0, bytes);
        } catch (SourceException e) {
            refusal = e;
        } finally {
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
            wanted = into != null && refusal == null && !headSuffices;
        } finally {
            lock.unlock();
        }
        if (wanted) {
            opened.request(Long.MAX_VALUE);
        } else {
            opened.cancel();
            end(null);
        }
    }

    @Override
    public void onNext(List<ByteBuffer> bytes) {
        boolean tooMuch = false;
        lock.lock();
        try {
            lastProgress = System.nanoTime();
            for (ByteBuffer some : bytes) {
                if (into == null || tooMuch) {
                    break;
                }
                tooMuch = some.remaining() > missing;
                if (!tooMuch) {
                    missing -= some.remaining();
                    into.put(some);
                }
            }
            if (tooMuch) {
                refusal = new SourceException.Failed("the origin sent more bytes than it announced");
            } else if (into != null) {
                progress.accept(into.position());
            }
        } finally {
            lock.unlock();
        }
        if (tooMuch) {
            end(null);
        }
    }

    @Override
    public void onComplete() {
        end(null);
    }

    @Override
    public void onError(Throwable thrown) {
        end(thrown);
    }

    /** The first end counts. */
    private void end(@Nullable Throwable thrown) {
        lock.lock();
        try {
            if (!ended) {
                ended = true;
                failure = thrown instanceof CompletionException wrapped && wrapped.getCause() != null
                        ? wrapped.getCause()
                        : thrown;
                over.signalAll();
            }
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
