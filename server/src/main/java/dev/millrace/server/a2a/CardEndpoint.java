package dev.millrace.server.a2a;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.protocol.card.AgentCard;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/**
 * Serves the cards of the agents, each with an ETag (A2A v1.0, 8.6): a strong one of its bytes, or, where cards are signed,
 * a weak one of what is signed, for no two signatures are the same and each server of several makes its own.
 */
final class CardEndpoint {
    private final Cards cards;

    CardEndpoint(Cards cards) {
        this.cards = cards;
    }

    /** Serves the card of the agent whose interface is at {@code path}. */
    void handle(Exchange exchange, AgentCatalog.Listing agent, String path) throws HttpProblem, IOException {
        String base = Bases.of(cards.settings().publicBase(), exchange.secure(), exchange.authority())
                .orElseThrow(() -> HttpProblem.badRequest(
                        "The card holds this server's address as you know it: send a valid Host header."));
        AgentCard card = cards.open(agent, base, path);
        byte[] json = A2aJson.AGENT_CARD.write(card);
        String etag = etag(json);
        exchange.header("ETag", etag)
                .header(
                        "Cache-Control",
                        "max-age=" + cards.settings().cardMaxAge().toSeconds());
        if (known(exchange, etag)) {
            exchange.respond(304);
        } else if (cards.settings().signer() == null) {
            exchange.respond(200, MediaTypes.JSON, json);
        } else {
            exchange.respond(200, MediaTypes.JSON, A2aJson.AGENT_CARD.write(cards.signed(card, base)));
        }
    }

    private String etag(byte[] card) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            CardSigner signer = cards.settings().signer();
            if (signer != null) {
                signer.keys().forEach(key -> sha.update(key.id().getBytes(StandardCharsets.US_ASCII)));
            }
            byte[] digest = Arrays.copyOf(sha.digest(card), 16);
            return (signer == null ? "\"" : "W/\"")
                    + Base64.getUrlEncoder().withoutPadding().encodeToString(digest) + "\"";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** If-None-Match compares weakly (RFC 9110, 13.1.2). */
    private static boolean known(Exchange exchange, String etag) {
        return exchange.headers("If-None-Match").stream()
                .flatMap(line -> Arrays.stream(line.split(",", -1)))
                .map(String::strip)
                .anyMatch(tag -> tag.equals("*") || opaque(tag).equals(opaque(etag)));
    }

    private static String opaque(String tag) {
        return tag.startsWith("W/") ? tag.substring(2) : tag;
    }
}
