package dev.millrace.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.io.OutputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class LimitsTest {
    private static final int MAX_BODY = 1000;

    private final Router router = new Router()
            .get("/", exchange -> exchange.respond(200, "text/plain", new byte[] {'o', 'k'}))
            .post("/body", exchange -> exchange.respond(200, "text/plain", length(exchange.body().length)))
            .post("/deaf", exchange -> exchange.respond(200, "text/plain", new byte[] {'o', 'k'}))
            .post("/stream", exchange -> {
                long read = exchange.bodyStream().transferTo(OutputStream.nullOutputStream());
                exchange.respond(200, "text/plain", length(read));
            });

    private static byte[] length(long length) {
        return String.valueOf(length).getBytes(StandardCharsets.US_ASCII);
    }

    private TestServer start(UnaryOperator<HttpLimits.Builder> limits) throws IOException {
        return TestServer.start(router, defaults -> limits.apply(defaults.maxBody(MAX_BODY)));
    }

    private TestServer impatient() throws IOException {
        return start(TestServer::impatient);
    }

    @ParameterizedTest
    @EnumSource
    void a_body_of_just_the_limit_is_read_and_one_byte_more_is_413(Wire wire) throws Exception {
        try (var server = start(limits -> limits);
                var client = wire.client()) {
            for (String path : new String[] {"/body", "/stream"}) {
                var just = HttpRequest.newBuilder(wire.uri(server, path))
                        .POST(BodyPublishers.ofByteArray(new byte[MAX_BODY]));
                assertThat(client.send(just.build(), HttpResponse.BodyHandlers.ofString())
                                .body())
                        .isEqualTo("" + MAX_BODY);
                var more = HttpRequest.newBuilder(wire.uri(server, path))
                        .POST(BodyPublishers.ofByteArray(new byte[MAX_BODY + 1]));
                var refused = client.send(more.build(), HttpResponse.BodyHandlers.ofString());
                assertThat(refused.statusCode()).isEqualTo(413);
                assertThat(refused.body()).contains("urn:millrace:problem:body-too-large", "1000 bytes");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/body", "/stream"})
    void a_body_that_does_not_announce_its_length_is_cut_off_all_the_same(String path) throws Exception {
        try (var server = start(limits -> limits)) {
            try (var http = new RawHttp1(server.socket())) {
                http.send("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
                http.send("3e9\r\n" + "x".repeat(0x3e9) + "\r\n");
                assertThat(http.head().status()).isEqualTo(413);
            }
            try (var http2 = RawHttp2.open(server.socket())) {
                http2.post(1, path);
                http2.frame(RawHttp2.DATA, 0, 1, new byte[MAX_BODY + 1]);
                http2.await(RawHttp2.HEADERS, 1);
                assertThat(http2.await(RawHttp2.DATA, 1).text()).contains("body-too-large");
            }
        }
    }

    @Test
    void a_body_that_is_announced_too_large_is_refused_before_it_is_sent() throws Exception {
        try (var server = start(limits -> limits);
                var http = new RawHttp1(server.socket())) {
            http.send("POST /body HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
            assertThat(http.head().status()).isEqualTo(413);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/body", "/nowhere"})
    void who_is_refused_while_it_still_sends_can_read_why(String path) throws Exception {
        try (var server = start(limits -> limits);
                var http = new RawHttp1(server.socket())) {
            http.send("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 600000\r\n\r\n");
            var head = http.head();
            assertThat(head.status()).isIn(413, 404);
            // The rest arrives after the refusal; the connection takes it, and then the next request.
            http.send("x".repeat(600_000));
            assertThat(http.body(head)).contains("urn:millrace:problem:");
            assertThat(http.get("/").head().status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/body", "/nowhere", "/deaf"})
    void who_still_sends_on_http2_is_not_reset_under_its_answer(String path) throws Exception {
        try (var server = start(limits -> limits);
                var http2 = RawHttp2.open(server.socket())) {
            http2.post(1, path);
            http2.frame(RawHttp2.DATA, 0, 1, new byte[MAX_BODY + 1]);
            http2.await(RawHttp2.HEADERS, 1);
            http2.frame(RawHttp2.DATA, 1, 1, new byte[MAX_BODY]);
            http2.get(3, "/");
            var next = http2.await(frame -> frame.is(RawHttp2.RST_STREAM, 1) || frame.is(RawHttp2.HEADERS, 3));
            assertThat(next.type()).isEqualTo(RawHttp2.HEADERS);
        }
    }

    @Test
    void headers_over_the_limit_are_431() throws Exception {
        try (var server = start(limits -> limits.maxHeader(4096))) {
            try (var http = new RawHttp1(server.socket())) {
                http.send("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + "x".repeat(5000) + "\r\n\r\n");
                var head = http.head();
                assertThat(head.status()).isEqualTo(431);
                assertThat(http.body(head)).contains("urn:millrace:problem:headers-too-large");
            }
            try (var http2 = RawHttp2.open(server.socket())) {
                http2.post(1, "/", "x-long", "x".repeat(5000));
                assertThat(http2.refuses(1)).isTrue();
            }
        }
    }

    @Test
    void a_uri_over_the_limit_is_414() throws Exception {
        try (var server = start(limits -> limits.maxHeader(4096));
                var http = new RawHttp1(server.socket())) {
            var head = http.get("/" + "x".repeat(5000)).head();
            assertThat(head.status()).isEqualTo(414);
            assertThat(http.body(head)).contains("urn:millrace:problem:uri-too-long");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/9.9\r\n\r\n",
                "no request at all\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"
            })
    void a_request_that_is_none_gets_a_problem_document_and_no_html(String request) throws Exception {
        try (var server = start(limits -> limits);
                var http = new RawHttp1(server.socket())) {
            var head = http.send(request).head();
            assertThat(head.status()).isIn(400, 505);
            assertThat(head.headers()).containsEntry("content-type", "application/problem+json");
            assertThat(http.body(head)).startsWith("{\"type\":\"urn:millrace:problem:");
        }
    }

    @Test
    void who_sent_what_cannot_be_read_is_told_that_the_connection_ends() throws Exception {
        try (var server = start(limits -> limits);
                var http = new RawHttp1(server.socket())) {
            var head = http.send("POST /%00 HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n")
                    .head();
            assertThat(head.status()).isEqualTo(400);
            assertThat(head.headers()).containsEntry("connection", "close");
        }
    }

    @Test
    void a_connection_over_the_limit_is_served_after_one_frees() throws Exception {
        var served = new AtomicInteger();
        router.get("/count", exchange -> {
            served.incrementAndGet();
            exchange.respond(204);
        });
        try (var server = start(limits -> limits.maxConnections(2));
                var first = new RawHttp1(server.socket());
                var second = new RawHttp1(server.socket())) {
            assertThat(first.get("/count").head().status()).isEqualTo(204);
            assertThat(second.get("/count").head().status()).isEqualTo(204);
            try (var third = new RawHttp1(server.socket())) {
                third.get("/count");
                assertThat(second.get("/count").head().status()).isEqualTo(204);
                assertThat(served)
                        .as("the third waits while the second is served again")
                        .hasValue(3);
                first.close();
                assertThat(third.head().status()).isEqualTo(204);
            }
        }
    }

    @Test
    void a_connection_that_falls_silent_is_closed() throws Exception {
        var beginnings = List.of(
                "",
                "GE",
                "GET / HTTP/1.1\r\nHost: local",
                "POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf",
                "POST /body HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha",
                "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "PRI * HTTP/2.0\r\n\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        var connections = new ArrayList<RawHttp1>();
        try (var server = impatient()) {
            for (String beginning : beginnings) {
                connections.add(new RawHttp1(server.socket()).send(beginning));
            }
            for (int i = 0; i < beginnings.size(); i++) {
                String answer = connections.get(i).untilClosed();
                if (beginnings.get(i).startsWith("POST")) {
                    assertThat(answer)
                            .as(beginnings.get(i))
                            .startsWith("HTTP/1.1 408")
                            .contains("urn:millrace:problem:request-timeout");
                }
            }
        } finally {
            for (var connection : connections) {
                connection.close();
            }
        }
    }

    @Test
    void an_http2_body_that_falls_silent_ends_its_request() throws Exception {
        try (var server = impatient();
                var http2 = RawHttp2.open(server.socket())) {
            http2.post(1, "/body");
            http2.frame(RawHttp2.DATA, 0, 1, new byte[10]);
            http2.await(RawHttp2.HEADERS, 1);
            assertThat(http2.await(RawHttp2.DATA, 1).text()).contains("request-timeout");
        }
    }

    @Test
    void an_endpoint_may_think_for_longer_than_the_idle_timeout() throws Exception {
        var thinking = new CountDownLatch(Wire.values().length);
        var thought = new CountDownLatch(1);
        router.get("/think", exchange -> {
            thinking.countDown();
            thought.await();
            exchange.respond(204);
        });
        var clients = new ArrayList<HttpClient>();
        var answers = new ArrayList<CompletableFuture<HttpResponse<Void>>>();
        try (var server = impatient()) {
            for (Wire wire : Wire.values()) {
                var client = wire.client();
                clients.add(client);
                answers.add(client.sendAsync(
                        HttpRequest.newBuilder(wire.uri(server, "/think")).build(),
                        HttpResponse.BodyHandlers.discarding()));
            }
            assertThat(thinking.await(20, TimeUnit.SECONDS)).isTrue();
            server.outlastIdle();
            server.outlastIdle();
            thought.countDown();
            for (var answer : answers) {
                assertThat(answer.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(204);
            }
        } finally {
            clients.forEach(HttpClient::shutdownNow);
        }
    }

    @Test
    void a_failure_tells_the_client_an_id_and_nothing_else() throws Exception {
        router.get("/broken", exchange -> {
            throw new IllegalStateException("secret");
        });
        try (var server = start(limits -> limits)) {
            var response = server.get("/broken");
            assertThat(response.statusCode()).isEqualTo(500);
            assertThat(response.body())
                    .contains("urn:millrace:problem:internal-error", "\"instance\":\"urn:uuid:")
                    .doesNotContain("secret", "IllegalState");
        }
    }

    @Test
    void a_problem_brings_its_headers_and_members() throws Exception {
        router.get("/busy", exchange -> {
            throw new HttpProblem(429, "rate", "Too many requests", "Wait 2 s.")
                    .header("Retry-After", "2")
                    .with("limit", 10);
        });
        try (var server = start(limits -> limits)) {
            var response = server.get("/busy");
            assertThat(response.statusCode()).isEqualTo(429);
            assertThat(response.headers().firstValue("retry-after")).hasValue("2");
            assertThat(response.body())
                    .isEqualTo("{\"type\":\"urn:millrace:problem:rate\",\"title\":\"Too many requests\",\"status\":429,"
                            + "\"detail\":\"Wait 2 s.\",\"limit\":10}");
        }
    }

    @Test
    void a_response_that_fails_in_the_middle_is_broken_off_and_not_ended() throws Exception {
        router.get("/half", exchange -> {
            var body = exchange.header("Content-Length", "10").respondStream(200);
            body.write(new byte[] {'h', 'a', 'l', 'f'});
            throw new IllegalStateException("on purpose");
        });
        try (var server = start(limits -> limits);
                var http = new RawHttp1(server.socket())) {
            assertThat(http.get("/half").head().status()).isEqualTo(200);
            assertThat(http.untilClosed()).isEqualTo("half");
        }
    }

    @Test
    void no_response_names_the_server_and_all_forbid_guessing_types() throws Exception {
        try (var server = start(limits -> limits)) {
            for (String path : new String[] {"/", "/nothing", "/a%2fb"}) {
                var headers = server.get(path).headers();
                assertThat(headers.firstValue("server")).isEmpty();
                assertThat(headers.firstValue("x-powered-by")).isEmpty();
                assertThat(headers.firstValue("x-content-type-options")).hasValue("nosniff");
            }
        }
    }

    @Test
    void limits_that_cannot_hold_are_refused_by_name() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HttpLimits.builder().maxBody(0).build())
                .withMessageContaining("maxBody");
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        HttpLimits.builder().heartbeat(Duration.ofSeconds(29)).build())
                .withMessageContaining("heartbeat");
    }
}
