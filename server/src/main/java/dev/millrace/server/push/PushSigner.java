package dev.millrace.server.push;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
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

    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final ECPrivateKey privateKey;
    private final ECPublicKey publicKey;
    private final String keyId;
    private final InstantSource clock;

    /** @throws IllegalArgumentException if the keys are not of the curve P-256 */
    public PushSigner(KeyPair keys, InstantSource clock) {
        if (!(keys.getPrivate() instanceof ECPrivateKey secret)
                || !(keys.getPublic() instanceof ECPublicKey open)
                || open.getParams().getCurve().getField().getFieldSize() != 256) {
            throw new IllegalArgumentException("pushes are signed with keys of the curve P-256");
        }
        privateKey = secret;
        publicKey = open;
        this.clock = clock;
        keyId = thumbprint();
    }

    /** A signer with new keys, which nobody will know after this process. */
    public static PushSigner withNewKeys(InstantSource clock) {
        return new PushSigner(newKeys(), clock);
    }

    /**
     * The signer whose keys are in this file (in PEM, the private key first), made if it is not there.
     *
     * @throws IOException if the file can't be read, written, or understood
     */
    public static PushSigner inFile(Path file, InstantSource clock) throws IOException {
        if (!Files.exists(file)) {
            KeyPair keys = newKeys();
            String text = pem("PRIVATE KEY", keys.getPrivate().getEncoded())
                    + pem("PUBLIC KEY", keys.getPublic().getEncoded());
            if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            }
            Files.writeString(file, text, StandardOpenOption.CREATE);
        }
        try {
            String text = Files.readString(file);
            var factory = KeyFactory.getInstance("EC");
            return new PushSigner(
                    new KeyPair(
                            factory.generatePublic(new X509EncodedKeySpec(section(text, "PUBLIC KEY"))),
                            factory.generatePrivate(new PKCS8EncodedKeySpec(section(text, "PRIVATE KEY")))),
                    clock);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(file + " holds no pair of keys of the curve P-256 in PEM: " + e.getMessage(), e);
        }
    }

    private static KeyPair newKeys() {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has the curve P-256", e);
        }
    }

    private static String pem(String name, byte[] content) {
        return "-----BEGIN " + name + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content) + "\n-----END " + name
                + "-----\n";
    }

    private static byte[] section(String text, String name) {
        String begin = "-----BEGIN " + name + "-----";
        int from = text.indexOf(begin);
        int to = text.indexOf("-----END " + name + "-----");
        if (from < 0 || to < from) {
            throw new IllegalArgumentException("there is no section " + name);
        }
        return Base64.getMimeDecoder().decode(text.substring(from + begin.length(), to));
    }

    /** The signature of a body for a receiver. */
    String sign(String audience, String deliveryId, byte[] body) {
        long now = clock.instant().getEpochSecond();
        ObjectNode header =
                JSON.objectNode().put("alg", "ES256").put("typ", "JWT").put("kid", keyId);
        ObjectNode claims = JSON.objectNode()
                .put("aud", audience)
                .put("jti", deliveryId)
                .put("iat", now)
                .put("exp", now + LIFETIME_SECONDS)
                .put("request_body_sha256", java.util.HexFormat.of().formatHex(sha256(body)));
        String signed = encoded(header) + "." + encoded(claims);
        try {
            var signature = Signature.getInstance("SHA256withECDSAinP1363Format");
            signature.initSign(privateKey);
            signature.update(signed.getBytes(UTF_8));
            return signed + "." + BASE64.encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK signs with ES256", e);
        }
    }

    /** The JWKS, for receivers. */
    public byte[] jwks() {
        ObjectNode key = publicJwk().put("kid", keyId).put("use", "sig").put("alg", "ES256");
        ObjectNode set = JSON.objectNode();
        set.putArray("keys").addAll(List.of(key));
        return set.toString().getBytes(UTF_8);
    }

    private ObjectNode publicJwk() {
        return JSON.objectNode()
                .put("crv", "P-256")
                .put("kty", "EC")
                .put("x", coordinate(publicKey.getW().getAffineX()))
                .put("y", coordinate(publicKey.getW().getAffineY()));
    }

    /** RFC 7638: the members in the order of their names, which is the one above. */
    private String thumbprint() {
        return BASE64.encodeToString(sha256(publicJwk().toString().getBytes(UTF_8)));
    }

    private static String coordinate(BigInteger number) {
        byte[] bytes = number.toByteArray();
        var fixed = new byte[32];
        int length = Math.min(bytes.length, 32);
        System.arraycopy(bytes, bytes.length - length, fixed, 32 - length, length);
        return BASE64.encodeToString(fixed);
    }

    private static String encoded(ObjectNode json) {
        return BASE64.encodeToString(json.toString().getBytes(UTF_8));
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
