package dev.millrace.server.a2a;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.protocol.card.AgentCapabilities;
import dev.millrace.protocol.card.AgentCard;
import dev.millrace.protocol.card.AgentInterface;
import dev.millrace.protocol.card.AgentSkill;
import dev.millrace.protocol.card.SecurityRequirement;
import dev.millrace.protocol.error.A2aError;
import dev.millrace.protocol.error.A2aException;
import java.net.URI;

/** Makes the agents' cards. Any thread. */
final class Cards {
    private static final String JWKS = "/.well-known/jwks.json";

    private final A2aSettings settings;
    private final AgentCapabilities capabilities;

    Cards(A2aSettings settings, Extensions extensions, boolean pushes) {
        this.settings = settings;
        boolean more = settings.cards().extendsCards();
        this.capabilities = new AgentCapabilities(true, pushes, extensions.known(), more ? true : null);
    }

    A2aSettings settings() {
        return settings;
    }

    /**
     * The card that everybody may see, not signed.
     *
     * @param base where clients reach the server, without a slash at its end
     * @param path of the agent's interface
     */
    AgentCard open(AgentCatalog.Listing agent, String base, String path) {
        return settings.cards().open(agent, plain(agent, base, path));
    }

    /**
     * The card for a client that is known, signed if cards are.
     *
     * @throws A2aException if there is none
     */
    AgentCard extended(AgentCatalog.Listing agent, String owner, String base, String path) {
        if (!settings.cards().extendsCards()) {
            throw new A2aException(
                    A2aError.UNSUPPORTED_OPERATION,
                    "this agent has no extended card; all there is to know is in its public one");
        }
        AgentCard card = settings.cards().extended(agent, owner, open(agent, base, path));
        if (card == null) {
            throw new A2aException(
                    A2aError.EXTENDED_AGENT_CARD_NOT_CONFIGURED, "this agent has no extended card for you");
        }
        return signed(card, base);
    }

    AgentCard signed(AgentCard card, String base) {
        CardSigner signer = settings.signer();
        return signer == null ? card : signer.sign(card, base + JWKS);
    }

    private AgentCard plain(AgentCatalog.Listing agent, String base, String path) {
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
}
