package dev.millrace.server.push;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.Span;
import dev.millrace.protocol.push.TaskPushNotificationConfig;
import dev.millrace.server.http.HttpServer;
import dev.millrace.server.http.Router;
import dev.millrace.server.http.TestCertificate;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One push, over real sockets. */
@Timeout(60)
class CourierTest {
    private static final PushSettings HERE = PushSettings.defaults().withAllowed(Set.of("localhost", "127.0.0.1"));

    private static String bring(PushSettings settings, SSLSocketFactory tls, String url) throws Exception {
        try (var courier = new Courier(settings, () -> tls)) {
            return courier.bring(TaskPushNotificationConfig.to(url), "d1", 7, "{\"a\":1}".getBytes(UTF_8), Span.NONE);
        }
    }

    private static String bring(PushSettings settings, String url) throws Exception {
        return bring(settings, (SSLSocketFactory) SSLSocketFactory.getDefault(), url);
    }

    @Test
    void https_works_and_only_with_a_certificate_that_is_trusted() throws Exception {
        var certificate = TestCertificate.ec();
        var bodies = new LinkedBlockingQueue<String>();
        var router = new Router().post("/hook", exchange -> {
            bodies.add(exchange.header("X-A2A-Delivery-Id").orElse("") + " " + new String(exchange.body(), UTF_8));
            exchange.respond(204);
        });
        HttpServer server = HttpServer.builder(router)
                .tls(certificate.chain(), certificate.key())
                .build();
        server.start();
        try {
            String url = "https://localhost:" + server.port() + "/hook";
            assertThat(bring(HERE, certificate.trusting().getSocketFactory(), url))
                    .isNull();
            assertThat(bodies.poll(20, TimeUnit.SECONDS)).isEqualTo("d1 {\"a\":1}");
            assertThat(bring(HERE, url)).containsIgnoringCase("cert");
            assertThat(bodies).isEmpty();
        } finally {
            server.stop(Duration.ofSeconds(1));
        }
    }

    /** What the courier makes of a receiver that says this and closes. */
    private static String answered(String answer) throws Exception {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var served = CompletableFuture.runAsync(() -> {
                try (var client = socket.accept()) {
                    var in = client.getInputStream();
                    var seen = new StringBuilder();
                    while (!seen.toString().endsWith("{\"a\":1}")) {
                        seen.append((char) in.read());
                    }
                    client.getOutputStream().write(answer.getBytes(UTF_8));
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            String problem = bring(HERE, "http://127.0.0.1:" + socket.getLocalPort() + "/hook");
            served.get(20, TimeUnit.SECONDS);
            return problem;
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\n\r\n",
                "HTTP/1.1 204\r\n\r\n",
                "HTTP/1.0 202 Accepted\r\n\r\n",
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n\r\n"
            })
    void any_status_of_success_takes_it(String answer) throws Exception {
        assertThat(answered(answer)).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 302 Found\r\nLocation: http://localhost/\r\n\r\n",
                "HTTP/1.1 410 Gone\r\n\r\n",
                "HTTP/1.1 500 No\r\n\r\n",
                "SSH-2.0-OpenSSH\r\n",
                "HTTP/2 200\r\n\r\n",
                "HTTP/1.1 2000\r\n\r\n",
                "",
                "HTTP/1.1 100 Continue\r\n\r\n"
            })
    void nothing_else_does(String answer) throws Exception {
        assertThat(answered(answer)).isNotBlank();
    }

    @Test
    void a_receiver_that_says_nothing_holds_it_up_no_longer_than_an_attempt_may_take() throws Exception {
        try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String url = "http://127.0.0.1:" + silent.getLocalPort() + "/hook";
            assertThat(bring(HERE.withAttempt(Duration.ofMillis(200)), url)).isNotBlank();
        }
    }

    @Test
    void what_is_not_public_is_not_even_connected_to() throws Exception {
        try (var private_ = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            private_.setSoTimeout(1);
            String url = "http://127.0.0.1:" + private_.getLocalPort() + "/hook";
            assertThat(bring(PushSettings.defaults(), url)).contains("not public");
            org.assertj.core.api.Assertions.assertThatExceptionOfType(java.net.SocketTimeoutException.class)
                    .isThrownBy(private_::accept);
        }
    }
}
