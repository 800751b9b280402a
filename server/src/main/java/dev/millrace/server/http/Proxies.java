package dev.millrace.server.http;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/**
 * Whom the server believes what they say of the clients for whom they speak. A request that comes from one of them is
 * taken for one of the client's own: by its address, its scheme, and the host that it asked for. Of anybody else such
 * headers mean nothing.
 *
 * <p>Each proxy on the way adds whom it has heard, so the list is read from its end, and the first who is no proxy of ours
 * is the client: what stands before was said by the client itself.
 *
 * <p>One kind of headers is believed, not both: a proxy writes one, and passes on whatever a client sent of the other.
 */
public final class Proxies {
    /** What proxies write. */
    public enum Headers {
        /** {@code X-Forwarded-For}, {@code X-Forwarded-Proto} and {@code X-Forwarded-Host}. */
        X_FORWARDED,
        /** {@code Forwarded} (RFC 7239). */
        FORWARDED
    }

    /** Nobody. */
    public static final Proxies NONE = new Proxies(Set.of(), Headers.X_FORWARDED);

    /** One pair of a Forwarded element: a token, and a token or a quoted string (RFC 7239, 4). */
    private static final Pattern PAIR = Pattern.compile(
            "\\s*([A-Za-z0-9!#$%&'*+.^_`|~-]+)=(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^\\s;,\"]*))\\s*([;,]|$)");

    /** A host and perhaps a port (RFC 9110, 7.2). */
    private static final Pattern HOST =
            Pattern.compile("([A-Za-z0-9._-]{1,255}|\\[[0-9A-Fa-f:.]{2,64}])(:[0-9]{1,5})?");

    /** Nobody has more proxies than this; who says so is not listened to any further. */
    private static final int MOST = 32;

    /** What one proxy says of whom it heard. */
    private record Hop(
            @Nullable String client,
            @Nullable String scheme,
            @Nullable String host) {}

    private final Set<Network> networks;
    private final Headers headers;

    private Proxies(Set<Network> networks, Headers headers) {
        this.networks = networks;
        this.headers = headers;
    }

    /**
     * @param networks their addresses, or networks such as {@code 10.0.0.0/8}
     * @throws IllegalArgumentException if one is neither
     */
    public static Proxies of(Set<String> networks, Headers headers) {
        return new Proxies(networks.stream().map(Network::parse).collect(Collectors.toUnmodifiableSet()), headers);
    }

    /** The request as the client has sent it, if it comes by a proxy that is believed; else as it is. */
    Request seen(Request request) {
        if (networks.isEmpty()
                || !(request.getConnectionMetaData().getRemoteSocketAddress() instanceof InetSocketAddress remote)
                || !trusted(remote.getAddress())) {
            return request;
        }
        List<Hop> hops = headers == Headers.FORWARDED ? forwarded(request) : xForwarded(request);
        InetAddress client = remote.getAddress();
        Hop told = null;
        for (int i = hops.size() - 1; i >= 0 && hops.size() - i <= MOST && trusted(client); i--) {
            InetAddress next = address(hops.get(i).client());
            told = hops.get(i);
            if (next == null) {
                break; // a name of the proxy's own, for whom nobody else can be
            }
            client = next;
        }
        return told == null
                ? request
                : new ForwardedRequest(
                        request,
                        client.equals(remote.getAddress()) ? remote : new InetSocketAddress(client, 0),
                        "https".equalsIgnoreCase(told.scheme()),
                        told.scheme() != null,
                        told.host() != null && HOST.matcher(told.host()).matches() ? told.host() : null);
    }

    private boolean trusted(@Nullable InetAddress address) {
        return address != null && networks.stream().anyMatch(network -> network.holds(address));
    }

    /** In digits, perhaps with a port; null if it is not. */
    private static @Nullable InetAddress address(@Nullable String node) {
        if (node == null) {
            return null;
        }
        String digits = node.startsWith("[")
                ? node.substring(1, Math.max(1, node.indexOf(']')))
                : node.indexOf(':') == node.lastIndexOf(':') ? node.replaceFirst(":.*", "") : node;
        try {
            return InetAddress.ofLiteral(digits);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static List<Hop> xForwarded(Request request) {
        List<String> clients = list(request, "X-Forwarded-For");
        List<String> schemes = list(request, "X-Forwarded-Proto");
        List<String> hosts = list(request, "X-Forwarded-Host");
        var hops = new ArrayList<Hop>();
        if (clients.isEmpty() && !(schemes.isEmpty() && hosts.isEmpty())) {
            hops.add(new Hop(null, beside(clients, 0, schemes), beside(clients, 0, hosts)));
        }
        for (int i = 0; i < clients.size(); i++) {
            hops.add(new Hop(clients.get(i), beside(clients, i, schemes), beside(clients, i, hosts)));
        }
        return hops;
    }

    /** Proxies write one for each client, or just one. */
    private static @Nullable String beside(List<String> clients, int at, List<String> others) {
        return others.isEmpty() ? null : others.size() == clients.size() ? others.get(at) : others.getLast();
    }

    private static List<String> list(Request request, String header) {
        return request.getHeaders().getValuesList(header).stream()
                .flatMap(line -> Pattern.compile(",").splitAsStream(line))
                .map(String::strip)
                .filter(each -> !each.isEmpty())
                .toList();
    }

    private static List<Hop> forwarded(Request request) {
        var hops = new ArrayList<Hop>();
        for (String line : request.getHeaders().getValuesList("Forwarded")) {
            var pairs = new HashMap<String, String>();
            Matcher pair = PAIR.matcher(line);
            int at = 0;
            while (at < line.length() && pair.find(at) && pair.start() == at) {
                String value =
                        pair.group(2) == null ? pair.group(3) : pair.group(2).replaceAll("\\\\(.)", "$1");
                pairs.put(pair.group(1).toLowerCase(Locale.ROOT), value);
                at = pair.end();
                if (!pair.group(4).equals(";")) {
                    hops.add(hop(pairs));
                    pairs.clear();
                }
            }
            if (at < line.length()) {
                hops.clear(); // what stands before something that can't be read can't be told either
                hops.add(new Hop(null, null, null));
            }
        }
        return hops;
    }

    private static Hop hop(Map<String, String> pairs) {
        return new Hop(pairs.get("for"), pairs.get("proto"), pairs.get("host"));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Proxies that && networks.equals(that.networks) && headers == that.headers;
    }

    @Override
    public int hashCode() {
        return 31 * networks.hashCode() + headers.hashCode();
    }

    @Override
    public String toString() {
        return headers + " of " + networks;
    }
}
