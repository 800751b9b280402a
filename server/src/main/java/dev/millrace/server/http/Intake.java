package dev.millrace.server.http;

import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/**
 * A body of HTTP/1 that is longer than what came with its head, taken from the connection in large pieces.
 *
 * <p>A connection keeps the buffer that it read a request into until the request is answered, which a stream may take hours
 * for. So that buffer is small, and a long body, each of whose pieces costs a call of the system, must not be read into it.
 * Jetty 12.1.12 takes another buffer, of the size that is set by then, for the piece after one that is still held.
 */
final class Intake implements Content.Source, AutoCloseable {
    /** Room for the head of nearly every request, and its body if that is small. The smallest that Jetty pools. */
    static final int SMALL = 4 << 10;

    private static final int LARGE = 64 << 10;

    private final Content.Source source;
    private final AbstractConnection connection;
    private Content.@Nullable Chunk first;
    private boolean second;

    private Intake(Content.Source source, AbstractConnection connection) {
        this.source = source;
        this.connection = connection;
    }

    /** The request's body in this way; null where there is nothing to gain. */
    static @Nullable Intake of(Request request) {
        boolean http1 = request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_1_1;
        boolean small = request.getLength() >= 0 && request.getLength() <= SMALL;
        if (!http1 || small || !(request.getConnectionMetaData().getConnection() instanceof AbstractConnection c)) {
            return null;
        }
        c.setInputBufferSize(LARGE);
        return new Intake(request, c);
    }

    @Override
    public long getLength() {
        return source.getLength();
    }

    @Override
    public Content.@Nullable Chunk read() {
        Content.Chunk chunk = source.read();
        if (chunk != null && !second) {
            if (first != null) {
                second = true;
                letGo();
            } else if (chunk.hasRemaining() && chunk.canRetain()) {
                chunk.retain();
                first = chunk;
            }
        }
        return chunk;
    }

    private void letGo() {
        if (first != null) {
            first.release();
            first = null;
        }
    }

    @Override
    public void demand(Runnable demandCallback) {
        source.demand(demandCallback);
    }

    @Override
    public void fail(Throwable failure) {
        source.fail(failure);
    }

    /** The next request's head is small again. */
    @Override
    public void close() {
        letGo();
        connection.setInputBufferSize(SMALL);
    }
}
