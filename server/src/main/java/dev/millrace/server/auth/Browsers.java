package dev.millrace.server.auth;

import dev.millrace.server.http.Arrival;
import dev.millrace.server.http.Gate.Welcome;
import dev.millrace.server.http.HttpProblem;
import java.net.URI;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What pages in a browser may do here. A browser reaches what its user reaches, this machine's own servers too, and does
 * so for any page that it shows; so two things are checked:
 *
 * <ul>
 *   <li>the name that the server is called by (against DNS rebinding, where the name of a foreign page comes to mean this
 *       machine): an address and {@code localhost} are always right, for nobody can make them mean something else;
 *   <li>the page's origin: one that is neither ours nor allowed can change nothing and open no WebSocket, and the browser
 *       lets it read nothing (Fetch Standard, 3.2).
 * </ul>
 *
 * @param anyName whether the server may be called by any name
 * @param hosts names that it may be called by
 * @param origins whose pages may use it as if they were its own
 */
record Browsers(boolean anyName, Set<String> hosts, Set<String> origins) {
    private static final Pattern ADDRESS = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|\\[[0-9A-Fa-f:.%a-z]+]");

    /** Headers of answers that pages want to read. */
    private static final String EXPOSED =
            "A2A-Extensions, A2A-Version, Accept-Ranges, Content-Disposition, Content-Range,"
                    + " ETag, Idempotency-Replayed, Link, Location, Retry-After, Tus-Resumable, Upload-Length, Upload-Offset,"
                    + " WWW-Authenticate";

    private static final Pattern HEADER_NAMES = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~, -]{0,1024}");

    Browsers {
        hosts = Set.copyOf(hosts);
        origins = Set.copyOf(origins);
    }

    Welcome admit(Arrival arrival) throws HttpProblem {
        checkName(arrival);
        String origin = arrival.header("Origin").orElse(null);
        if (origin == null) {
            return Welcome.SILENT;
        }
        if (ours(origin, arrival)) {
            return Welcome.SILENT;
        }
        boolean allowed = origins.contains(origin) || origins.contains("*");
        if (!allowed) {
            if (arrival.webSocket() || !safe(arrival.method())) {
                throw new HttpProblem(
                        403,
                        "foreign-origin",
                        "Pages of this origin may not do this",
                        "The request was sent by a page of " + printable(origin)
                                + ". The server's operator can allow that in server.origins.");
            }
            return origins.isEmpty() ? Welcome.SILENT : new Welcome(Map.of("Vary", "Origin"), false);
        }
        return welcome(origin, arrival);
    }

    private void checkName(Arrival arrival) throws HttpProblem {
        Optional<String> authority = arrival.authority();
        if (anyName || authority.isEmpty()) {
            // Every browser says by which name it came.
            return;
        }
        String name = authority.get().replaceFirst(":[0-9]*$", "").toLowerCase(Locale.ROOT);
        boolean right = ADDRESS.matcher(name).matches()
                || name.equals("localhost")
                || name.endsWith(".localhost")
                || hosts.contains(name);
        if (!right) {
            throw new HttpProblem(
                    421,
                    "unknown-host",
                    "The server is not known by this name",
                    "It was called " + printable(name) + ". If that is one of its names, its operator can say so in"
                            + " server.hosts (or server.publicUrl).");
        }
    }

    private static boolean ours(String origin, Arrival arrival) {
        try {
            URI page = new URI(origin);
            boolean downgrade = arrival.secure() && "http".equals(page.getScheme());
            return page.getAuthority() != null
                    && page.getAuthority().equalsIgnoreCase(arrival.authority().orElse(null))
                    && !downgrade;
        } catch (java.net.URISyntaxException e) {
            return false;
        }
    }

    private Welcome welcome(String origin, Arrival arrival) {
        var headers = new HashMap<String, String>();
        headers.put("Access-Control-Allow-Origin", origin);
        headers.put("Access-Control-Expose-Headers", EXPOSED);
        headers.put("Vary", "Origin");
        boolean preflight = arrival.method().equals("OPTIONS")
                && arrival.header("Access-Control-Request-Method").isPresent();
        if (preflight) {
            headers.put("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE");
            // The origin may do everything: what it asks for is what it gets.
            arrival.header("Access-Control-Request-Headers")
                    .filter(names -> HEADER_NAMES.matcher(names).matches())
                    .ifPresent(names -> headers.put("Access-Control-Allow-Headers", names));
            headers.put("Access-Control-Max-Age", "7200"); // what Chromium allows at most
        }
        return new Welcome(headers, preflight);
    }

    private static boolean safe(String method) {
        return method.equals("GET") || method.equals("HEAD") || method.equals("OPTIONS");
    }

    private static String printable(String text) {
        String plain = text.replaceAll("[^\\x21-\\x7e]", "?");
        return plain.length() > 100 ? plain.substring(0, 100) + "…" : plain;
    }
}
