package dev.millrace.server.auth;

import dev.millrace.protocol.card.SecurityScheme;
import dev.millrace.server.http.Arrival;
import dev.millrace.server.http.Gate;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.RequestHead;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The server's gate: who comes, from where, and how often. Its settings can be changed while it is in use; requests that
 * are under way keep what they were let in by. Any thread.
 */
public final class FrontGate implements Gate {
    /** Settings, and what was made of them. */
    private record Rules(
            AuthSettings settings,
            List<Way> ways,
            Browsers browsers,
            @Nullable Logins logins) {}

    /**
     * A browser's session that has begun.
     *
     * @param cookie the value of its cookie
     */
    record Session(String owner, String cookie, Duration length) {}

    /** What sessions say they were begun with, if it was an issuer's token. */
    private static final String TOKEN = "token";

    private final InstantSource clock;
    private final Throttle throttle;
    private final Sessions sessions;
    private final Sessions.Mac256 secret;
    private volatile Rules rules;

    /** A gate whose browsers' sessions end with this process. */
    public FrontGate(AuthSettings settings) {
        this(settings, randomSecret());
    }

    /** @param sessionSecret what sessions are signed with: 32 bytes, the same for all servers of a store */
    public FrontGate(AuthSettings settings, byte[] sessionSecret) {
        this(settings, sessionSecret, InstantSource.system(), System::nanoTime);
    }

    FrontGate(AuthSettings settings, InstantSource clock, LongSupplier nanoTime) {
        this(settings, randomSecret(), clock, nanoTime);
    }

    private FrontGate(AuthSettings settings, byte[] sessionSecret, InstantSource clock, LongSupplier nanoTime) {
        this.clock = clock;
        this.secret = new Sessions.Mac256(sessionSecret);
        this.sessions = new Sessions(secret, clock, this::stands);
        this.throttle = new Throttle(nanoTime);
        this.rules = rules(settings, null);
    }

    private static byte[] randomSecret() {
        var secret = new byte[32];
        new SecureRandom().nextBytes(secret);
        return secret;
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
        Logins logins = null;
        if (settings.tokens() != null) {
            // An issuer's keys are kept while nothing is said that would change them.
            Way known = before == null
                            || !settings.tokens().equals(before.settings().tokens())
                    ? null
                    : before.ways().stream()
                            .filter(Tokens.class::isInstance)
                            .findFirst()
                            .orElse(null);
            Tokens tokens = known instanceof Tokens same ? same : new Tokens(settings.tokens(), clock);
            ways.add(tokens);
            logins = settings.tokens().client() == null ? null : new Logins(settings.tokens(), tokens, secret, clock);
        }
        if (settings.certificates()) {
            // Last: who sends a token as well wants to act by the token.
            ways.add(new Certificates());
        }
        boolean anyName = settings.asks() && settings.hosts().isEmpty();
        return new Rules(
                settings, List.copyOf(ways), new Browsers(anyName, settings.hosts(), settings.origins()), logins);
    }

    /** Whether clients must prove who they are. */
    boolean asks() {
        return !rules.ways().isEmpty();
    }

    /**
     * Begins a browser's session with what it proves itself by.
     *
     * @param secret a key or a token
     * @throws HttpProblem 401 if that is not believed
     */
    Session begin(String secret, RequestHead head) throws HttpProblem {
        Rules now = rules;
        RequestHead bearer = new Bearing(secret, head.remoteAddress());
        for (Way way : now.ways()) {
            String owner = way.owner(bearer);
            if (owner != null) {
                boolean key = way instanceof ApiKeys;
                Duration length = key ? Sessions.WITH_KEY : Sessions.WITH_TOKEN;
                String cookie = sessions.begin(owner, key ? ApiKeys.fingerprint(secret) : TOKEN, length);
                return new Session(owner, cookie, length);
            }
        }
        throw Way.refused("This is neither a key nor a token that is known here.");
    }

    /** Whether the owner looks after the server, and so may know what the others have it do; where nobody is asked, all do. */
    public boolean operates(String owner) {
        Rules now = rules;
        return now.ways().isEmpty() || now.settings().operators().contains(owner);
    }

    /** Where browsers log in at an issuer's page; null if they can't. */
    @Nullable Logins logins() {
        return rules.logins();
    }

    /** Begins a browser's session for whom an issuer has named. */
    Session begin(Logins.Ended login) {
        return new Session(
                login.owner(), sessions.begin(login.owner(), TOKEN, Sessions.WITH_TOKEN), Sessions.WITH_TOKEN);
    }

    /** A request that has nothing but a bearer token. */
    private record Bearing(String secret, String remoteAddress) implements RequestHead {
        @Override
        public Optional<String> header(String name) {
            return name.equalsIgnoreCase("Authorization") ? Optional.of("Bearer " + secret) : Optional.empty();
        }

        /** Without the secret. */
        @Override
        public String toString() {
            return "Bearing";
        }
    }

    private boolean stands(String proof) {
        AuthSettings settings = rules.settings();
        return proof.equals(TOKEN) ? settings.tokens() != null : settings.keys().knows(proof);
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
        // Last: who sends more than a browser does by itself means that.
        String owner = sessions.owner(head);
        if (owner != null) {
            return owner;
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
