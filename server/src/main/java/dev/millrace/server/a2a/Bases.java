package dev.millrace.server.a2a;

import java.net.URI;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where clients reach the server: as it was told, or as the request says. */
final class Bases {
    /** A host and perhaps a port (RFC 9110, 7.2). It becomes part of URLs, so nothing else may be in it. */
    private static final Pattern HOST =
            Pattern.compile("([A-Za-z0-9._-]{1,255}|\\[[0-9A-Fa-f:.]{2,64}])(:[0-9]{1,5})?");

    private Bases() {}

    /** Without a slash at its end; empty if the request does not say it in a way that can be used. */
    static Optional<String> of(@Nullable URI publicBase, boolean secure, Optional<String> authority) {
        if (publicBase != null) {
            return Optional.of(publicBase.toString().replaceAll("/+$", ""));
        }
        return authority
                .filter(host -> HOST.matcher(host).matches())
                .map(host -> (secure ? "https://" : "http://") + host);
    }
}
