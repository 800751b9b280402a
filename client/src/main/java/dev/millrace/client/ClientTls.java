package dev.millrace.client;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Whom the client trusts and who it is, in TLS.
 *
 * @param trust what decides about a server's certificate; null for the JDK's own
 * @param identity the certificate that the client shows when it is asked for one (mTLS); null for none
 */
@SuppressWarnings("ArrayRecordComponent") // as javax.net.ssl has them; never compared
record ClientTls(TrustManager @Nullable [] trust, KeyManager @Nullable [] identity) {
    static final ClientTls DEFAULT = new ClientTls(null, null);

    private static final Pattern KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----(.*?)-----END PRIVATE KEY-----", Pattern.DOTALL);
    private static final char[] NO_PASSWORD = {};

    boolean isDefault() {
        return trust == null && identity == null;
    }

    SSLContext context() {
        try {
            var context = SSLContext.getInstance("TLS");
            context.init(identity, trust, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has TLS", e);
        }
    }

    /** Trusts the certificates in this PEM file, and what they have signed, and nothing else. */
    ClientTls trusting(Path certificates) {
        try {
            KeyStore store = empty();
            int number = 0;
            for (Certificate certificate : certificates(certificates)) {
                store.setCertificateEntry("trusted-" + number++, certificate);
            }
            var trusting = TrustManagerFactory.getInstance("PKIX");
            trusting.init(store);
            return new ClientTls(trusting.getTrustManagers(), identity);
        } catch (GeneralSecurityException | IOException e) {
            throw unusable(certificates, e);
        }
    }

    /** Shows this certificate, whose PEM file may hold the chain above it, and proves it with this PKCS#8 key. */
    ClientTls as(Path certificateChain, Path privateKey) {
        try {
            KeyStore store = empty();
            store.setKeyEntry(
                    "me",
                    key(privateKey),
                    NO_PASSWORD,
                    certificates(certificateChain).toArray(Certificate[]::new));
            var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, NO_PASSWORD);
            return new ClientTls(trust, keys.getKeyManagers());
        } catch (GeneralSecurityException | IOException e) {
            throw unusable(certificateChain, e);
        }
    }

    private static KeyStore empty() throws GeneralSecurityException, IOException {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static List<Certificate> certificates(Path file) throws GeneralSecurityException, IOException {
        var factory = CertificateFactory.getInstance("X.509");
        List<Certificate> all =
                List.copyOf(factory.generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file))));
        if (all.isEmpty()) {
            throw new IOException("there is no certificate in it");
        }
        return all;
    }

    private static PrivateKey key(Path file) throws GeneralSecurityException, IOException {
        Matcher pem = KEY.matcher(Files.readString(file, StandardCharsets.US_ASCII));
        if (!pem.find()) {
            throw new IOException(file + " holds no private key in PKCS#8 (-----BEGIN PRIVATE KEY-----)");
        }
        var spec = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(1)));
        for (String algorithm : List.of("EC", "RSA", "EdDSA")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (InvalidKeySpecException e) {
                // then of another kind
            }
        }
        throw new IOException(file + " holds a key that is none of EC, RSA, EdDSA");
    }

    private static IllegalArgumentException unusable(Path file, Exception e) {
        return new IllegalArgumentException(file + " can't be used for TLS: " + e.getMessage(), e);
    }
}
