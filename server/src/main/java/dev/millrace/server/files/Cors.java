package dev.millrace.server.files;

import dev.millrace.server.http.Exchange;
import java.util.Set;

/**
 * Which pages of other origins may read files (Fetch Standard, CORS). None by default: a page could else read what only
 * its visitor's machine can reach. A signed link is its own permission, so every page that knows one may read it.
 *
 * @param origins such as {@code https://app.example.org}, or {@code *} for all
 */
record Cors(Set<String> origins) {
    /** What a player needs to seek. */
    private static final String EXPOSED = "Accept-Ranges, Content-Length, Content-Range, Content-Disposition, ETag";

    private static final String REQUEST_HEADERS =
            "Range, If-Range, If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since";

    Cors {
        origins = Set.copyOf(origins);
    }

    /** Adds what the page that asks may do, if it may do anything. */
    void allow(Exchange exchange, boolean byLink) {
        String origin = exchange.header("Origin").orElse("");
        boolean all = byLink || origins.contains("*");
        if (!all) {
            exchange.header("Vary", "Origin");
        }
        if (all || origins.contains(origin)) {
            exchange.header("Access-Control-Allow-Origin", all ? "*" : origin)
                    .header("Access-Control-Expose-Headers", EXPOSED)
                    // Pages that are isolated from others may embed what they may read.
                    .header("Cross-Origin-Resource-Policy", "cross-origin");
        }
    }

    /** The same for a preflight request, which also asks about methods and headers. */
    void allowPreflight(Exchange exchange, boolean byLink) {
        allow(exchange, byLink);
        exchange.header("Access-Control-Allow-Methods", "GET, HEAD")
                .header("Access-Control-Allow-Headers", REQUEST_HEADERS)
                .header("Access-Control-Max-Age", "86400");
    }
}
