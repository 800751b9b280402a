package dev.millrace.protocol.card;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * One place where an agent can be reached.
 *
 * @param url the address: a URL, or {@code host:port} for gRPC
 * @param protocolBinding {@link #JSONRPC}, {@link #GRPC}, {@link #HTTP_JSON}, or the URI of a custom binding
 * @param tenant what a client puts in the {@code tenant} field of each request, or null
 * @param protocolVersion the A2A version spoken there, such as {@code 1.0}
 */
public record AgentInterface(
        String url, String protocolBinding, @Nullable String tenant, String protocolVersion) {

    public static final String JSONRPC = "JSONRPC";
    public static final String GRPC = "GRPC";
    public static final String HTTP_JSON = "HTTP+JSON";

    public AgentInterface {
        requireNonNull(url, "url");
        requireNonNull(protocolBinding, "protocolBinding");
        requireNonNull(protocolVersion, "protocolVersion");
    }

    /** JSON-RPC, A2A 1.0, at this URL. */
    public static AgentInterface jsonRpc(String url) {
        return new AgentInterface(url, JSONRPC, null, "1.0");
    }

    /** gRPC, A2A 1.0, at this {@code host:port}. */
    public static AgentInterface grpc(String hostAndPort) {
        return new AgentInterface(hostAndPort, GRPC, null, "1.0");
    }

    /** REST, A2A 1.0, under this URL. */
    public static AgentInterface httpJson(String url) {
        return new AgentInterface(url, HTTP_JSON, null, "1.0");
    }
}
