package dev.millrace.server.http;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** A server on a free port with TLS and cleartext, and clients for it. */
final class TestServer implements AutoCloseable {
    final HttpServer server;

    private TestServer(HttpServer server) {
        this.server = server;
    }

    static TestServer start(Router router) throws IOException {
        return start(router, limits -> limits, builder -> builder);
    }

    static TestServer start(Router router, UnaryOperator<HttpLimits.Builder> limits) throws IOException {
        return start(router, limits, builder -> builder);
    }

    static TestServer start(
            Router router, UnaryOperator<HttpLimits.Builder> limits, UnaryOperator<HttpServer.Builder> settings)
            throws IOException {
        var certificate = TestCertificate.ec();
        var builder = HttpServer.builder(router)
                .tls(certificate.chain(), certificate.key())
                // For the JDK's client, which has no other way to HTTP/2 in cleartext.
                .upgradeToHttp2(true)
                .limits(limits.apply(HttpLimits.builder()).build());
        var server = settings.apply(builder).build();
        server.start();
        return new TestServer(server);
    }

    /**
     * Gives up soon on what is idle, and not so soon that a busy machine, which holds up a handshake or a heartbeat, is
     * taken for an idle peer.
     */
    static HttpLimits.Builder impatient(HttpLimits.Builder limits) {
        return limits.idle(Duration.ofSeconds(2)).heartbeat(Duration.ofMillis(200));
    }

    /** Waits until a connection that comes now and says nothing was found idle: so is, by then, whatever was silent before. */
    void outlastIdle() throws IOException {
        try (var silent = new RawHttp1(socket())) {
            silent.untilClosed();
        }
    }

    int port() {
        return server.port();
    }

    URI http(String path) {
        return URI.create("http://localhost:" + port() + path);
    }

    URI https(String path) {
        return URI.create("https://localhost:" + port() + path);
    }

    static HttpClient client(HttpClient.Version version) {
        return HttpClient.newBuilder()
                .version(version)
                .sslContext(trusting())
                .connectTimeout(Duration.ofSeconds(20))
                .build();
    }

    static SSLContext trusting() {
        return TestCertificate.ec().trusting();
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        try (var client = client(HttpClient.Version.HTTP_1_1)) {
            return client.send(HttpRequest.newBuilder(http(path)).build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    /** A connection to speak by hand. Reading from it gives up after 20 s. */
    Socket socket() throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), port());
        socket.setSoTimeout(20_000);
        return socket;
    }

    /** A TLS connection to speak by hand, with these ALPN protocols on offer. */
    SSLSocket tlsSocket(String... protocols) throws IOException {
        var socket = (SSLSocket) trusting().getSocketFactory().createSocket("localhost", port());
        socket.setSoTimeout(20_000);
        var parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(protocols);
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    @Override
    public void close() {
        server.stop(Duration.ZERO);
    }
}
