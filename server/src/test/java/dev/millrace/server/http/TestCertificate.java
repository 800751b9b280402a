package dev.millrace.server.http;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;

/** A self-signed certificate for localhost, made by the JDK's keytool, as the PEM files a server reads. */
public record TestCertificate(Path chain, Path key, SSLContext trusting, KeyStore keys) {
    private static final char[] PASSWORD = "changeit".toCharArray();
    private static final ConcurrentHashMap<String, TestCertificate> MADE = new ConcurrentHashMap<>();

    public static TestCertificate ec() {
        return MADE.computeIfAbsent("EC", TestCertificate::make);
    }

    static TestCertificate rsa() {
        return MADE.computeIfAbsent("RSA", TestCertificate::make);
    }

    /** A client's, signed by itself. */
    public static TestCertificate client(String name) {
        return make("EC", "CN=" + name + ",O=Test");
    }

    /** A client's context, which shows this certificate and trusts another. */
    public SSLContext showing(TestCertificate server) {
        try {
            var manager = KeyManagerFactory.getInstance("SunX509");
            manager.init(keys, PASSWORD);
            var trust = TrustManagerFactory.getInstance("PKIX");
            var trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("srv", server.keys.getCertificate("srv"));
            trust.init(trusted);
            var context = SSLContext.getInstance("TLS");
            KeyManager[] always = {new Insistent((X509ExtendedKeyManager) manager.getKeyManagers()[0])};
            context.init(always, trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Shows its certificate whether or not the server has said that it knows whoever signed it. */
    private static final class Insistent extends X509ExtendedKeyManager {
        private final X509ExtendedKeyManager keys;

        Insistent(X509ExtendedKeyManager keys) {
            this.keys = keys;
        }

        @Override
        public String[] getClientAliases(String keyType, Principal[] issuers) {
            return new String[] {"srv"};
        }

        @Override
        public String chooseClientAlias(String[] keyTypes, Principal[] issuers, Socket socket) {
            return "srv";
        }

        @Override
        public String chooseEngineClientAlias(String[] keyTypes, Principal[] issuers, SSLEngine engine) {
            return "srv";
        }

        @Override
        public String[] getServerAliases(String keyType, Principal[] issuers) {
            return new String[0];
        }

        @Override
        public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
            return null;
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return keys.getCertificateChain(alias);
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return keys.getPrivateKey(alias);
        }
    }

    private static TestCertificate make(String algorithm) {
        return make(algorithm, "CN=localhost");
    }

    private static TestCertificate make(String algorithm, String subject) {
        try {
            Path folder = Files.createTempDirectory("millrace-tls");
            Path store = folder.resolve("store.p12");
            run(
                    folder,
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                    "-genkeypair",
                    "-alias",
                    "srv",
                    "-keyalg",
                    algorithm,
                    "-keysize",
                    algorithm.equals("EC") ? "256" : "2048",
                    "-dname",
                    subject,
                    "-ext",
                    "SAN=dns:localhost,ip:127.0.0.1",
                    "-storetype",
                    "PKCS12",
                    "-keystore",
                    store.toString(),
                    "-storepass",
                    new String(PASSWORD));
            var keys = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(store)) {
                keys.load(in, PASSWORD);
            }
            var certificate = keys.getCertificate("srv");
            Path chain = pem(folder.resolve("chain.pem"), "CERTIFICATE", certificate.getEncoded());
            Path key = pem(
                    folder.resolve("key.pem"),
                    "PRIVATE KEY",
                    keys.getKey("srv", PASSWORD).getEncoded());
            var trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("srv", certificate);
            var trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(trusted);
            var context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            try (var files = Files.walk(folder)) {
                files.forEach(file -> file.toFile().deleteOnExit());
            }
            return new TestCertificate(chain, key, context, keys);
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static Path pem(Path file, String kind, byte[] der) throws IOException {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return Files.writeString(
                file,
                "-----BEGIN " + kind + "-----\n" + base64 + "\n-----END " + kind + "-----\n",
                StandardCharsets.US_ASCII);
    }

    private static void run(Path folder, String... command) throws IOException {
        var process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException(said);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }
}
