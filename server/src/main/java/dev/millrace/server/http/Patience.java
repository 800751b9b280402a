package dev.millrace.server.http;

import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.HTTP2Stream;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/**
 * Lets an endpoint think for longer than the idle timeout, but not a client read or send for longer.
 *
 * <p>When a request is idle, Jetty first fails a read or write that waits; only if there is none it asks this listener,
 * which says that no harm is done. But on HTTP/2 Jetty 12.1.12 asks only once: when the time is over again, it resets the
 * stream. So from the first time on, the stream's timeout is on only while something is read or written.
 */
final class Patience implements Predicate<TimeoutException> {
    private static final int OFF = 0;

    private final @Nullable HTTP2Stream stream;
    private final int idle;
    private final AtomicBoolean used = new AtomicBoolean();

    private Patience(@Nullable HTTP2Stream stream, Duration idle) {
        this.stream = stream;
        this.idle = (int) Math.min(idle.toMillis(), Integer.MAX_VALUE);
    }

    /** Has patience with this request from now on. */
    static Patience with(Request request, Duration idle) {
        HTTP2Stream stream = null;
        if (request.getConnectionMetaData().getConnection() instanceof HTTP2Connection connection) {
            stream = connection.getSession().getStream(Integer.parseInt(request.getId()));
        }
        var patience = new Patience(stream, idle);
        request.addIdleTimeoutListener(patience);
        return patience;
    }

    /** The idle timeout has passed, and nothing is being read or written: false, it is no failure. */
    @Override
    public boolean test(TimeoutException timeout) {
        used.set(true);
        if (stream != null) {
            stream.setIdleTimeout(OFF);
        }
        return false;
    }

    /** The client's turn: something is about to be read or written. */
    void lose() {
        if (stream != null && used.get()) {
            stream.setIdleTimeout(idle);
        }
    }

    /** Our turn again. */
    void regain() {
        if (stream != null && used.get()) {
            stream.setIdleTimeout(OFF);
        }
    }
}
