package dev.millrace.server.http;

import dev.millrace.core.Cursor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.OpCode;

/**
 * One open WebSocket connection. All methods may be called by any thread; messages of several senders go out whole, one
 * after the other.
 */
public final class WebSocketSession {
    private final CoreSession connection;
    private final Edge edge;
    private final Signal gone = new Signal();
    private final CountDownLatch closed = new CountDownLatch(1);

    WebSocketSession(CoreSession connection, Edge edge) {
        this.connection = connection;
        this.edge = edge;
    }

    /**
     * Sends one text message and waits until the network has taken it. The bytes must be UTF-8 and are the caller's again
     * on return.
     *
     * @throws ClientGoneException if the connection is closed, or takes longer than {@link HttpLimits#writeTimeout()}; it
     *     is then cut
     */
    public void send(byte[] utf8) throws IOException {
        send(ByteBuffer.wrap(utf8));
    }

    /** Sends text as one message, as {@link #send(byte[])} does. */
    public void send(String text) throws IOException {
        send(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends what is in the buffer as one text message, as {@link #send(byte[])} does. */
    public void send(FrameBuffer message) throws IOException {
        send(message.view());
    }

    /** Begins to close the connection, and does not wait. The first close counts. */
    public void close(int code, String reason) {
        connection.close(code, reason, Callback.NOOP);
    }

    /** Whether nothing is known that speaks against sending. */
    public boolean open() {
        return !gone.fired() && connection.isOutputOpen();
    }

    /** Waits until the connection is closed, by whichever side. */
    public void awaitClose() throws InterruptedException {
        closed.await();
    }

    /** Runs {@code hook} once when the connection closes, on another thread; it must not block. */
    public void onGone(Runnable hook) {
        gone.add(hook);
    }

    /** Whether the server is stopping. The connection is then closed with 1001 without anyone's doing. */
    public boolean stopping() {
        return edge.stopping().fired();
    }

    /**
     * Sends a journal's entries as they come, until the framing says that the stream is complete, the journal ends, the
     * client is gone or the server stops. Entries that are there together (at most {@value EventStream#BATCH}) go out as
     * one message. Closes the cursor, but not the connection.
     *
     * @return why it ended; a client that leaves is no exception here
     */
    public <E> StreamEnd pump(Cursor<E> cursor, Framing<E> framing) throws IOException, InterruptedException {
        try (cursor;
                var gone = this.gone.add(cursor::close);
                var stopping = edge.stopping().add(cursor::close)) {
            // The server's own pings prove this stream alive.
            return new Pump<>(cursor, framing, this::send, () -> {})
                    .run(edge.sweeper(), this.gone::fired, this::stopping);
        }
    }

    void closed() {
        gone.fire();
        closed.countDown();
    }

    private void send(ByteBuffer utf8) throws IOException {
        var sent = new CompletableFuture<Void>();
        connection.sendFrame(
                new Frame(OpCode.TEXT, utf8),
                Callback.from(() -> sent.complete(null), sent::completeExceptionally),
                false);
        try {
            sent.get(edge.limits().writeTimeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new ClientGoneException(e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            // The message is half out: nothing can follow it.
            connection.abort();
            throw new ClientGoneException(e);
        } catch (InterruptedException e) {
            connection.abort();
            Thread.currentThread().interrupt();
            throw new ClientGoneException(e);
        }
    }
}
