package dev.millrace.server.a2a;

import dev.millrace.protocol.card.AgentCard;
import dev.millrace.protocol.card.AgentCardSignature;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.json.CanonicalJson;
import dev.millrace.protocol.json.JsonText;
import dev.millrace.server.auth.SigningKey;
import java.util.List;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Signs cards (A2A v1.0, 8.4): for each key a detached JWS over the card's canonical form (RFC 8785), without its
 * signatures. The header says where the keys are published. With keys of several algorithms, who checks a card may choose
 * the one that it knows.
 */
record CardSigner(List<SigningKey> keys) {
    CardSigner {
        keys = List.copyOf(keys);
    }

    /**
     * The card with this server's signatures, one by each key.
     *
     * @param jwks where the keys are found
     */
    AgentCard sign(AgentCard card, String jwks) {
        byte[] text = canonical(card);
        return with(card, keys.stream().map(key -> signature(key, jwks, text)).toList());
    }

    private static AgentCardSignature signature(SigningKey key, String jwks, byte[] text) {
        ObjectNode header =
                JsonNodeFactory.instance.objectNode().put("typ", "JOSE").put("jku", jwks);
        SigningKey.Signed signed = key.sign(header, text);
        return new AgentCardSignature(signed.protectedHeader(), signed.signature(), null);
    }

    /** What is signed. */
    static byte[] canonical(AgentCard card) {
        return CanonicalJson.of(JsonText.parse(A2aJson.AGENT_CARD.write(with(card, List.of()))));
    }

    private static AgentCard with(AgentCard card, List<AgentCardSignature> signatures) {
        return new AgentCard(
                card.name(),
                card.description(),
                card.supportedInterfaces(),
                card.provider(),
                card.version(),
                card.documentationUrl(),
                card.capabilities(),
                card.securitySchemes(),
                card.securityRequirements(),
                card.defaultInputModes(),
                card.defaultOutputModes(),
                card.skills(),
                signatures,
                card.iconUrl());
    }
}
