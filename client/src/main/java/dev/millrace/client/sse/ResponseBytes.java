package dev.millrace.client.sse;

import static java.util.Objects.requireNonNull;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A response's body as it comes, pulled by the thread that wants it.
 *
 * <p>The JDK's own stream body waits without a deadline, so a silent server would hold its reader forever, and closing
 * it from outside does not wake the reader. Here a wait has a deadline and {@link #close} ends it. One piece is asked
 * for at a time: a slow reader holds the server back rather than filling memory.
 */
final class ResponseBytes implements BodySubscriber<ResponseBytes>, AutoCloseable {
    private static final List<ByteBuffer> END = List.of();

    private final LinkedBlockingQueue<List<ByteBuffer>> pieces = new LinkedBlockingQueue<>();
    private volatile Flow.@Nullable Subscription subscription;
    private volatile @Nullable Throwable failure;
    private volatile boolean closed;
    private volatile boolean draining;
    private volatile boolean ended;

    @Override
    public CompletionStage<ResponseBytes> getBody() {
        return CompletableFuture.completedStage(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        subscription = given;
        if (closed) { // read after the write above, as close() reads after its own: one of the two cancels
            given.cancel();
        } else {
            given.request(1);
        }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        pieces.add(buffers);
        if (draining) {
            dropPiece();
        }
    }

    @Override
    public void onError(Throwable thrown) {
        failure = thrown;
        ended = true;
        pieces.add(END);
    }

    @Override
    public void onComplete() {
        ended = true;
        pieces.add(END);
    }

    /**
     * The next piece; empty at the end of the body or after {@link #close}.
     *
     * @throws HttpTimeoutException if nothing came for {@code silence}
     * @throws IOException if the body was cut off
     */
    List<ByteBuffer> next(Duration silence) throws IOException, InterruptedException {
        List<ByteBuffer> piece = pieces.poll();
        if (piece == null) {
            piece = pieces.poll(silence.toNanos(), TimeUnit.NANOSECONDS);
        }
        if (closed) {
            return END;
        }
        if (piece == null) {
            throw new HttpTimeoutException("the server sent nothing for " + silence.toSeconds() + " s");
        }
        if (piece.isEmpty()) {
            pieces.add(END); // whoever asks again gets the same answer
            Throwable thrown = failure;
            if (thrown != null) {
                throw new IOException("the answer was cut off: " + thrown.getMessage(), thrown);
            }
            return END;
        }
        requireNonNull(subscription).request(1);
        return piece;
    }

    /** Whether all of it has come, or none will. */
    boolean ended() {
        return ended;
    }

    /** All that is left, but no more than {@code limit} bytes; the rest is thrown away. */
    byte[] readAll(int limit, Duration silence) throws IOException, InterruptedException {
        var all = new ByteArrayOutputStream();
        List<ByteBuffer> piece = next(silence);
        while (!piece.isEmpty() && all.size() < limit) {
            for (ByteBuffer buffer : piece) {
                byte[] bytes = new byte[Math.min(buffer.remaining(), limit - all.size())];
                buffer.get(bytes);
                all.write(bytes, 0, bytes.length);
            }
            piece = all.size() < limit ? next(silence) : END;
        }
        return all.toByteArray();
    }

    /**
     * Lets the body end by itself, unread and without waiting for it, so that its connection can serve the next request;
     * closes it if that takes longer than {@code grace}. Nobody reads after this.
     */
    void drain(Duration grace) {
        draining = true;
        dropPiece();
        if (!ended) {
            CompletableFuture.delayedExecutor(grace.toNanos(), TimeUnit.NANOSECONDS)
                    .execute(this::close);
        }
    }

    /** Asks for one more piece for the one it takes; of two threads that try, one gets it. */
    private void dropPiece() {
        List<ByteBuffer> piece = pieces.poll();
        if (piece != null && !piece.isEmpty()) {
            requireNonNull(subscription).request(1);
        }
    }

    /** Closes the connection if the body has not ended, and wakes the reader. Any thread; idempotent. */
    @Override
    public void close() {
        closed = true;
        pieces.add(END);
        Flow.Subscription given = subscription;
        if (given != null) {
            given.cancel();
        }
    }
}
