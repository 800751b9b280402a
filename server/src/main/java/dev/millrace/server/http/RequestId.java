package dev.millrace.server.http;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;

/**
 * The name that a request goes by in logs, and in the response: the client's own if it sent one that can stand there, else
 * a new one. It tells requests apart for people who read logs, and promises nothing more.
 */
final class RequestId {
    /** The header, and the name in the log's context. */
    static final String HEADER = "X-Request-Id";

    /** As long as what proxies make, with room: an UUID has 36, a W3C trace with its span 55. */
    private static final int LONGEST = 128;

    private static final String ATTRIBUTE = "millrace.requestId";

    private RequestId() {}

    /** The request's id; the same each time. */
    static String of(Request request) {
        if (request.getAttribute(ATTRIBUTE) instanceof String known) {
            return known;
        }
        String sent = request.getHeaders().get(HEADER);
        String id = sent != null && sane(sent) ? sent : made();
        request.setAttribute(ATTRIBUTE, id);
        return id;
    }

    static void give(Request request, Response response) {
        response.getHeaders().put(HEADER, of(request));
    }

    /** Visible ASCII, which cannot end a line of a log or colour a terminal, and not too much of it. */
    static boolean sane(String id) {
        if (id.isEmpty() || id.length() > LONGEST) {
            return false;
        }
        for (int i = 0; i < id.length(); i++) {
            if (id.charAt(i) <= 0x20 || id.charAt(i) >= 0x7f) {
                return false;
            }
        }
        return true;
    }

    /** Not a secret, so of a generator that waits for nobody. */
    private static String made() {
        return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    }
}
