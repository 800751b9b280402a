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
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The key that a server signs with: ES256 (RFC 7518, 3.4). Its public half is published as a JWKS (RFC 7517), under its
 * thumbprint (RFC 7638). Any thread.
 */
public final class SigningKey {
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final ECPrivateKey privateKey;
    private final ECPublicKey publicKey;
    private final String id;

    /** @throws IllegalArgumentException if the keys are not of the curve P-256 */
    public SigningKey(KeyPair keys) {
        if (!(keys.getPrivate() instanceof ECPrivateKey secret)
                || !(keys.getPublic() instanceof ECPublicKey open)
                || open.getParams().getCurve().getField().getFieldSize() != 256) {
            throw new IllegalArgumentException("the keys must be of the curve P-256");
        }
        privateKey = secret;
        publicKey = open;
        id = thumbprint();
    }

    /** A new key, which nobody will know after this process. */
    public static SigningKey made() {
        return new SigningKey(newKeys());
    }

    /** A new key as text: the private half first, then the public one, in PEM. */
    public static String newPem() {
        KeyPair keys = newKeys();
        return pem("PRIVATE KEY", keys.getPrivate().getEncoded())
                + pem("PUBLIC KEY", keys.getPublic().getEncoded());
    }

    /** @throws IllegalArgumentException if the text holds no pair of keys as {@link #newPem} writes them */
    public static SigningKey ofPem(String text) {
        try {
            var factory = KeyFactory.getInstance("EC");
            return new SigningKey(new KeyPair(
                    factory.generatePublic(new X509EncodedKeySpec(section(text, "PUBLIC KEY"))),
                    factory.generatePrivate(new PKCS8EncodedKeySpec(section(text, "PRIVATE KEY")))));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("no pair of keys of the curve P-256 in PEM: " + e.getMessage(), e);
        }
    }

    /**
     * The key in this file, made if it is not there.
     *
     * @throws IOException if the file can't be read, written, or understood
     */
    public static SigningKey inFile(Path file) throws IOException {
        if (!Files.exists(file)) {
            if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            }
            Files.writeString(file, newPem(), StandardOpenOption.CREATE);
        }
        try {
            return ofPem(Files.readString(file));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " can't be used: " + e.getMessage(), e);
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
                header.put("alg", "ES256").put("kid", id).toString().getBytes(UTF_8));
        try {
            var signature = Signature.getInstance("SHA256withECDSAinP1363Format");
            signature.initSign(privateKey);
            signature.update((protectedHeader + "." + BASE64.encodeToString(payload)).getBytes(UTF_8));
            return new Signed(protectedHeader, BASE64.encodeToString(signature.sign()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK signs with ES256", e);
        }
    }

    /**
     * Another secret, derived from this one: 32 bytes, the same for the same name. Who knows it learns nothing of the key
     * (HMAC with SHA-256 over the name, as in RFC 5869).
     */
    public byte[] derived(String name) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(privateKey.getS().toByteArray(), "HmacSHA256"));
            return mac.doFinal(name.getBytes(UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HMAC with SHA-256", e);
        }
    }

    /** A signature: the payload is known to whoever checks it. */
    public record Signed(String protectedHeader, String signature) {}

    /** The JWKS, for whoever checks signatures. */
    public byte[] jwks() {
        ObjectNode key = publicJwk().put("kid", id).put("use", "sig").put("alg", "ES256");
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
