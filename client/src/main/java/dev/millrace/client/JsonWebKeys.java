package dev.millrace.client;

import dev.millrace.protocol.json.JsonText;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A JSON Web Key Set (RFC 7517) with the public keys that {@link CardSignatures} can use: P-256 and Ed25519. */
public final class JsonWebKeys {
    private record Key(String keyType, PublicKey key) {}

    private final Map<String, Key> keys;

    private JsonWebKeys(Map<String, Key> keys) {
        this.keys = keys;
    }

    /**
     * Reads a key set, {@code {"keys":[…]}}. Keys of other kinds, and those without an id, are passed over (RFC 7517, 5).
     *
     * @throws IllegalArgumentException if it is no key set
     */
    public static JsonWebKeys read(byte[] json) {
        JsonNode set = JsonText.parse(json);
        if (!set.path("keys").isArray()) {
            throw new IllegalArgumentException("this is no JSON Web Key Set: it has no array \"keys\"");
        }
        var keys = new LinkedHashMap<String, Key>();
        for (JsonNode one : set.get("keys")) {
            String id = one.path("kid").asString("");
            Key key = key(one);
            if (!id.isEmpty() && key != null) {
                keys.put(id, key);
            }
        }
        return new JsonWebKeys(keys);
    }

    /** No keys at all. */
    public static JsonWebKeys none() {
        return new JsonWebKeys(Map.of());
    }

    /** The key of this id, if it is one for this algorithm: a key must not be used for what it was not made for. */
    @Nullable PublicKey find(@Nullable String id, @Nullable String algorithm) {
        Key key = id == null ? null : keys.get(id);
        String wanted = "ES256".equals(algorithm) ? "EC" : "OKP";
        return key == null || !key.keyType().equals(wanted) ? null : key.key();
    }

    private static @Nullable Key key(JsonNode json) {
        try {
            String type = json.path("kty").asString("");
            String curve = json.path("crv").asString("");
            if (type.equals("EC") && curve.equals("P-256")) {
                var p256 = AlgorithmParameters.getInstance("EC");
                p256.init(new ECGenParameterSpec("secp256r1"));
                var point = new ECPoint(number(json, "x"), number(json, "y"));
                var spec = new ECPublicKeySpec(point, p256.getParameterSpec(ECParameterSpec.class));
                return new Key(type, KeyFactory.getInstance("EC").generatePublic(spec));
            }
            if (type.equals("OKP") && curve.equals("Ed25519")) {
                byte[] x = Base64.getUrlDecoder().decode(json.path("x").asString(""));
                if (x.length != 32) {
                    return null;
                }
                boolean odd = (x[31] & 0x80) != 0; // RFC 8032, 5.1.3: little-endian, the last bit is x's sign
                x[31] &= 0x7f;
                for (int i = 0; i < 16; i++) {
                    byte swapped = x[i];
                    x[i] = x[31 - i];
                    x[31 - i] = swapped;
                }
                var spec = new EdECPublicKeySpec(NamedParameterSpec.ED25519, new EdECPoint(odd, new BigInteger(1, x)));
                return new Key(type, KeyFactory.getInstance("Ed25519").generatePublic(spec));
            }
            return null;
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return null; // a key that is none
        }
    }

    private static BigInteger number(JsonNode json, String name) {
        return new BigInteger(1, Base64.getUrlDecoder().decode(json.path(name).asString("")));
    }
}
