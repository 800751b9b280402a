package dev.millrace.agents.mcp;

import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.client.transport.ServerParameters;
import io.modelcontextprotocol.client.transport.StdioClientTransport;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.spec.McpClientTransport;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The SDK's transports. */
final class McpTransports {
    private static final Logger LOG = LoggerFactory.getLogger(McpTransports.class);

    private McpTransports() {}

    static McpClientTransport of(McpConfig config) {
        return switch (config.at()) {
            case McpConfig.Program program -> stdio(config.name(), program);
            case McpConfig.Http http ->
                HttpClientStreamableHttpTransport.builder(root(http.url()))
                        .endpoint(path(http.url()))
                        .requestBuilder(request(http.headers()))
                        .connectTimeout(config.connectWithin())
                        .build();
            case McpConfig.Sse sse -> sse(sse, config);
        };
    }

    /** Given up by the protocol, and still what many servers speak. */
    @SuppressWarnings("deprecation")
    private static McpClientTransport sse(McpConfig.Sse sse, McpConfig config) {
        return io.modelcontextprotocol.client.transport.HttpClientSseClientTransport.builder(root(sse.url()))
                .sseEndpoint(path(sse.url()))
                .requestBuilder(request(sse.headers()))
                .connectTimeout(config.connectWithin())
                .build();
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
