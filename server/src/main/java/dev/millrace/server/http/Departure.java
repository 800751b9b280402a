package dev.millrace.server.http;

import java.io.IOException;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;

/**
 * Notices at once that an HTTP/1 client leaves while nothing is being read or written: it keeps asking the connection for
 * bytes, and the end of the stream is the news. (On HTTP/2 the server reads all the time anyway and tells by a failure
 * listener.)
 *
 * <p>Bytes that do come are thrown away. That is why a watched exchange says {@code Connection: close}: no further
 * request may come on its connection. A client that closes only its sending half counts as gone.
 */
final class Departure implements Callback {
    // A client has nothing to say while it listens. One that talks all the same is no longer listened to, so that it
    // is held up by its own send buffer; heartbeats still find out when it leaves.
    private static final int PATIENCE = 64 * 1024;

    private final EndPoint connection;
    private final Signal gone;
    private int swallowed;

    private Departure(EndPoint connection, Signal gone) {
        this.connection = connection;
        this.gone = gone;
    }

    static void watch(EndPoint connection, Signal gone) {
        connection.fillInterested(new Departure(connection, gone));
    }

    @Override
    public void succeeded() {
        var scratch = BufferUtil.allocate(1024);
        try {
            int filled;
            while ((filled = connection.fill(scratch)) > 0 && (swallowed += filled) < PATIENCE) {
                BufferUtil.clear(scratch);
            }
            if (filled < 0) {
                gone.fire();
            } else if (filled == 0) {
                connection.fillInterested(this);
            }
        } catch (IOException e) {
            gone.fire();
        }
    }

    @Override
    public void failed(Throwable cause) {
        gone.fire();
    }
}
