package dev.millrace.client;

import dev.millrace.protocol.json.CanonicalJson;
import dev.millrace.protocol.json.JsonText;
import dev.millrace.protocol.json.MalformedJson;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The signatures of an agent card (A2A v1.0, 8.4): JSON Web Signatures (RFC 7515) over the canonical form (RFC 8785) of
 * the card without them. ES256 and EdDSA (Ed25519) are known, and nothing else is believed.
 *
 * <p>A valid signature says that the holder of the key made this card. Whose the key is, is for the caller to know: a key
 * that comes from where the card comes from adds nothing to TLS.
 */
public final class CardSignatures {
    private CardSignatures() {}

    /** What a signature is worth. */
    public enum Verdict {
        /** The holder of the key signed this card. */
        VALID,
        /** The card was changed since, or somebody else signed it. */
        INVALID,
        /** None of the keys has its id. */
        UNKNOWN_KEY,
        /** It is of a kind that is not known here, or can't be read. */
        UNSUPPORTED
    }

    /**
     * One signature.
     *
     * @param keyId the {@code kid} of its protected header; null if it has none
     * @param algorithm its {@code alg}; null if it has none
     * @param keySetUrl its {@code jku}: where the signer says that the key is; null if it does not say
     */
    public record Checked(
            @Nullable String keyId,
            @Nullable String algorithm,
            @Nullable String keySetUrl,
            Verdict verdict) {}

    /**
     * Checks each signature of a card, in the card's order; none if it has none.
     *
     * @param card the card's JSON as it came, since a signature also holds for what this client does not know of
     */
    public static List<Checked> check(JsonNode card, JsonWebKeys keys) {
        var checked = new ArrayList<Checked>();
        for (JsonNode signature : card.path("signatures")) {
            checked.add(check(card, signature, keys));
        }
        return checked;
    }

    private static Checked check(JsonNode card, JsonNode signature, JsonWebKeys keys) {
        String protectedHeader = signature.path("protected").asString("");
        JsonNode header;
        byte[] bytes;
        try {
            header = JsonText.parse(Base64.getUrlDecoder().decode(protectedHeader));
            bytes = Base64.getUrlDecoder().decode(signature.path("signature").asString(""));
        } catch (MalformedJson | IllegalArgumentException e) {
            return new Checked(null, null, null, Verdict.UNSUPPORTED);
        }
        String algorithm = header.path("alg").asString(null);
        String keyId = header.path("kid").asString(null);
        String keySetUrl = header.path("jku").asString(null);
        return new Checked(
                keyId, algorithm, keySetUrl, verdict(card, protectedHeader, header, bytes, algorithm, keyId, keys));
    }

    private static Verdict verdict(
            JsonNode card,
            String protectedHeader,
            JsonNode header,
            byte[] signature,
            @Nullable String algorithm,
            @Nullable String keyId,
            JsonWebKeys keys) {
        String javas = javas(algorithm);
        if (javas == null || header.has("crit")) {
            return Verdict.UNSUPPORTED; // what is critical and not understood must be refused (RFC 7515, 4.1.11)
        }
        PublicKey key = keys.find(keyId, algorithm);
        if (key == null) {
            return Verdict.UNKNOWN_KEY;
        }
        for (JsonNode form : List.of(withoutSignatures(card), cleaned(withoutSignatures(card)))) {
            String payload = Base64.getUrlEncoder().withoutPadding().encodeToString(CanonicalJson.of(form));
            if (verifies(javas, key, protectedHeader + "." + payload, signature)) {
                return Verdict.VALID;
            }
        }
        return Verdict.INVALID;
    }

    static @Nullable String javas(@Nullable String algorithm) {
        return switch (algorithm) {
            case "ES256" -> "SHA256withECDSAinP1363Format";
            case "EdDSA", "Ed25519" -> "Ed25519";
            case null, default -> null;
        };
    }

    static boolean verifies(String algorithm, PublicKey key, String signed, byte[] signature) {
        try {
            var verifier = Signature.getInstance(algorithm);
            verifier.initVerify(key);
            verifier.update(signed.getBytes(StandardCharsets.US_ASCII));
            return verifier.verify(signature);
        } catch (GeneralSecurityException e) {
            return false; // a key or a signature of the wrong shape
        }
    }

    private static ObjectNode withoutSignatures(JsonNode card) {
        var copy = (ObjectNode) card.deepCopy();
        copy.remove("signatures");
        return copy;
    }

    /**
     * The card without what is empty: signers that make it from protocol buffers, where empty is absent, sign this. The
     * specification (8.4.1) leaves room for both readings.
     */
    private static JsonNode cleaned(JsonNode json) {
        return switch (json) {
            case ObjectNode object -> {
                ObjectNode rest = JsonNodeFactory.instance.objectNode();
                object.properties().forEach(field -> {
                    JsonNode value = cleaned(field.getValue());
                    if (!isEmpty(value)) {
                        rest.set(field.getKey(), value);
                    }
                });
                yield rest;
            }
            case ArrayNode array -> {
                ArrayNode rest = JsonNodeFactory.instance.arrayNode();
                array.forEach(element -> {
                    JsonNode value = cleaned(element);
                    if (!isEmpty(value)) {
                        rest.add(value);
                    }
                });
                yield rest;
            }
            default -> json;
        };
    }

    private static boolean isEmpty(JsonNode value) {
        return value.isNull()
                || (value.isContainer() && value.isEmpty())
                || (value.isString() && value.stringValue().isEmpty());
    }
}
