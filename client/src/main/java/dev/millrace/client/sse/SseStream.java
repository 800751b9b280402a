package dev.millrace.client.sse;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP exchange whose response is read as server-sent events, or, if it turns out to be something else, as a whole.
 *
 * <p>Waiting happens on the thread that calls, which should be a virtual one; an interrupt ends the wait and the
 * exchange. {@link #close} may be called from any other thread at any moment, also before the first byte of a response:
 * it closes the connection and wakes whoever waits.
 */
public final class SseStream implements AutoCloseable {
    private final CompletableFuture<HttpResponse<ResponseBytes>> response = new CompletableFuture<>();
    private final ResponseBytes body = new ResponseBytes();
    private final Thread sender;
    private final Duration silence;
    private final SseReader reader;

    private SseStream(HttpClient http, HttpRequest request, Duration silence, int limit) {
        this.silence = silence;
        this.reader = new SseReader(limit);
        // Not sendAsync: it hands its result on through the common pool, where it waits behind whatever blocks there.
        this.sender = Thread.ofVirtual().name("request " + request.uri()).unstarted(() -> {
            try {
                response.complete(http.send(request, head -> body));
            } catch (IOException | InterruptedException | RuntimeException e) {
                response.completeExceptionally(e);
                body.onError(e); // for who reads without asking for the head first
            }
        });
    }

    /**
     * Sends the request and does not wait. How long the head of the response may take is the request's own timeout.
     *
     * @param silence how long the body may be silent: not one byte, not even a comment
     * @param limit the most bytes that one event may hold
     */
    public static SseStream open(HttpClient http, HttpRequest request, Duration silence, int limit) {
        var stream = new SseStream(http, request, silence, limit);
        stream.sender.start();
        return stream;
    }

    /** Waits for the head of the response: its status. */
    public int status() throws IOException, InterruptedException {
        return head().statusCode();
    }

    /** Waits for the head of the response: its headers. */
    public HttpHeaders headers() throws IOException, InterruptedException {
        return head().headers();
    }

    /** Waits for the head of the response: whether it says that an event stream follows. */
    public boolean isEventStream() throws IOException, InterruptedException {
        return headers()
                .firstValue("content-type")
                .map(type -> type.strip().toLowerCase(Locale.ROOT).startsWith("text/event-stream"))
                .orElse(false);
    }

    /**
     * Waits for the next event; null at the end of the response, or once this was closed.
     *
     * @throws java.net.http.HttpTimeoutException if the server was silent for too long
     * @throws SseOverflow if an event is too large
     * @throws IOException if the response was cut off
     */
    public @Nullable SseEvent next() throws IOException, InterruptedException {
        for (SseEvent event = reader.poll(); ; event = reader.poll()) {
            if (event != null) {
                return event;
            }
            List<ByteBuffer> piece = body.next(silence);
            if (piece.isEmpty()) {
                return null;
            }
            for (ByteBuffer bytes : piece) {
                reader.feed(bytes);
            }
        }
    }

    /** The body as a whole, for a response that is no event stream; what is longer than {@code limit} is cut off. */
    public byte[] body(int limit) throws IOException, InterruptedException {
        return body.readAll(limit, silence);
    }

    /** What to send as {@code Last-Event-ID} to resume; null if the server sent no ids. */
    public @Nullable String lastEventId() {
        return reader.lastEventId();
    }

    /** How long the server wants a client to wait before it reconnects; null if it did not say. */
    public @Nullable Duration retry() {
        return reader.retry();
    }

    /**
     * Instead of {@link #close}, once nothing more is wanted of a response that is about to end: returns at once, and
     * the connection can serve the next request if the response ends within {@code grace}. Nobody reads after this.
     */
    public void release(Duration grace) {
        body.drain(grace);
    }

    @Override
    public void close() {
        boolean over = body.ended();
        body.close();
        if (!over && !response.isDone()) {
            // Not once it is over: the sender may be about to return, and the client would close a connection that
            // already serves the next request.
            sender.interrupt();
        }
    }

    private HttpResponse<ResponseBytes> head() throws IOException, InterruptedException {
        try {
            return response.get();
        } catch (InterruptedException e) {
            close();
            throw e;
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException io -> throw io;
                case InterruptedException closed -> throw new IOException("closed before the server answered", closed);
                case null, default -> throw new IOException("the request failed: " + e.getMessage(), e);
            }
        }
    }
}
