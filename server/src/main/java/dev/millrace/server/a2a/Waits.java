package dev.millrace.server.a2a;

import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Ends a wait whose client has left, or whose server stops. */
final class Waits {
    private Waits() {}

    static void endWith(Exchange exchange, AutoCloseable wait) {
        Runnable end = () -> close(wait);
        exchange.onStopping(end);
        if (exchange.protocol().equals("HTTP/2.0")) {
            // On HTTP/1 this would cost the connection, and the wait is short.
            try {
                exchange.onGone(end);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (HttpProblem e) {
                throw new IllegalStateException("the body has been read before", e);
            }
        }
    }

    private static void close(AutoCloseable wait) {
        try {
            wait.close();
        } catch (Exception e) {
            throw new IllegalStateException("closing a cursor does not fail", e);
        }
    }
}
