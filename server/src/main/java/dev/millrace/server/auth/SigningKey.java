package dev.millrace.server.auth;

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
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPrivateKey;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A key that a server signs with: ES256 (RFC 7518, 3.4) or EdDSA with Ed25519 (RFC 8037). Its public half is published as a
 * JWKS (RFC 7517), under its thumbprint (RFC 7638). Any thread.
 */
public final class SigningKey {
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /** How to sign. */
    public enum Algorithm {
        /** ECDSA with the curve P-256 and SHA-256: what every verifier knows. */
        ES256("ES256", "EC", "SHA256withECDSAinP1363Format"),
        /** Ed25519: small, quick, and the same signature for the same text. */
        ED25519("EdDSA", "Ed25519", "Ed25519");

        private final String wireName;
        private final String keys;
        private final String signatures;

        Algorithm(String wireName, String keys, String signatures) {
            this.wireName = wireName;
            this.keys = keys;
            this.signatures = signatures;
        }
    }

    /** How long a public key of Ed25519 is (RFC 8032, 5.1.5); its encoding (RFC 8410) ends with it. */
    private static final int ED25519_LENGTH = 32;

    private final Algorithm algorithm;
    private final PrivateKey privateKey;
    private final PublicKey publicKey;
    private final String id;

    /** @throws IllegalArgumentException if the keys are neither of the curve P-256 nor of Ed25519 */
    public SigningKey(KeyPair keys) {
        algorithm = algorithm(keys);
        privateKey = keys.getPrivate();
        publicKey = keys.getPublic();
        id = thumbprint();
    }

    private static Algorithm algorithm(KeyPair keys) {
        if (keys.getPrivate() instanceof ECPrivateKey
                && keys.getPublic() instanceof ECPublicKey open
                && open.getParams().getCurve().getField().getFieldSize() == 256) {
            return Algorithm.ES256;
        }
        if (keys.getPrivate() instanceof EdECPrivateKey
                && keys.getPublic() instanceof EdECPublicKey open
                && open.getParams().getName().equals(NamedParameterSpec.ED25519.getName())) {
            return Algorithm.ED25519;
        }
        throw new IllegalArgumentException("the keys must be of the curve P-256 or of Ed25519");
    }

    /** A new key for ES256, which nobody will know after this process. */
    public static SigningKey made() {
        return made(Algorithm.ES256);
    }

    /** A new key, which nobody will know after this process. */
    public static SigningKey made(Algorithm algorithm) {
        return new SigningKey(newKeys(algorithm));
    }

    /** A new key as text: the private half first, then the public one, in PEM. */
    public static String newPem(Algorithm algorithm) {
        KeyPair keys = newKeys(algorithm);
        return pem("PRIVATE KEY", keys.getPrivate().getEncoded())
                + pem("PUBLIC KEY", keys.getPublic().getEncoded());
    }

    /** @throws IllegalArgumentException if the text holds no pair of keys as {@link #newPem} writes them */
    public static SigningKey ofPem(String text) {
        var open = new X509EncodedKeySpec(section(text, "PUBLIC KEY"));
        var secret = new PKCS8EncodedKeySpec(section(text, "PRIVATE KEY"));
        GeneralSecurityException why = null;
        for (Algorithm algorithm : Algorithm.values()) {
            try {
                var factory = KeyFactory.getInstance(algorithm.keys);
                return new SigningKey(new KeyPair(factory.generatePublic(open), factory.generatePrivate(secret)));
            } catch (GeneralSecurityException another) {
                why = another;
            }
        }
        throw new IllegalArgumentException("no pair of keys of the curve P-256 or of Ed25519 in PEM", why);
    }

    /**
     * The key in this file, made if it is not there. One that is there is used, whatever its algorithm.
     *
     * @throws IOException if the file can't be read, written, or understood
     */
    public static SigningKey inFile(Path file, Algorithm algorithm) throws IOException {
        if (!Files.exists(file)) {
            if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            }
            Files.writeString(file, newPem(algorithm), StandardOpenOption.CREATE);
        }
        try {
            return ofPem(Files.readString(file));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " can't be used: " + e.getMessage(), e);
        }
    }

    private static KeyPair newKeys(Algorithm algorithm) {
        try {
            var generator = KeyPairGenerator.getInstance(algorithm.keys);
            if (algorithm == Algorithm.ES256) {
                generator.initialize(new ECGenParameterSpec("secp256r1"));
            }
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has the curve P-256 and Ed25519", e);
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

    /** What the key is called in headers: {@code kid}. */
    public String id() {
        return id;
    }

    /**
     * Signs (RFC 7515, 5.1).
     *
     * @param header the protected header; {@code alg} and {@code kid} are added
     * @return the protected header and the signature, both in base64url
     */
    public Signed sign(ObjectNode header, byte[] payload) {
        String protectedHeader = BASE64.encodeToString(
                header.put("alg", algorithm.wireName).put("kid", id).toString().getBytes(UTF_8));
        return new Signed(protectedHeader, signature(protectedHeader + "." + BASE64.encodeToString(payload)));
    }

    /** The signature of a signing input (RFC 7515, 5.1, step 5), in base64url. */
    String signature(String input) {
        try {
            var signature = Signature.getInstance(algorithm.signatures);
            signature.initSign(privateKey);
            signature.update(input.getBytes(UTF_8));
            return BASE64.encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK signs with " + algorithm, e);
        }
    }

    /**
     * Another secret, derived from this one: 32 bytes, the same for the same name. Who knows it learns nothing of the key
     * (HMAC with SHA-256 over the name, as in RFC 5869).
     */
    public byte[] derived(String name) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret(), "HmacSHA256"));
            return mac.doFinal(name.getBytes(UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HMAC with SHA-256", e);
        }
    }

    private byte[] secret() {
        return switch (privateKey) {
            case ECPrivateKey key -> key.getS().toByteArray();
            case EdECPrivateKey key -> key.getBytes().orElseThrow();
            default -> throw new IllegalStateException("the constructor takes no other keys");
        };
    }

    /** A signature: the payload is known to whoever checks it. */
    public record Signed(String protectedHeader, String signature) {}

    /** The JWKS of these keys, for whoever checks signatures. */
    public static byte[] jwks(List<SigningKey> keys) {
        ObjectNode set = JSON.objectNode();
        set.putArray("keys")
                .addAll(keys.stream()
                        .map(key -> key.publicJwk()
                                .put("kid", key.id)
                                .put("use", "sig")
                                .put("alg", key.algorithm.wireName))
                        .toList());
        return set.toString().getBytes(UTF_8);
    }

    /** The JWKS, for whoever checks signatures. */
    public byte[] jwks() {
        return jwks(List.of(this));
    }

    private ObjectNode publicJwk() {
        return switch (publicKey) {
            case ECPublicKey key ->
                JSON.objectNode()
                        .put("crv", "P-256")
                        .put("kty", "EC")
                        .put("x", coordinate(key.getW().getAffineX()))
                        .put("y", coordinate(key.getW().getAffineY()));
            default -> JSON.objectNode().put("crv", "Ed25519").put("kty", "OKP").put("x", point());
        };
    }

    /** The public key of Ed25519 as RFC 8037 has it, which is the end of the key's own encoding. */
    private String point() {
        byte[] encoded = publicKey.getEncoded();
        return BASE64.encodeToString(Arrays.copyOfRange(encoded, encoded.length - ED25519_LENGTH, encoded.length));
    }

    /** RFC 7638: the members in the order of their names, which is the one above. */
    private String thumbprint() {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest(publicJwk().toString().getBytes(UTF_8));
            return BASE64.encodeToString(digest);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static String coordinate(BigInteger number) {
        byte[] bytes = number.toByteArray();
        var fixed = new byte[32];
        int length = Math.min(bytes.length, 32);
        System.arraycopy(bytes, bytes.length - length, fixed, 32 - length, length);
        return BASE64.encodeToString(fixed);
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "SigningKey[" + id + "]";
    }
}
