package dev.millrace.server.a2a;

import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import java.util.Locale;

/** The two names that A2A's JSON goes by: its own (v1.0.1, 11.1), and the one of v1.0.0. */
final class MediaTypes {
    static final String JSON = "application/json";
    static final String A2A_JSON = "application/a2a+json";

    private MediaTypes() {}

    /**
     * Takes a body of either name. This is also what keeps a web page from posting here without asking: a browser must ask
     * for these types (CORS).
     *
     * @throws HttpProblem 415 for any other
     */
    static void requireJson(Exchange exchange) throws HttpProblem {
        String essence = essence(exchange.header("Content-Type").orElse(""));
        if (!essence.equals(JSON) && !essence.equals(A2A_JSON)) {
            throw new HttpProblem(
                    415,
                    "unsupported-media-type",
                    "The media type is not supported",
                    "Send the body with Content-Type: application/json (or application/a2a+json).");
        }
    }

    /** What to answer with: what the client accepts by name, else what it sent itself, else A2A's own. */
    static String answering(Exchange exchange) {
        String accept = String.join(",", exchange.headers("Accept")).toLowerCase(Locale.ROOT);
        if (accept.contains(A2A_JSON)) {
            return A2A_JSON;
        }
        if (accept.contains(JSON)) {
            return JSON;
        }
        return essence(exchange.header("Content-Type").orElse("")).equals(JSON) ? JSON : A2A_JSON;
    }

    private static String essence(String type) {
        int parameters = type.indexOf(';');
        return (parameters < 0 ? type : type.substring(0, parameters)).strip().toLowerCase(Locale.ROOT);
    }
}
