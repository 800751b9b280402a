package dev.millrace.server.http;

import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jetty.io.AbstractEndPoint;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;

/**
 * Notices at once that an HTTP/1 client leaves while nothing is being read or written: it keeps asking the connection for
 * bytes, and the end of the stream is the news. (On HTTP/2 the server reads all the time anyway and tells by a failure
 * listener.)
 *
 * <p>Bytes that do come are thrown away: a client that sends its next request before it has the whole answer finds its
 * connection closed behind that. A client that closes only its sending half counts as gone.
 *
 * <p>Jetty breaks a connection off when its response is complete and someone still waits for bytes; so the watch must be
 * {@link #end ended} before.
 */
final class Departure implements Callback {
    // A client has nothing to say while it listens. One that talks all the same is no longer listened to, so that it
    // is held up by its own send buffer; heartbeats still find out when it leaves.
    private static final int PATIENCE = 64 * 1024;

    private final EndPoint connection;
    private final Signal gone;
    // Held for a moment and never while blocked: filling takes what is there.
    private final ReentrantLock lock = new ReentrantLock();
    private int swallowed;
    private boolean over;

    private Departure(EndPoint connection, Signal gone) {
        this.connection = connection;
        this.gone = gone;
    }

    static Departure watch(EndPoint connection, Signal gone) {
        var departure = new Departure(connection, gone);
        connection.fillInterested(departure);
        return departure;
    }

    /** No more watching: the connection is Jetty's again. False if something that came on it was thrown away. Idempotent. */
    boolean end() {
        boolean whole;
        lock.lock();
        try {
            if (over) {
                return swallowed == 0;
            }
            over = true;
            whole = swallowed == 0;
        } finally {
            lock.unlock();
        }
        if (connection instanceof AbstractEndPoint endPoint) {
            endPoint.getFillInterest().onFail(new IOException("no longer watched"));
        }
        return whole;
    }

    @Override
    public void succeeded() {
        if (left()) {
            gone.fire();
        }
    }

    @Override
    public void failed(Throwable cause) {
        lock.lock();
        try {
            if (over) {
                return;
            }
        } finally {
            lock.unlock();
        }
        gone.fire();
    }

    private boolean left() {
        lock.lock();
        try {
            if (over) {
                return false;
            }
            var scratch = BufferUtil.allocate(1024);
            while (swallowed < PATIENCE) {
                BufferUtil.clear(scratch);
                int filled = connection.fill(scratch);
                if (filled < 0) {
                    return true;
                }
                if (filled == 0) {
                    connection.fillInterested(this);
                    return false;
                }
                swallowed += filled;
            }
            return false;
        } catch (IOException e) {
            return true;
        } finally {
            lock.unlock();
        }
    }
}
