package dev.millrace.server.a2a;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.protocol.card.AgentCapabilities;
import dev.millrace.protocol.card.AgentCard;
import dev.millrace.protocol.card.AgentInterface;
import dev.millrace.protocol.card.AgentSkill;
import dev.millrace.protocol.card.SecurityRequirement;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import java.io.IOException;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.regex.Pattern;

/** Serves the cards of the agents, each with a strong ETag of its bytes (A2A v1.0, 8.6). */
final class CardEndpoint {
    /** A host and perhaps a port (RFC 9110, 7.2). It becomes part of URLs, so nothing else may be in it. */
    private static final Pattern HOST =
            Pattern.compile("([A-Za-z0-9._-]{1,255}|\\[[0-9A-Fa-f:.]{2,64}])(:[0-9]{1,5})?");

    private final A2aSettings settings;
    private final AgentCapabilities capabilities;

    CardEndpoint(A2aSettings settings, Extensions extensions, boolean pushes) {
        this.settings = settings;
        this.capabilities = new AgentCapabilities(true, pushes, extensions.known(), null);
    }

    /** Serves the card of the agent whose interface is at {@code path}. */
    void handle(Exchange exchange, AgentCatalog.Listing agent, String path) throws HttpProblem, IOException {
        String base = base(exchange);
        byte[] card = A2aJson.AGENT_CARD.write(card(agent, base, path));
        String etag = etag(card);
        exchange.header("ETag", etag)
                .header("Cache-Control", "max-age=" + settings.cardMaxAge().toSeconds());
        if (known(exchange, etag)) {
            exchange.respond(304);
        } else {
            exchange.respond(200, MediaTypes.JSON, card);
        }
    }

    private AgentCard card(AgentCatalog.Listing agent, String base, String path) {
        // The default agent needs no name in gRPC; any other is told by the tenant, which clients copy (4.4.6).
        boolean byDefault = path.equals(A2aEndpoints.ROOT);
        var grpc = new AgentInterface(
                hostAndPort(base), AgentInterface.GRPC, byDefault ? null : agent.name(), ProtocolVersion.OURS);
        var card = AgentCard.named(agent.name())
                .description(agent.description())
                .version(settings.version())
                .reachableAt(AgentInterface.jsonRpc(base + path))
                .reachableAt(AgentInterface.httpJson(base + path))
                .reachableAt(grpc)
                .capabilities(capabilities)
                .inputModes(OutputModes.TEXT)
                .outputModes(OutputModes.TEXT)
                .skill(AgentSkill.of(agent.name(), agent.name(), agent.description(), agent.name()));
        settings.security()
                .get()
                .forEach((name, scheme) -> card.securityScheme(name, scheme).require(SecurityRequirement.of(name)));
        return card.build();
    }

    /** What a gRPC client dials: an authority with its port said (5.8). */
    private static String hostAndPort(String base) {
        URI uri = URI.create(base);
        int port = uri.getPort() >= 0 ? uri.getPort() : "https".equals(uri.getScheme()) ? 443 : 80;
        return uri.getHost() + ":" + port;
    }

    private String base(Exchange exchange) throws HttpProblem {
        if (settings.publicBase() != null) {
            return settings.publicBase().toString().replaceAll("/+$", "");
        }
        String host = exchange.authority().orElse("");
        if (!HOST.matcher(host).matches()) {
            throw HttpProblem.badRequest(
                    "The card holds this server's address as you know it: send a valid Host header.");
        }
        return (exchange.secure() ? "https://" : "http://") + host;
    }

    private static String etag(byte[] card) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(card);
            return "\"" + Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(digest, 16)) + "\"";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** If-None-Match compares weakly (RFC 9110, 13.1.2). */
    private static boolean known(Exchange exchange, String etag) {
        return exchange.headers("If-None-Match").stream()
                .flatMap(line -> Arrays.stream(line.split(",", -1)))
                .map(String::strip)
                .map(tag -> tag.startsWith("W/") ? tag.substring(2) : tag)
                .anyMatch(tag -> tag.equals("*") || tag.equals(etag));
    }
}
