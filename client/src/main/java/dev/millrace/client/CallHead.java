package dev.millrace.client;

import java.net.URI;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** What one request says beside its content: a {@link CallInterceptor} may read it and add to it. For one thread. */
public final class CallHead {
    private final String operation;
    private final Binding binding;
    private final URI url;
    private final int attempt;
    private final Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

    CallHead(String operation, Binding binding, URI url, int attempt) {
        this.operation = operation;
        this.binding = binding;
        this.url = url;
        this.attempt = attempt;
    }

    /** The operation by its name in A2A, such as {@code SendMessage}; {@code AgentCard} for the card's GET. */
    public String operation() {
        return operation;
    }

    public Binding binding() {
        return binding;
    }

    /** Where the agent is; the path of an HTTP+JSON request is below it. */
    public URI url() {
        return url;
    }

    /** 1 for the first try of a call, 2 for the second, and so on. */
    public int attempt() {
        return attempt;
    }

    /** Sets a header (in gRPC, an entry of the metadata) in place of an earlier one of that name. */
    public CallHead header(String name, String value) {
        headers.put(name, value);
        return this;
    }

    /** The headers so far, names in any case; cannot be changed. */
    public Map<String, String> headers() {
        return Collections.unmodifiableMap(headers);
    }
}
