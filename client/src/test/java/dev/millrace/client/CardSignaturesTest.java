package dev.millrace.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.millrace.client.CardSignatures.Verdict;
import dev.millrace.protocol.json.CanonicalJson;
import dev.millrace.protocol.json.JsonText;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

class CardSignaturesTest {
    private static final String CARD = """
            {"name":"Straße ☃","version":"1.0","description":"","skills":[],"new":{"field":[1,2.50]},"signatures":[]}""";

    /** RFC 7515, A.3, and RFC 8037, A.4: published keys, texts and signatures. */
    @ParameterizedTest
    @CsvSource({
        "ES256, EC, P-256, f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU, x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0,"
                + " eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9p"
                + "c19yb290Ijp0cnVlfQ, DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-K"
                + "g6NU1Q",
        "EdDSA, OKP, Ed25519, 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo, '',"
                + " eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc, hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQ"
                + "R6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    })
    void the_published_vectors_hold(
            String algorithm, String type, String curve, String x, String y, String signed, String signature) {
        var keys = JsonWebKeys.read("""
                {"keys":[{"kty":"RSA","kid":"old"},{"kty":"%s","crv":"%s","kid":"k","x":"%s","y":"%s"}]}""".formatted(type, curve, x, y).getBytes(UTF_8));
        var key = keys.find("k", algorithm);
        assertThat(key).isNotNull();
        byte[] bytes = Base64.getUrlDecoder().decode(signature);
        String javas = CardSignatures.javas(algorithm);
        assertThat(CardSignatures.verifies(javas, key, signed, bytes)).isTrue();
        assertThat(CardSignatures.verifies(javas, key, signed + "x", bytes)).isFalse();
        bytes[0] ^= 1;
        assertThat(CardSignatures.verifies(javas, key, signed, bytes)).isFalse();
        assertThat(keys.find("k", algorithm.equals("ES256") ? "EdDSA" : "ES256"))
                .as("for another algorithm")
                .isNull();
    }

    @ParameterizedTest
    @CsvSource({"ES256, false", "ES256, true", "EdDSA, false", "EdDSA, true"})
    void a_card_is_valid_as_it_was_signed_and_not_otherwise(String algorithm, boolean withoutTheEmpty)
            throws Exception {
        KeyPair pair = pair(algorithm);
        JsonWebKeys keys = JsonWebKeys.read(keySet(pair).getBytes(UTF_8));
        ObjectNode card = (ObjectNode) JsonText.parse(CARD.getBytes(UTF_8));
        ObjectNode signed = card.deepCopy();
        signed.remove("signatures");
        if (withoutTheEmpty) {
            signed.remove("description");
            signed.remove("skills");
        }
        sign(card, CanonicalJson.of(signed), algorithm, "k", pair);

        assertThat(verdict(card, keys)).isEqualTo(Verdict.VALID);
        assertThat(verdict(card, JsonWebKeys.none())).isEqualTo(Verdict.UNKNOWN_KEY);
        assertThat(verdict(card.deepCopy().put("name", "Strasse"), keys)).isEqualTo(Verdict.INVALID);
        assertThat(verdict(card.deepCopy().put("iconUrl", "https://evil.example"), keys))
                .isEqualTo(Verdict.INVALID);
        assertThat(verdict(card, JsonWebKeys.read(keySet(pair(algorithm)).getBytes(UTF_8))))
                .as("another key of the same id")
                .isEqualTo(Verdict.INVALID);
    }

    @Test
    void what_is_not_understood_is_not_believed() throws Exception {
        KeyPair pair = pair("ES256");
        JsonWebKeys keys = JsonWebKeys.read(keySet(pair).getBytes(UTF_8));
        for (String algorithm : new String[] {"none", "HS256", "RS256"}) {
            ObjectNode card = (ObjectNode) JsonText.parse(CARD.getBytes(UTF_8));
            sign(card, CanonicalJson.of(card), algorithm, "k", pair);
            assertThat(verdict(card, keys)).as(algorithm).isEqualTo(Verdict.UNSUPPORTED);
        }
        ObjectNode card = (ObjectNode) JsonText.parse(CARD.getBytes(UTF_8));
        card.withArray("signatures").addObject().put("protected", "{}").put("signature", "?");
        assertThat(verdict(card, keys)).isEqualTo(Verdict.UNSUPPORTED);
        assertThatIllegalArgumentException().isThrownBy(() -> JsonWebKeys.read("{}".getBytes(UTF_8)));
    }

    private static Verdict verdict(ObjectNode card, JsonWebKeys keys) {
        return CardSignatures.check(card, keys).getFirst().verdict();
    }

    private static KeyPair pair(String algorithm) throws Exception {
        if (algorithm.equals("ES256")) {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        }
        return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    }

    private static String keySet(KeyPair pair) {
        return switch (pair.getPublic()) {
            case ECPublicKey ec ->
                "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k\",\"x\":\""
                        + base64(ec.getW().getAffineX().toByteArray()) + "\",\"y\":\""
                        + base64(ec.getW().getAffineY().toByteArray()) + "\"}]}";
            case EdECPublicKey ed -> {
                byte[] raw = new byte[32]; // the last 32 bytes of its X.509 form are the key (RFC 8410, 4)
                byte[] encoded = ed.getEncoded();
                System.arraycopy(encoded, encoded.length - 32, raw, 0, 32);
                yield "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"k\",\"x\":\"" + base64(raw) + "\"}]}";
            }
            default -> throw new AssertionError(pair.getPublic());
        };
    }

    private static void sign(ObjectNode card, byte[] canonical, String algorithm, String kid, KeyPair pair)
            throws Exception {
        String header = base64(("{\"alg\":\"" + algorithm + "\",\"kid\":\"" + kid + "\"}").getBytes(UTF_8));
        var signer = Signature.getInstance(
                pair.getPublic() instanceof ECPublicKey ? "SHA256withECDSAinP1363Format" : "Ed25519");
        signer.initSign(pair.getPrivate());
        signer.update((header + "." + base64(canonical)).getBytes(UTF_8));
        card.withArray("signatures").addObject().put("protected", header).put("signature", base64(signer.sign()));
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
