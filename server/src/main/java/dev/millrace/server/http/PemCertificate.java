package dev.millrace.server.http;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Pattern;

/** A server's certificate chain and private key, from two PEM files. */
final class PemCertificate {
    private static final Pattern PEM =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\\s]+)-----END \\1-----");

    /** Nothing is stored under it: the key store lives in memory. */
    static final String PASSWORD = "in-memory";

    private PemCertificate() {}

    /**
     * Reads the chain (the server's own certificate first) and its key (PKCS #8, not encrypted; EC, RSA or EdDSA).
     *
     * @throws IOException if a file cannot be read or used; the message names the file and says what to do
     */
    static KeyStore load(Path chainFile, Path keyFile) throws IOException {
        Certificate[] chain = chain(chainFile);
        PrivateKey key = key(keyFile, chain[0].getPublicKey());
        try {
            var store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("server", key, PASSWORD.toCharArray(), chain);
            return store;
        } catch (GeneralSecurityException e) {
            throw new IOException("The certificate in " + chainFile + " cannot be used: " + e.getMessage(), e);
        }
    }

    /**
     * Reads certificates of authorities.
     *
     * @throws IOException if the file cannot be read or used; the message names it
     */
    static KeyStore authorities(Path file) throws IOException {
        try {
            var store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            int number = 0;
            for (Certificate certificate : chain(file)) {
                store.setCertificateEntry("authority-" + number++, certificate);
            }
            return store;
        } catch (GeneralSecurityException e) {
            throw new IOException("The certificates in " + file + " cannot be used: " + e.getMessage(), e);
        }
    }

    private static Certificate[] chain(Path file) throws IOException {
        try {
            var found = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file)));
            if (found.isEmpty()) {
                throw new IOException("No certificate in " + file + ": it must hold '-----BEGIN CERTIFICATE-----'.");
            }
            return found.toArray(Certificate[]::new);
        } catch (GeneralSecurityException e) {
            throw new IOException("The certificate in " + file + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static PrivateKey key(Path file, PublicKey publicKey) throws IOException {
        var pem = PEM.matcher(Files.readString(file));
        while (pem.find()) {
            String kind = pem.group(1);
            if (kind.equals("PRIVATE KEY")) {
                return matching(publicKey, pkcs8(file, pem.group(2), publicKey.getAlgorithm()), file);
            }
            if (kind.endsWith("PRIVATE KEY")) {
                throw new IOException("The key in " + file + " is a '" + kind + "', but must be an unencrypted PKCS #8 "
                        + "'PRIVATE KEY'. Convert it: openssl pkcs8 -topk8 -nocrypt -in " + file + " -out key.pem");
            }
        }
        throw new IOException("No private key in " + file + ": it must hold '-----BEGIN PRIVATE KEY-----'.");
    }

    private static PrivateKey pkcs8(Path file, String base64, String algorithm) throws IOException {
        try {
            byte[] der = Base64.getMimeDecoder().decode(base64);
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(
                    "The key in " + file + " cannot be read as the " + algorithm + " key of its certificate.", e);
        }
    }

    /** A wrong pair would start well and then fail each handshake. */
    private static PrivateKey matching(PublicKey publicKey, PrivateKey key, Path file) throws IOException {
        String algorithm =
                switch (key.getAlgorithm()) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> "EdDSA";
                };
        try {
            var signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update((byte) 1);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update((byte) 1);
            if (signature.verify(signed)) {
                return key;
            }
        } catch (GeneralSecurityException e) {
            throw new IOException("The key in " + file + " cannot be used: " + e.getMessage(), e);
        }
        throw new IOException("The key in " + file + " does not belong to the certificate.");
    }
}
