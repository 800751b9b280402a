package dev.millrace.client;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Settings of an {@link A2aClient}. */
public final class A2aClientBuilder {
    private final URI url;
    private final boolean isInterface;
    private final Map<String, String> headers = new LinkedHashMap<>();
    private Duration connect = Duration.ofSeconds(10);
    private Duration request = Duration.ofSeconds(60);
    private Duration idle = Duration.ofSeconds(60);
    private Duration firstWait = Duration.ofMillis(100);
    private Duration mostWait = Duration.ofSeconds(5);
    private Duration patience = Duration.ofMinutes(2);
    private boolean resend;
    private @Nullable CardCache cards;
    private final List<CallInterceptor> interceptors = new ArrayList<>();
    private List<Binding> bindings = List.of();
    private ClientTls tls = ClientTls.DEFAULT;

    A2aClientBuilder(URI url, boolean isInterface) {
        String scheme = url.getScheme();
        if (url.getHost() == null || !("http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme))) {
            throw new IllegalArgumentException(
                    "an agent's URL must be http or https and name a host, such as http://localhost:8080, but it is \""
                            + url + "\"");
        }
        this.url = url;
        this.isInterface = isInterface;
    }

    /** Sends this header with each request, also the one for the card, in place of an earlier one of that name. */
    public A2aClientBuilder header(String name, String value) {
        headers.put(name, value);
        return this;
    }

    /** Sends {@code Authorization: Bearer token} with each request. */
    public A2aClientBuilder bearerToken(String token) {
        return header("Authorization", "Bearer " + token);
    }

    /**
     * Sends {@code Authorization: Bearer token} with each request, and asks for the token each time, so that one that ends
     * can be renewed. The supplier is called by the threads that make calls, may block, and should keep what it has.
     */
    public A2aClientBuilder bearerToken(Supplier<String> token) {
        return intercept(new CallInterceptor() {
            @Override
            public void before(CallHead call) {
                call.header("Authorization", "Bearer " + token.get());
            }
        });
    }

    /** Sends an API key in this header with each request, where a card's {@code apiKeySecurityScheme} wants it. */
    public A2aClientBuilder apiKey(String header, String key) {
        return header(header, key);
    }

    /**
     * Trusts the certificates in this PEM file, and those that they have signed, in place of the JDK's own.
     *
     * @throws IllegalArgumentException if the file can't be read or holds none
     */
    public A2aClientBuilder trust(Path certificates) {
        tls = tls.trusting(certificates);
        return this;
    }

    /**
     * Shows this certificate to servers that ask for one (mTLS).
     *
     * @param certificateChain a PEM file, the client's own certificate first
     * @param privateKey a PEM file with its key in PKCS#8, not encrypted
     * @throws IllegalArgumentException if the files can't be used
     */
    public A2aClientBuilder identity(Path certificateChain, Path privateKey) {
        tls = tls.as(certificateChain, privateKey);
        return this;
    }

    /** Puts this around each request, inside of those that were added before. */
    public A2aClientBuilder intercept(CallInterceptor interceptor) {
        interceptors.add(interceptor);
        return this;
    }

    /**
     * Which bindings may be used, the one to use first first. Of a card's interfaces, the first of the best binding is
     * taken; where there is no card, the URL is taken for an interface of the first binding. Default: all that this
     * client speaks, in the card's order, which is the agent's preference; and JSON-RPC where there is no card.
     */
    public A2aClientBuilder bindings(Binding... inOrder) {
        bindings = List.of(inOrder);
        return this;
    }

    /** How long a connection may take. Default 10 s. */
    public A2aClientBuilder connectTimeout(Duration time) {
        connect = positive(time);
        return this;
    }

    /**
     * How long the server may take to begin an answer; over gRPC, to give the whole of it, or the first event of a
     * stream. Default 60 s. A send that is not streamed is answered only when its task ends, so for long tasks raise this,
     * or stream.
     */
    public A2aClientBuilder requestTimeout(Duration time) {
        request = positive(time);
        return this;
    }

    /**
     * How long an answer may be silent before its connection counts as dead. Default 60 s: four heartbeats of a Millrace
     * server. For a server without heartbeats use more than its longest pause. Over gRPC a stream may be silent: the
     * connection is asked every 5 minutes whether it is alive (which is as often as most servers bear), and this is how
     * long the answer may take.
     */
    public A2aClientBuilder idleTimeout(Duration time) {
        idle = positive(time);
        return this;
    }

    /**
     * How streams reconnect. Default: at most 100 ms before the first try, twice as long each time up to 5 s, for 2
     * minutes without getting on.
     */
    public A2aClientBuilder reconnect(Duration first, Duration most, Duration giveUpAfter) {
        firstWait = positive(first);
        mostWait = positive(most);
        patience = positive(giveUpAfter);
        return this;
    }

    /**
     * Lets a message be sent again when its connection broke before an answer began. Only for servers that recognize a
     * message by its id: others would do the work twice. Always on for a server whose card lists {@link
     * A2aClient#RESUMABLE}; default off for others.
     *
     * <p>Since message ids are recognized within a context, a message that names no context is given a random one.
     */
    public A2aClientBuilder resend(boolean allowed) {
        resend = allowed;
        return this;
    }

    /** Takes the agent's card from here while it may be used, and keeps it here. Default: it is fetched by each client. */
    public A2aClientBuilder cards(CardCache cache) {
        cards = cache;
        return this;
    }

    /**
     * Finds the agent's card, if there is one, and is ready to talk to it.
     *
     * @throws ConnectionFailed if the server cannot be reached, or has a card that this client cannot use
     * @throws A2aException if the server refuses to show its card
     */
    public A2aClient connect() {
        return A2aClient.connect(
                url,
                isInterface,
                new ClientSettings(
                        headers,
                        interceptors,
                        bindings,
                        tls,
                        connect,
                        request,
                        idle,
                        firstWait,
                        mostWait,
                        patience,
                        cards,
                        resend));
    }

    private static Duration positive(Duration time) {
        if (!time.isPositive()) {
            throw new IllegalArgumentException("the time must be longer than nothing, not " + time);
        }
        return time;
    }
}
