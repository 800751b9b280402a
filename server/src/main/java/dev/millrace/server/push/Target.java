package dev.millrace.server.push;

import dev.millrace.protocol.json.InvalidField;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Set;

/**
 * Where a push goes.
 *
 * @param host without the brackets of an IPv6 address
 * @param path with its query; what a request line asks for
 */
record Target(boolean secure, String host, int port, String path) {

    /** @throws InvalidField if nothing can be pushed there */
    static Target of(String url, String field) {
        URI uri;
        try {
            uri = URI.create(url);
        } catch (IllegalArgumentException e) {
            throw new InvalidField(field, "is no URL: " + e.getMessage());
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if ((!scheme.equals("https") && !scheme.equals("http")) || uri.getHost() == null) {
            throw new InvalidField(field, "must be an absolute URL of https or http");
        }
        if (uri.getUserInfo() != null) {
            throw new InvalidField(field, "must not hold a user's name or password; use authentication");
        }
        boolean secure = scheme.equals("https");
        int port = uri.getPort() >= 0 ? uri.getPort() : secure ? 443 : 80;
        if (port < 1 || port > 65_535) {
            throw new InvalidField(field, "has no port that there is: " + port);
        }
        String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        String ascii = URI.create(uri.toASCIIString()).getHost();
        return new Target(secure, bare(ascii), port, toAscii(path + query));
    }

    private static String toAscii(String text) {
        return URI.create(text).toASCIIString();
    }

    private static String bare(String host) {
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /** What stands in the {@code Host} header. */
    String authority() {
        String shown = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
        return port == (secure ? 443 : 80) ? shown : shown + ":" + port;
    }

    /**
     * An address of the host, once every one it has was found to be public: one that is not may be meant for another that
     * asks.
     *
     * @throws RefusedTarget if one is not, and the host is none of those that are allowed
     */
    InetAddress address(Set<String> allowed) throws UnknownHostException, RefusedTarget {
        InetAddress[] all = InetAddress.getAllByName(host);
        if (!allowed.contains(host)) {
            for (InetAddress one : all) {
                if (!PublicAddress.is(one)) {
                    throw new RefusedTarget(host + " is at " + one.getHostAddress() + ", which is not public");
                }
            }
        }
        return all[0];
    }

    /** The target is not to be reached from here. */
    static final class RefusedTarget extends java.io.IOException {
        private static final long serialVersionUID = 1L;

        RefusedTarget(String message) {
            super(message);
        }
    }
}
