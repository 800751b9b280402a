package dev.millrace.server.push;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.server.auth.SigningKey;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Signs pushes: a JWT (RFC 7519) of ES256 (RFC 7518, 3.4) whose claims bind it to the receiver ({@code aud}), the delivery
 * ({@code jti}), the time ({@code iat}, {@code exp}) and the body ({@code request_body_sha256}, in hexadecimal). The public
 * key is published as a JWKS (RFC 7517). Any thread.
 */
public final class PushSigner {
    /** Clocks differ, and an attempt takes its time. */
    private static final long LIFETIME_SECONDS = 300;

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final SigningKey key;
    private final List<SigningKey> published;
    private final InstantSource clock;

    public PushSigner(SigningKey key, InstantSource clock) {
        this(key, List.of(), clock);
    }

    /** @param others further keys of the same server, which are published at the same place */
    public PushSigner(SigningKey key, List<SigningKey> others, InstantSource clock) {
        this.key = key;
        this.published = Stream.concat(Stream.of(key), others.stream()).toList();
        this.clock = clock;
    }

    /** A signer with new keys, which nobody will know after this process. */
    public static PushSigner withNewKeys(InstantSource clock) {
        return new PushSigner(SigningKey.made(), clock);
    }

    /**
     * The signer whose key is in this file, made if it is not there.
     *
     * @throws IOException if the file can't be read, written, or understood
     */
    public static PushSigner inFile(Path file, InstantSource clock) throws IOException {
        return new PushSigner(SigningKey.inFile(file, SigningKey.Algorithm.ES256), clock);
    }

    /** The signature of a body for a receiver. */
    String sign(String audience, String deliveryId, byte[] body) {
        long now = clock.instant().getEpochSecond();
        ObjectNode claims = JSON.objectNode()
                .put("aud", audience)
                .put("jti", deliveryId)
                .put("iat", now)
                .put("exp", now + LIFETIME_SECONDS)
                .put("request_body_sha256", HexFormat.of().formatHex(sha256(body)));
        byte[] payload = claims.toString().getBytes(UTF_8);
        SigningKey.Signed signed = key.sign(JSON.objectNode().put("typ", "JWT"), payload);
        return signed.protectedHeader() + "."
                + Base64.getUrlEncoder().withoutPadding().encodeToString(payload) + "." + signed.signature();
    }

    /** The JWKS of all keys, for receivers. */
    public byte[] jwks() {
        return SigningKey.jwks(published);
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
