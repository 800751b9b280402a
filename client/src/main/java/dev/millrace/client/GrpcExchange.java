package dev.millrace.client;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.IOException;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One gRPC call, read by the thread that waits for its messages. At most {@link #AHEAD} messages are here and unread: a
 * slow reader holds the server back rather than filling memory. Any thread may close it.
 *
 * @param <R> what it answers with
 */
final class GrpcExchange<R> implements AutoCloseable {
    /** Enough that a reader seldom waits for a round trip, few enough to cost nothing. */
    private static final int AHEAD = 32;

    /** What a call brings, in the order in which it came. */
    private sealed interface Brought<R> {}

    private record Answer<R>(R answer) implements Brought<R> {}

    private record End<R>(Status status, Metadata trailers) implements Brought<R> {}

    private final ClientCall<?, R> call;
    private final LinkedBlockingQueue<Brought<R>> queue = new LinkedBlockingQueue<>();
    private volatile boolean closed;

    private GrpcExchange(ClientCall<?, R> call) {
        this.call = call;
    }

    /** Sends the request and does not wait. */
    static <P, R> GrpcExchange<R> start(ClientCall<P, R> call, P request, Metadata headers) {
        var exchange = new GrpcExchange<>(call);
        call.start(exchange.listener(), headers);
        call.request(AHEAD);
        call.sendMessage(request);
        call.halfClose();
        return exchange;
    }

    private ClientCall.Listener<R> listener() {
        return new ClientCall.Listener<>() {
            @Override
            public void onMessage(R message) {
                queue.add(new Answer<>(message));
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
                queue.add(new End<>(status, trailers));
            }
        };
    }

    /**
     * Waits for the next message; null at the end, or once closed.
     *
     * @param patience how long to wait; null for as long as it takes
     * @throws A2aException if the server refused
     */
    @Nullable R next(@Nullable Duration patience) throws IOException, InterruptedException {
        Brought<R> next = patience == null ? queue.take() : queue.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
        if (closed) {
            return null;
        }
        return switch (next) {
            case null -> throw new HttpTimeoutException("the server sent nothing in time");
            case Answer<R> answer -> {
                call.request(1);
                yield answer.answer();
            }
            case End<R> end -> {
                queue.add(end); // whoever asks again gets the same answer
                if (end.status().isOk()) {
                    yield null;
                }
                throw GrpcRefusal.of(end.status(), end.trailers());
            }
        };
    }

    @Override
    public void close() {
        closed = true;
        call.cancel("closed by its reader", null);
        queue.add(new End<>(Status.CANCELLED, new Metadata()));
    }
}
