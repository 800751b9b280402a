package dev.millrace.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.ArrayList;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class TlsTest {
    private final Router router = new Router()
            .get(
                    "/",
                    exchange -> exchange.respond(
                            200,
                            "text/plain",
                            (exchange.protocol() + " " + exchange.secure() + " " + exchange.remoteAddress())
                                    .getBytes(StandardCharsets.UTF_8)));

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource
    void one_port_speaks_cleartext_and_tls(Wire wire) throws Exception {
        try (var server = TestServer.start(router);
                var client = wire.client()) {
            var response = client.send(
                    HttpRequest.newBuilder(wire.uri(server, "/")).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(response.version()).isEqualTo(wire.version);
            assertThat(response.body())
                    .isEqualTo((wire.version == HttpClient.Version.HTTP_2 ? "HTTP/2.0 " : "HTTP/1.1 ")
                            + wire.name().endsWith("TLS") + " 127.0.0.1");
        }
    }

    @ParameterizedTest
    @CsvSource({"h2 http/1.1,h2", "http/1.1 h2,h2", "http/1.1,http/1.1", "h2,h2", "'',''"})
    void alpn_prefers_http2(String offered, String chosen) throws Exception {
        try (var server = TestServer.start(router);
                var socket = server.tlsSocket(offered.isEmpty() ? new String[0] : offered.split(" "))) {
            assertThat(socket.getApplicationProtocol()).isEqualTo(chosen);
            if (!chosen.equals("h2")) {
                assertThat(new RawHttp1(socket).get("/").head().status()).isEqualTo(200);
            }
        }
    }

    @Test
    void an_rsa_key_serves_too() throws Exception {
        var rsa = TestCertificate.rsa();
        try (var server = TestServer.start(router, limits -> limits, settings -> settings.tls(rsa.chain(), rsa.key()));
                var socket = (SSLSocket) rsa.trusting().getSocketFactory().createSocket("localhost", server.port())) {
            assertThat(new RawHttp1(socket).get("/").head().status()).isEqualTo(200);
        }
    }

    @Test
    void failed_handshakes_do_not_use_up_the_connections() throws Exception {
        try (var server = TestServer.start(router, limits -> limits.maxConnections(2))) {
            for (int i = 0; i < 6; i++) {
                try (var socket = server.socket()) {
                    // The type and version of a handshake record, and then no handshake.
                    socket.getOutputStream().write(new byte[] {22, 3, 1, 0, 5, 99, 99, 99, 99, 99});
                    new RawHttp1(socket).untilClosed();
                }
            }
            try (var client = Wire.HTTP2_TLS.client()) {
                var response = client.send(
                        HttpRequest.newBuilder(server.https("/")).build(), HttpResponse.BodyHandlers.ofString());
                assertThat(response.statusCode()).isEqualTo(200);
            }
        }
    }

    @Test
    void a_connection_without_a_handshake_is_closed() throws Exception {
        try (var server = TestServer.start(router, TestServer::impatient)) {
            var halves = new ArrayList<byte[]>();
            halves.add(new byte[] {22});
            halves.add(new byte[] {22, 3, 1, 2, 0, 1, 0});
            for (byte[] half : halves) {
                try (var http = new RawHttp1(server.socket())) {
                    assertThat(http.send(half).untilClosed()).doesNotContain("HTTP");
                }
            }
        }
    }

    @Test
    void without_a_certificate_there_is_no_tls() throws Exception {
        var server = HttpServer.builder(router).build();
        server.start();
        try (var http = new RawHttp1(new Socket(InetAddress.getLoopbackAddress(), server.port()))) {
            assertThat(server.tls()).isFalse();
            assertThat(http.get("/").head().status()).isEqualTo(200);
        } finally {
            server.stop(Duration.ZERO);
        }
    }

    @Test
    void a_key_that_is_not_the_certificates_is_refused_at_the_start() {
        refused(TestCertificate.ec().chain(), TestCertificate.rsa().key(), "cannot be read as the EC key");
    }

    @Test
    void another_key_of_the_same_kind_is_refused_too() throws Exception {
        var other = KeyPairGenerator.getInstance("EC").generateKeyPair().getPrivate();
        Path key = TestCertificate.pem(folder.resolve("other.pem"), "PRIVATE KEY", other.getEncoded());
        refused(TestCertificate.ec().chain(), key, "does not belong to the certificate");
    }

    @Test
    void a_key_in_another_form_is_refused_with_the_command_that_converts_it() throws Exception {
        Path key = TestCertificate.pem(folder.resolve("old.pem"), "EC PRIVATE KEY", new byte[10]);
        refused(TestCertificate.ec().chain(), key, "openssl pkcs8 -topk8 -nocrypt");
    }

    @Test
    void a_file_without_a_key_or_certificate_is_named() throws Exception {
        Path empty = Files.createFile(folder.resolve("empty.pem"));
        refused(TestCertificate.ec().chain(), empty, "No private key in " + empty);
        refused(empty, TestCertificate.ec().key(), empty.toString());
        Path missing = folder.resolve("missing.pem");
        refused(missing, TestCertificate.ec().key(), missing.toString());
    }

    private void refused(Path chain, Path key, String why) {
        assertThatThrownBy(() -> HttpServer.builder(router).tls(chain, key).build())
                .isInstanceOf(IOException.class)
                .hasMessageContaining(why);
    }
}
