package dev.millrace.server.auth;

import dev.millrace.protocol.card.SecurityScheme;
import dev.millrace.server.http.Arrival;
import dev.millrace.server.http.Gate;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.RequestHead;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The server's gate: who comes, from where, and how often. Its settings can be changed while it is in use; requests that
 * are under way keep what they were let in by. Any thread.
 */
public final class FrontGate implements Gate {
    /** Settings, and what was made of them. */
    private record Rules(AuthSettings settings, List<Way> ways, Browsers browsers) {}

    private final InstantSource clock;
    private final Throttle throttle;
    private volatile Rules rules;

    public FrontGate(AuthSettings settings) {
        this(settings, InstantSource.system(), System::nanoTime);
    }

    FrontGate(AuthSettings settings, InstantSource clock, LongSupplier nanoTime) {
        this.clock = clock;
        this.throttle = new Throttle(nanoTime);
        this.rules = rules(settings, null);
    }

    /** Holds to these settings from now on. */
    public void use(AuthSettings settings) {
        rules = rules(settings, rules);
    }

    private Rules rules(AuthSettings settings, @Nullable Rules before) {
        var ways = new ArrayList<Way>();
        if (!settings.keys().isEmpty()) {
            ways.add(settings.keys());
        }
        if (settings.tokens() != null) {
            // An issuer's keys are kept while nothing is said that would change them.
            Way known = before == null
                            || !settings.tokens().equals(before.settings().tokens())
                    ? null
                    : before.ways().stream()
                            .filter(Tokens.class::isInstance)
                            .findFirst()
                            .orElse(null);
            ways.add(known == null ? new Tokens(settings.tokens(), clock) : known);
        }
        if (settings.certificates()) {
            // Last: who sends a token as well wants to act by the token.
            ways.add(new Certificates());
        }
        boolean anyName = settings.asks() && settings.hosts().isEmpty();
        return new Rules(settings, List.copyOf(ways), new Browsers(anyName, settings.hosts(), settings.origins()));
    }

    /** What the agents' cards say of how to prove who one is, by name; any one is enough. None = nobody is asked. */
    public Map<String, SecurityScheme> schemes() {
        var schemes = new LinkedHashMap<String, SecurityScheme>();
        rules.ways().forEach(way -> schemes.putAll(way.schemes()));
        return schemes;
    }

    @Override
    public Welcome admit(Arrival arrival) throws HttpProblem {
        return rules.browsers().admit(arrival);
    }

    @Override
    public String guest(RequestHead head) throws HttpProblem {
        Rules now = rules;
        if (now.ways().isEmpty()) {
            return EVERYBODY;
        }
        for (Way way : now.ways()) {
            String owner = way.owner(head);
            if (owner != null) {
                return owner;
            }
        }
        throw new HttpProblem(
                        401,
                        "unauthenticated",
                        "The request does not prove whose it is",
                        "Send " + String.join(", or ", wants(now.settings())) + ".")
                // A challenge that says no more is all there is to say to who has sent nothing (RFC 6750, 3.1).
                .header("WWW-Authenticate", "Bearer realm=\"millrace\"");
    }

    private static List<String> wants(AuthSettings settings) {
        var wants = new ArrayList<String>();
        if (!settings.keys().isEmpty()) {
            wants.add("a key in " + ApiKeys.HEADER + " (or as a bearer token)");
        }
        if (settings.tokens() != null) {
            wants.add("a token of " + settings.tokens().issuer() + " in Authorization: Bearer");
        }
        if (settings.certificates()) {
            wants.add("a client certificate over TLS");
        }
        return wants;
    }

    @Override
    public Stay enter(@Nullable String guest, RequestHead head) throws HttpProblem {
        Rules now = rules;
        boolean known = guest != null && !now.ways().isEmpty();
        Rates rates = now.settings().rates();
        return throttle.enter(known ? "owner " + guest : "address " + network(head.remoteAddress()), rates);
    }

    /** One client has a whole /64 of IPv6 to itself (RFC 6177), and could else be everybody. */
    private static String network(String address) {
        if (address.indexOf(':') < 0) {
            return address;
        }
        try {
            byte[] bytes = InetAddress.getByName(address).getAddress();
            return bytes.length == 4 ? address : Arrays.toString(Arrays.copyOf(bytes, 8));
        } catch (UnknownHostException e) {
            return address;
        }
    }
}
