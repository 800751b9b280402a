package dev.millrace.files;

import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;

/** An answer whose head is here and whose body is read as it comes. Used by one thread at a time, except {@link #cut}. */
final class Answer implements HttpResponse.ResponseInfo, AutoCloseable {
    /** What the JDK's sockets read at most in one go. */
    private static final int MOST_AT_ONCE = 64 << 10;

    private final HttpUriRequestBase request;
    private final ClassicHttpResponse response;
    private final HttpHeaders headers;
    private final InputStream body;
    private byte[] some = {};

    /** Of the body; -1 if that was not announced. */
    private long left;

    private boolean over;
    private long limitNanos = Long.MAX_VALUE;
    private long since;
    private boolean closed;

    Answer(HttpUriRequestBase request, ClassicHttpResponse response) throws IOException {
        this.request = request;
        this.response = response;
        this.headers = headers(response.getHeaders());
        HttpEntity entity = response.getEntity();
        this.body = entity == null ? InputStream.nullInputStream() : entity.getContent();
        this.left = entity == null ? 0 : entity.getContentLength();
    }

    private static HttpHeaders headers(Header[] all) {
        Map<String, List<String>> byName = Stream.of(all)
                .collect(Collectors.groupingBy(
                        Header::getName,
                        () -> new TreeMap<>(String.CASE_INSENSITIVE_ORDER),
                        Collectors.mapping(Header::getValue, Collectors.toList())));
        return HttpHeaders.of(byName, (name, value) -> true);
    }

    @Override
    public int statusCode() {
        return response.getCode();
    }

    @Override
    public HttpHeaders headers() {
        return headers;
    }

    @Override
    public HttpClient.Version version() {
        return HttpClient.Version.HTTP_1_1;
    }

    /** What is read from now on may take so long in all; how long nothing may come was said with the request. */
    void limit(Duration whole) {
        since = System.nanoTime();
        limitNanos = whole.toNanos();
    }

    /**
     * Reads what is there, and waits for it.
     *
     * @param into has something remaining
     * @return how many bytes; -1 after the last
     * @throws SocketTimeoutException if nothing came for too long, or all of it took too long
     * @throws IOException if the connection ended before the body did
     */
    int read(ByteBuffer into) throws IOException, InterruptedException {
        if (System.nanoTime() - since > limitNanos) {
            throw new SocketTimeoutException("it took too long");
        }
        int wanted = Math.min(into.remaining(), MOST_AT_ONCE);
        if (some.length < wanted) {
            some = new byte[wanted];
        }
        try {
            int count = body.read(some, 0, wanted);
            if (count > 0) {
                into.put(some, 0, count);
                left -= left > 0 ? count : 0;
            }
            over |= count < 0;
            return count;
        } catch (IOException e) {
            throw interrupted(e);
        }
    }

    /** Whether the body has ended. May wait to learn that, if its length was not announced. */
    boolean isOver() throws IOException, InterruptedException {
        try {
            over |= body.read() < 0;
            return over;
        } catch (IOException e) {
            throw interrupted(e);
        }
    }

    /** A thread that is interrupted while it waits for a socket meets an I/O error. */
    static IOException interrupted(IOException e) throws InterruptedException {
        if (Thread.interrupted()) {
            InterruptedException interrupt = new InterruptedException("nobody waits for this answer any more");
            interrupt.initCause(e);
            throw interrupt;
        }
        return e;
    }

    /** Stops it, whoever reads. Any thread; idempotent. */
    void cut() {
        request.cancel();
    }

    /** By who read it: the connection is kept if all of the body was read, else it is cut. Idempotent. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            // The client would read all that is left, and that may be much.
            if (!over && (left != 0 || body.read() >= 0)) {
                cut();
            }
            response.close();
        } catch (IOException e) {
            cut();
        }
    }
}
