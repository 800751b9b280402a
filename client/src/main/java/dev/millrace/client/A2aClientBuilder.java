package dev.millrace.client;

import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

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

    /** How long a connection may take. Default 10 s. */
    public A2aClientBuilder connectTimeout(Duration time) {
        connect = positive(time);
        return this;
    }

    /**
     * How long the server may take to begin an answer. Default 60 s. A send that is not streamed is answered only when
     * its task ends, so for long tasks raise this, or stream.
     */
    public A2aClientBuilder requestTimeout(Duration time) {
        request = positive(time);
        return this;
    }

    /**
     * How long an answer may be silent before its connection counts as dead. Default 60 s: four heartbeats of a Millrace
     * server. For a server without heartbeats use more than its longest pause.
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
                new ClientSettings(headers, connect, request, idle, firstWait, mostWait, patience, resend));
    }

    private static Duration positive(Duration time) {
        if (!time.isPositive()) {
            throw new IllegalArgumentException("the time must be longer than nothing, not " + time);
        }
        return time;
    }
}
