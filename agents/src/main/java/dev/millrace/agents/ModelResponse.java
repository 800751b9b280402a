package dev.millrace.agents;

import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.net.http.HttpHeaders;
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
import org.apache.hc.core5.http.io.HttpClientConnection;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/** A model's answer whose head is here and whose body is read as it comes, by one thread. */
final class ModelResponse implements AutoCloseable {
    /** From so many reads on, an answer is one of many pieces: a timer for each would cost more than one for all. */
    private static final int MANY = 8;

    /** As much as a connection reads ahead. */
    private static final int AT_ONCE = 8 * 1024;

    /** The end of a chunk and the last chunk: with so much read ahead, the body's end is there. */
    private static final int END = "\r\n0\r\n\r\n".length();

    private final HttpUriRequestBase request;
    private final ClassicHttpResponse response;
    private final @Nullable HttpClientConnection connection;
    private final HttpHeaders headers;
    private final InputStream body;
    private final byte[] some = new byte[AT_ONCE];
    private boolean over;
    private Duration longest = Duration.ofDays(1);
    private int reads;
    private @Nullable Silence silence;

    ModelResponse(HttpUriRequestBase request, ClassicHttpResponse response, HttpContext exchange) throws IOException {
        this.request = request;
        this.response = response;
        connection = ModelConnection.of(exchange);
        headers = headers(response.getHeaders());
        HttpEntity entity = response.getEntity();
        body = entity == null ? InputStream.nullInputStream() : entity.getContent();
    }

    private static HttpHeaders headers(Header[] all) {
        Map<String, List<String>> byName = Stream.of(all)
                .collect(Collectors.groupingBy(
                        Header::getName,
                        () -> new TreeMap<>(String.CASE_INSENSITIVE_ORDER),
                        Collectors.mapping(Header::getValue, Collectors.toList())));
        return HttpHeaders.of(byName, (name, value) -> true);
    }

    int status() {
        return response.getCode();
    }

    HttpHeaders headers() {
        return headers;
    }

    /** How long nothing may come while the body is read. */
    void silence(Duration most) {
        longest = most;
        timeout(Timeout.ofMilliseconds(Math.max(1, most.toMillis())));
    }

    private void timeout(Timeout each) {
        if (connection != null) {
            connection.setSocketTimeout(each);
        }
    }

    /**
     * All that is there, and waits if nothing is; good until the next read. Null after the last.
     *
     * @throws java.net.SocketTimeoutException if nothing came for too long
     * @throws IOException if the body was cut off
     */
    @Nullable ByteBuffer read() throws IOException {
        if (++reads == MANY && connection != null) {
            timeout(Timeout.DISABLED);
            silence = new Silence(longest, request::cancel).start();
        }
        int count = silence == null ? body.read(some) : read(silence);
        over = count < 0;
        return over ? null : ByteBuffer.wrap(some, 0, count);
    }

    private int read(Silence watched) throws IOException {
        watched.waiting();
        try {
            return body.read(some);
        } catch (IOException e) {
            throw watched.tooLong() ? new SocketTimeoutException("nothing came for " + longest.toMillis() + " ms") : e;
        } finally {
            watched.came();
        }
    }

    /** All that is left, but no more than {@code limit} bytes. */
    byte[] readAll(int limit) throws IOException {
        byte[] all = body.readNBytes(limit);
        over = all.length < limit;
        return all;
    }

    /**
     * Instead of {@link #close}, once nothing more is wanted of an answer that is about to end: returns at once, and the
     * connection serves the next request if the answer ends within {@code grace}. Nobody reads after this.
     */
    void release(Duration grace) {
        unwatched();
        silence(grace);
        try {
            if (body.available() >= END) {
                end();
            } else {
                Thread.ofVirtual().name("end of " + request.getRequestUri()).start(this::end);
            }
        } catch (IOException e) {
            close();
        }
    }

    private void unwatched() {
        Silence watched = silence;
        if (watched != null) {
            watched.stop();
            silence = null;
        }
    }

    /** The end is waited for, but nothing else. */
    private void end() {
        try {
            over = over || body.read() < 0;
        } catch (IOException e) {
            // then it has no end
        } finally {
            close();
        }
    }

    /** The connection is kept if all of the body was read, else it is cut. */
    @Override
    public void close() {
        unwatched();
        try {
            if (!over) {
                request.cancel(); // the client would read all that is left, and that may be much
            }
            response.close();
        } catch (IOException e) {
            request.cancel();
        }
    }
}
