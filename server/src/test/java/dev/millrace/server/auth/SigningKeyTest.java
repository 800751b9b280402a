package dev.millrace.server.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.util.Base64URL;
import dev.millrace.protocol.json.JsonText;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

class SigningKeyTest {
    /** RFC 8037, A.1 and A.2. */
    private static final String D = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";

    private static final String X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    @TempDir
    Path folder;

    private static SigningKey published() throws Exception {
        byte[] x = Base64.getUrlDecoder().decode(X);
        boolean odd = (x[31] & 0x80) != 0;
        var reversed = new byte[32];
        for (int i = 0; i < 32; i++) {
            reversed[i] = x[31 - i];
        }
        reversed[0] &= 0x7f;
        var factory = KeyFactory.getInstance("Ed25519");
        var point = new EdECPoint(odd, new java.math.BigInteger(1, reversed));
        return new SigningKey(new KeyPair(
                factory.generatePublic(new EdECPublicKeySpec(NamedParameterSpec.ED25519, point)),
                factory.generatePrivate(new EdECPrivateKeySpec(
                        NamedParameterSpec.ED25519, Base64.getUrlDecoder().decode(D)))));
    }

    @Test
    void ed25519_keys_are_published_and_named_as_in_rfc_8037() throws Exception {
        SigningKey key = published();
        JsonNode jwk = JsonText.parse(key.jwks()).at("/keys/0");
        assertThat(jwk.get("kty").stringValue()).isEqualTo("OKP");
        assertThat(jwk.get("crv").stringValue()).isEqualTo("Ed25519");
        assertThat(jwk.get("x").stringValue()).isEqualTo(X);
        assertThat(jwk.get("alg").stringValue()).isEqualTo("EdDSA");
        assertThat(key.id()).as("A.3").isEqualTo("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    @Test
    void ed25519_signs_as_in_rfc_8037() throws Exception {
        String input = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        assertThat(published().signature(input))
                .as("A.4")
                .isEqualTo("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
    }

    @Test
    void es256_signatures_are_believed_by_another_implementation() throws Exception {
        SigningKey key = SigningKey.made();
        SigningKey.Signed signed = key.sign(JsonNodeFactory.instance.objectNode(), "text".getBytes(UTF_8));
        var jws = new JWSObject(
                new Base64URL(signed.protectedHeader()), new Payload("text"), new Base64URL(signed.signature()));
        var jwk = JWKSet.parse(new String(key.jwks(), UTF_8)).getKeyByKeyId(key.id());
        assertThat(jwk.computeThumbprint().toString()).isEqualTo(key.id());
        assertThat(jws.verify(new ECDSAVerifier(jwk.toECKey()))).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void a_key_in_a_file_is_made_once_for_its_owner_alone(SigningKey.Algorithm algorithm) throws Exception {
        Path file = folder.resolve("key.pem");
        SigningKey made = SigningKey.inFile(file, algorithm);
        assertThat(Files.getPosixFilePermissions(file)).hasSize(2);
        for (SigningKey.Algorithm asked : SigningKey.Algorithm.values()) {
            assertThat(SigningKey.inFile(file, asked).id()).isEqualTo(made.id());
        }
        assertThat(made.toString()).doesNotContain("PRIVATE").contains(made.id());
    }

    @ParameterizedTest
    @EnumSource
    void secrets_of_other_names_are_derived_from_a_key_alike_after_a_restart(SigningKey.Algorithm algorithm) {
        String pem = SigningKey.newPem(algorithm);
        byte[] one = SigningKey.ofPem(pem).derived("one");
        assertThat(one).hasSize(32).isEqualTo(SigningKey.ofPem(pem).derived("one"));
        assertThat(SigningKey.ofPem(pem).derived("two")).isNotEqualTo(one);
        assertThat(SigningKey.made(algorithm).derived("one")).isNotEqualTo(one);
    }

    @Test
    void other_keys_are_refused_with_what_is_wanted() throws Exception {
        var rsa = KeyPairGenerator.getInstance("RSA").generateKeyPair();
        assertThatThrownBy(() -> new SigningKey(rsa)).hasMessageContaining("P-256 or of Ed25519");
        var p384 = KeyPairGenerator.getInstance("EC");
        p384.initialize(384);
        assertThatThrownBy(() -> new SigningKey(p384.generateKeyPair())).hasMessageContaining("P-256 or of Ed25519");
        var ed448 = KeyPairGenerator.getInstance("Ed448").generateKeyPair();
        assertThat(ed448.getPublic()).isInstanceOf(EdECPublicKey.class);
        assertThatThrownBy(() -> new SigningKey(ed448)).hasMessageContaining("P-256 or of Ed25519");
        assertThatThrownBy(() -> SigningKey.ofPem("no key")).hasMessageContaining("PUBLIC KEY");
    }
}
