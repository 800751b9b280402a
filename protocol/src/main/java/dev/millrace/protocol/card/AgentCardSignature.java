package dev.millrace.protocol.card;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * A JSON web signature (RFC 7515) over a card's canonical form (RFC 8785).
 *
 * @param protectedHeader the protected header, base64url; {@code protected} on the wire
 * @param signature the signature, base64url
 * @param header the unprotected header, or null
 */
public record AgentCardSignature(
        String protectedHeader, String signature, @Nullable ObjectNode header) {

    public AgentCardSignature {
        requireNonNull(protectedHeader, "protectedHeader");
        requireNonNull(signature, "signature");
    }
}
