package dev.millrace.agents;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import javax.net.ssl.SSLSocket;
import org.apache.hc.client5.http.impl.io.DefaultManagedHttpClientConnection;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.impl.io.HttpRequestExecutor;
import org.apache.hc.core5.http.impl.io.SocketHolder;
import org.apache.hc.core5.http.io.HttpClientConnection;
import org.apache.hc.core5.http.io.HttpResponseInformationCallback;
import org.apache.hc.core5.http.io.SessionInputBuffer;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.jspecify.annotations.Nullable;

/**
 * A connection whose bodies are read as they came off the socket, however the server cut them into HTTP chunks: servers put
 * each token into one of its own, and a read would end with it even where many are there.
 */
final class ModelConnection extends DefaultManagedHttpClientConnection {
    private static final String NOTE = ModelConnection.class.getName();

    ModelConnection() {
        super("model");
    }

    // The client would log what is said, where somebody wants to know all about its connections: not a word of that
    // here.

    @Override
    public void bind(Socket socket) throws IOException {
        bind(new SocketHolder(socket));
    }

    @Override
    public void bind(SSLSocket secure, Socket socket) throws IOException {
        bind(new SocketHolder(secure, socket));
    }

    @Override
    protected void onRequestSubmitted(ClassicHttpRequest request) {}

    @Override
    protected void onResponseReceived(ClassicHttpResponse response) {}

    @Override
    protected InputStream createContentInputStream(long length, SessionInputBuffer ahead, InputStream socket) {
        return new Body(super.createContentInputStream(length, ahead, socket), ahead);
    }

    /** Which connection an exchange goes over, for whoever reads its answer. */
    static @Nullable HttpClientConnection of(HttpContext exchange) {
        return (HttpClientConnection) exchange.getAttribute(NOTE);
    }

    /** Notes that. */
    static final class Noted extends HttpRequestExecutor {
        @Override
        public ClassicHttpResponse execute(
                ClassicHttpRequest request,
                HttpClientConnection connection,
                HttpResponseInformationCallback hints,
                HttpContext exchange)
                throws IOException, HttpException {
            exchange.setAttribute(NOTE, connection);
            return super.execute(request, connection, hints, exchange);
        }
    }

    private static final class Body extends FilterInputStream {
        /** A larger read would go past what is read ahead, and take one chunk at most. */
        private static final int STEP = 512;

        /** So much may be there of a chunk without its first byte: the ends of two lines and the length, below 16 MiB. */
        private static final int HEADER = 10;

        private final SessionInputBuffer ahead;

        Body(InputStream chunks, SessionInputBuffer ahead) {
            super(chunks);
            this.ahead = ahead;
        }

        @Override
        public int read(byte[] into, int from, int most) throws IOException {
            int count = in.read(into, from, Math.min(most, STEP));
            for (int more = count; more > 0 && count < most && ahead.length() > HEADER; ) {
                more = in.read(into, from + count, Math.min(most - count, STEP));
                count += Math.max(more, 0);
            }
            return count;
        }

        /** What was read ahead: the end of the body, if that is there. */
        @Override
        public int available() {
            return ahead.length();
        }
    }
}
