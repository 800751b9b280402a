package dev.millrace.server.http;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpGenerator;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.eclipse.jetty.util.BufferUtil;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1 whose streams of events are in chunks that are whole as soon as they are sent. Jetty 12.1.12 sends the line break
 * that ends a chunk with the next chunk, and a client that waits for it (urllib3 does) would see each event one event late.
 */
final class Http1 extends HttpConnectionFactory {
    /** What a chunk of a stream ends with. */
    private static final byte[] BREAK = {'\r', '\n'};

    /** The same for the last, which brings the end of the response along. */
    private static final byte[] END = {'\r', '\n', '0', '\r', '\n', '\r', '\n'};

    /**
     * Gives back the buffer that a request was read into, 4 KiB outside of the heap. Jetty 12.1.12 does that when the request is
     * answered, and has no public way to do it before, when a stream that may last for hours begins.
     */
    private static final MethodHandle RELEASE;

    static {
        try {
            RELEASE = MethodHandles.privateLookupIn(HttpConnection.class, MethodHandles.lookup())
                    .findVirtual(HttpConnection.class, "releaseRequestBuffer", MethodType.methodType(void.class));
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    Http1(HttpConfiguration config) {
        super(config);
    }

    @Override
    public Connection newConnection(Connector connector, EndPoint endPoint) {
        var connection = new HttpConnection(getHttpConfiguration(), connector, endPoint) {
            @Override
            protected HttpGenerator newHttpGenerator() {
                return new Chunks();
            }
        };
        return configure(connection, connector, endPoint);
    }

    /** The request has been read, all of it, and its response will be long in coming: what it was read into is not needed. */
    static void rest(Request request) {
        if (request.getConnectionMetaData().getConnection() instanceof HttpConnection connection
                && connection.isRequestBufferEmpty()) {
            try {
                RELEASE.invokeExact(connection);
            } catch (Throwable e) {
                throw new IllegalStateException("Jetty did not release a buffer", e);
            }
        }
    }

    /** What chunks the response to this request; null if that is not HTTP/1. */
    static @Nullable Chunks of(Request request) {
        return request.getConnectionMetaData().getConnection() instanceof HttpConnection connection
                        && connection.getGenerator() instanceof Chunks chunks
                ? chunks
                : null;
    }

    /**
     * Makes chunks of what is written. It belongs to the one write that is under way: who writes tells it first how many bytes
     * at the end of the content are the {@linkplain #ending ending} of its chunk. Where the response turns out not to be
     * chunked (the client does not want to keep the connection), they are not sent.
     */
    static final class Chunks extends HttpGenerator {
        private int told;
        private boolean brought;
        private boolean over;

        /** What is to stand behind the content of a chunk of a stream. */
        static byte[] ending(boolean last) {
            return last ? END : BREAK;
        }

        /** The next content ends so. */
        void ends(boolean last) {
            told = ending(last).length;
        }

        /** No further request is read from the connection. */
        void closeAfter() {
            setPersistent(false);
        }

        @Override
        public void reset() {
            super.reset();
            brought = false;
            over = false;
        }

        @Override
        public Result generateResponse(
                MetaData.Response info,
                boolean head,
                ByteBuffer header,
                ByteBuffer chunk,
                ByteBuffer content,
                boolean last)
                throws IOException {
            int ending = BufferUtil.hasContent(content) ? told : 0;
            if (ending > 0) {
                content.limit(content.limit() - ending);
            }
            Result result = super.generateResponse(info, head, header, chunk, content, last);
            if (ending > 0 && (result != Result.FLUSH || isChunking())) {
                content.limit(content.limit() + ending);
            }
            if (result != Result.FLUSH) {
                return result;
            }
            if (over) {
                BufferUtil.clear(chunk); // it went out before
                return super.generateResponse(info, head, header, chunk, content, last);
            }
            if (brought) {
                chunk.position(chunk.position() + BREAK.length);
            }
            told = 0;
            brought = ending > 0 && isChunking();
            over = brought && ending == END.length;
            return result;
        }
    }
}
