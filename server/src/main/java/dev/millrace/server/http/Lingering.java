package dev.millrace.server.http;

import java.io.IOException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;

/**
 * Listens on for a while to a client that was answered before it had said everything. To close an HTTP/1 connection under
 * bytes that still arrive resets it, and the reset can overtake the answer (RFC 9112, section 9.6). On HTTP/2 Jetty
 * 12.1.12 resets such a stream with CANCEL, and clients take that to mean that the answer is not to be trusted.
 */
final class Lingering {
    // Nothing that is read here is kept; the bound only says how much of another's time we take part in.
    private static final long PATIENCE = 8L << 20;

    private Lingering() {}

    /** Reads what is left of the body and throws it away, up to a bound; the idle timeout ends it for a silent client. */
    static void hearOut(Request request) {
        // Who waits to be told to go on has sent nothing, and reading would tell it to.
        if (request.getHeaders().contains(HttpHeader.EXPECT)) {
            return;
        }
        try (var body = Content.Source.asInputStream(request)) {
            if (body.read() < 0) {
                return; // as nearly always: all was heard before
            }
            byte[] thrownAway = new byte[8192];
            long heard = 1;
            for (int n; heard < PATIENCE && (n = body.read(thrownAway)) >= 0; ) {
                heard += n;
            }
        } catch (IOException e) {
            // It left, or fell silent: it has its answer, or never will.
        }
    }
}
