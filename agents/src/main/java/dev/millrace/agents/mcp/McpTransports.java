package dev.millrace.agents.mcp;

import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.client.transport.ServerParameters;
import io.modelcontextprotocol.client.transport.StdioClientTransport;
import io.modelcontextprotocol.client.transport.customizer.McpAsyncHttpClientRequestCustomizer;
import io.modelcontextprotocol.client.transport.customizer.McpHttpClientTransportAuthorizationErrorHandler;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.spec.McpClientTransport;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** The SDK's transports. */
final class McpTransports {
    private static final Logger LOG = LoggerFactory.getLogger(McpTransports.class);

    private McpTransports() {}

    static McpClientTransport of(McpConfig config) {
        return switch (config.at()) {
            case McpConfig.Program program -> stdio(config.name(), program);
            case McpConfig.Remote remote ->
                switch (remote.transport()) {
                    case HTTP -> http(remote, config);
                    case SSE -> sse(remote, config);
                };
        };
    }

    private static McpClientTransport http(McpConfig.Remote at, McpConfig config) {
        var transport = HttpClientStreamableHttpTransport.builder(root(at.url()))
                .endpoint(path(at.url()))
                .requestBuilder(request(at.headers()))
                .connectTimeout(config.connectWithin());
        AccessTokens tokens = tokens(at, config);
        if (tokens != null) {
            transport.addAsyncHttpRequestCustomizer(bearer(tokens));
            // Its request is sent once more, with another token.
            McpHttpClientTransportAuthorizationErrorHandler again =
                    (request, response, context) -> Mono.fromCallable(() -> {
                        tokens.refused();
                        return true;
                    });
            transport.authorizationErrorHandler(again);
        }
        return transport.build();
    }

    /** Given up by the protocol, and still what many servers speak. */
    @SuppressWarnings("deprecation")
    private static McpClientTransport sse(McpConfig.Remote at, McpConfig config) {
        var transport = io.modelcontextprotocol.client.transport.HttpClientSseClientTransport.builder(root(at.url()))
                .sseEndpoint(path(at.url()))
                .requestBuilder(request(at.headers()))
                .connectTimeout(config.connectWithin());
        AccessTokens tokens = tokens(at, config);
        if (tokens != null) {
            transport.addAsyncHttpRequestCustomizer(bearer(tokens));
        }
        return transport.build();
    }

    private static @Nullable AccessTokens tokens(McpConfig.Remote at, McpConfig config) {
        return at.oauth() == null ? null : new AccessTokens(at.oauth(), at.url(), config.connectWithin());
    }

    private static McpAsyncHttpClientRequestCustomizer bearer(AccessTokens tokens) {
        return (request, method, uri, body, context) ->
                Mono.fromFuture(tokens::token).map(token -> request.setHeader("Authorization", "Bearer " + token));
    }

    private static McpClientTransport stdio(String name, McpConfig.Program program) {
        var transport = new StdioClientTransport(
                ServerParameters.builder(program.command())
                        .args(program.arguments())
                        .env(program.environment())
                        .build(),
                McpJsonDefaults.getMapper());
        transport.setStdErrorHandler(line -> LOG.debug("{}: {}", name, line));
        return transport;
    }

    private static String root(URI url) {
        return url.getScheme() + "://" + url.getRawAuthority();
    }

    private static String path(URI url) {
        String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
        return url.getRawQuery() == null ? path : path + "?" + url.getRawQuery();
    }

    private static HttpRequest.Builder request(Map<String, String> headers) {
        var request = HttpRequest.newBuilder();
        headers.forEach(request::header);
        return request;
    }
}
