package dev.millrace.server.push;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.json.JsonText;
import java.math.BigInteger;
import java.nio.file.Path;
import java.security.AlgorithmParameters;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class PushSignerTest {
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-01-01T00:00:00Z"));

    @TempDir
    Path folder;

    @Test
    void a_receiver_verifies_with_the_published_key_alone() throws Exception {
        var signer = PushSigner.inFile(folder.resolve("key.pem"), CLOCK);
        String jwt = signer.sign("https://a.example/hook", "d1", "{}".getBytes(UTF_8));
        String[] parts = jwt.split("\\.");
        JsonNode key = JsonText.parse(signer.jwks()).get("keys").get(0);
        JsonNode header = decoded(parts[0]);
        assertThat(header.get("alg").stringValue()).isEqualTo("ES256");
        assertThat(header.get("kid")).isEqualTo(key.get("kid"));
        assertThat(key.has("d")).isFalse();

        var parameters = AlgorithmParameters.getInstance("EC");
        parameters.init(new ECGenParameterSpec("secp256r1"));
        var point = new ECPoint(number(key.get("x")), number(key.get("y")));
        var verifier = Signature.getInstance("SHA256withECDSAinP1363Format");
        verifier.initVerify(KeyFactory.getInstance("EC")
                .generatePublic(new ECPublicKeySpec(point, parameters.getParameterSpec(ECParameterSpec.class))));
        verifier.update((parts[0] + "." + parts[1]).getBytes(UTF_8));
        assertThat(verifier.verify(Base64.getUrlDecoder().decode(parts[2]))).isTrue();

        JsonNode claims = decoded(parts[1]);
        assertThat(claims.get("aud").stringValue()).isEqualTo("https://a.example/hook");
        assertThat(claims.get("jti").stringValue()).isEqualTo("d1");
        assertThat(claims.get("iat").asLong()).isEqualTo(1767225600);
        assertThat(claims.get("exp").asLong()).isEqualTo(1767225900);
        // SHA-256 of "{}"
        assertThat(claims.get("request_body_sha256").stringValue())
                .isEqualTo("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    }

    @Test
    void the_next_process_signs_with_the_same_key() throws Exception {
        Path file = folder.resolve("key.pem");
        assertThat(PushSigner.inFile(file, CLOCK).jwks())
                .isEqualTo(PushSigner.inFile(file, CLOCK).jwks());
    }

    private static JsonNode decoded(String part) {
        return JsonText.parse(Base64.getUrlDecoder().decode(part));
    }

    private static BigInteger number(JsonNode coordinate) {
        return new BigInteger(1, Base64.getUrlDecoder().decode(coordinate.stringValue()));
    }
}
