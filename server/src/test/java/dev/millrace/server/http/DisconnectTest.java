package dev.millrace.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.core.Journal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Heartbeats are off (the default of 15 s is longer than any of these tests), so only the leaving itself can be noticed. */
@Timeout(60)
class DisconnectTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** How a client that has a stream open leaves it. */
    enum Leaving {
        HTTP1_CLOSE,
        HTTP1_RESET,
        HTTP1_TLS_CLOSE,
        HTTP2_RST_STREAM,
        HTTP2_TLS_RST_STREAM,
        HTTP2_CLOSE,
        HTTP2_RESET,
        HTTP2_TLS_CLOSE;

        void openAndLeave(TestServer server, String path, CountDownLatch waiting) throws Exception {
            boolean tls = name().contains("TLS");
            if (name().startsWith("HTTP1")) {
                try (var http = new RawHttp1(tls ? server.tlsSocket("http/1.1") : server.socket())) {
                    http.get(path).head();
                    happened(waiting);
                    if (this == HTTP1_RESET) {
                        http.reset();
                    }
                }
            } else {
                var http2 = RawHttp2.open(tls ? server.tlsSocket("h2") : server.socket());
                http2.get(1, path);
                http2.await(RawHttp2.DATA, 1);
                happened(waiting);
                switch (this) {
                    case HTTP2_RST_STREAM, HTTP2_TLS_RST_STREAM -> http2.rst(1);
                    case HTTP2_RESET -> http2.reset();
                    default -> http2.close();
                }
            }
        }
    }

    private static void happened(CountDownLatch latch) throws InterruptedException {
        assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void a_client_that_leaves_is_noticed_while_the_endpoint_waits(Leaving leaving) throws Exception {
        var waiting = new CountDownLatch(1);
        var gone = new CountDownLatch(1);
        var noticed = new CountDownLatch(1);
        var router = new Router().get("/wait", exchange -> {
            exchange.onGone(gone::countDown);
            exchange.eventStream().begin();
            waiting.countDown();
            gone.await();
            assertThat(exchange.gone()).isTrue();
            noticed.countDown();
        });
        try (var server = TestServer.start(router)) {
            leaving.openAndLeave(server, "/wait", waiting);
            happened(noticed);
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_pump_whose_client_leaves_ends_and_lets_its_cursor_go(Leaving leaving) throws Exception {
        var journal = Journal.<String>inMemory();
        var waiting = new CountDownLatch(1);
        var ends = new LinkedBlockingQueue<StreamEnd>();
        var router = new Router().get("/stream", exchange -> {
            var stream = exchange.eventStream();
            waiting.countDown();
            ends.add(stream.pump(journal.cursor(0), Framing.each((entry, out) -> Framing.Then.CONTINUE)));
        });
        try (var server = TestServer.start(router)) {
            leaving.openAndLeave(server, "/stream", waiting);
            assertThat(ends.poll(20, TimeUnit.SECONDS)).isEqualTo(StreamEnd.GONE);
            await().atMost(PATIENCE).until(() -> journal.readers() == 0);
        }
    }

    @Test
    void a_client_that_leaves_is_noticed_before_the_response_began() throws Exception {
        var waiting = new CountDownLatch(1);
        var gone = new CountDownLatch(1);
        var router = new Router().post("/slow", exchange -> {
            assertThat(exchange.body()).hasSize(4);
            exchange.onGone(gone::countDown);
            waiting.countDown();
            gone.await();
        });
        try (var server = TestServer.start(router);
                var http = new RawHttp1(server.socket())) {
            http.send("POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody");
            happened(waiting);
            http.close();
            happened(gone);
        }
    }

    @Test
    void watching_a_client_does_not_eat_its_request() throws Exception {
        var gone = new CountDownLatch(1);
        var router = new Router().post("/echo", exchange -> {
            exchange.onGone(gone::countDown);
            exchange.respond(200, "text/plain", exchange.body());
        });
        try (var server = TestServer.start(router);
                var http = new RawHttp1(server.socket())) {
            http.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbo");
            http.send("dy");
            var head = http.head();
            assertThat(http.body(head)).isEqualTo("body");
            assertThat(http.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nmore")
                            .body(http.head()))
                    .as("on the connection that was watched")
                    .isEqualTo("more");
            assertThat(gone.getCount()).as("a finished exchange tells nobody").isEqualTo(1);
        }
    }

    @Test
    void a_client_that_talks_while_it_listens_is_still_served() throws Exception {
        var journal = Journal.<String>inMemory();
        var ends = new LinkedBlockingQueue<StreamEnd>();
        var router = new Router()
                .get(
                        "/stream",
                        exchange ->
                                ends.add(exchange.eventStream().pump(journal.cursor(0), Framing.each((entry, out) -> {
                                    out.event(entry.offset(), entry.event().getBytes(StandardCharsets.UTF_8));
                                    return Framing.Then.CONTINUE;
                                }))));
        try (var server = TestServer.start(router);
                var http = new RawHttp1(server.socket())) {
            http.get("/stream").head();
            http.send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
            http.chunk();
            journal.append("one");
            assertThat(http.chunk()).isEqualTo("id: 1\ndata: one\n\n");
            http.close();
            assertThat(ends.poll(20, TimeUnit.SECONDS)).isEqualTo(StreamEnd.GONE);
        }
    }

    @Test
    void what_a_client_says_while_it_listens_is_answered_or_ends_its_connection_behind_the_stream() throws Exception {
        var journal = Journal.<String>inMemory();
        var router = new Router()
                .get(
                        "/stream",
                        exchange -> exchange.eventStream()
                                .pump(journal.cursor(0), Framing.each((entry, out) -> Framing.Then.CONTINUE)))
                .get("/other", exchange -> exchange.respond(204));
        try (var server = TestServer.start(router);
                var http = new RawHttp1(server.socket())) {
            http.get("/stream").head();
            assertThat(http.chunk()).isEqualTo(": stream\n\n");
            http.send("GET /other HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            journal.close();
            assertThat(http.chunk()).isEmpty();
            String rest = http.untilClosed();
            assertThat(rest.isEmpty() || rest.startsWith("HTTP/1.1 204"))
                    .as(rest)
                    .isTrue();
        }
    }

    @Test
    void who_has_all_that_was_announced_may_ask_the_next_while_the_endpoint_still_tidies_up() throws Exception {
        var asked = new Semaphore(0);
        var router = new Router()
                .get("/file", exchange -> {
                    exchange.onGone(() -> {});
                    exchange.header("Content-Length", "5");
                    try (ResponseBody body = exchange.respondStream(200)) {
                        body.write(ByteBuffer.wrap("he".getBytes(StandardCharsets.UTF_8)));
                        body.write(ByteBuffer.wrap("llo".getBytes(StandardCharsets.UTF_8)));
                        asked.acquire();
                    }
                })
                .get("/other", exchange -> exchange.respond(204));
        try (var server = TestServer.start(router);
                var http = new RawHttp1(server.socket())) {
            for (int i = 0; i < 50; i++) {
                assertThat(http.get("/file").body(http.head())).isEqualTo("hello");
                http.get("/other");
                asked.release();
                assertThat(http.head().status()).isEqualTo(204);
            }
        }
    }

    @Test
    void a_client_that_stops_reading_for_longer_than_the_idle_timeout_is_cut() throws Exception {
        var journal = Journal.<byte[]>inMemory();
        for (int i = 0; i < 300; i++) {
            journal.append(new byte[64 * 1024]);
        }
        var ends = new LinkedBlockingQueue<StreamEnd>();
        var router = new Router()
                .get(
                        "/stream",
                        exchange ->
                                ends.add(exchange.eventStream().pump(journal.cursor(0), Framing.each((entry, out) -> {
                                    out.event(entry.offset(), entry.event());
                                    return Framing.Then.CONTINUE;
                                }))));
        var readers = new ArrayList<EventReader>();
        try (var server = TestServer.start(router, TestServer::impatient)) {
            for (Wire wire : Wire.values()) {
                var reader = EventReader.open(wire, server, "/stream");
                readers.add(reader);
                assertThat(reader.response.statusCode()).isEqualTo(200);
            }
            // 19 MiB do not fit into the buffers on the way, and nobody reads them.
            for (int i = 0; i < Wire.values().length; i++) {
                assertThat(ends.poll(30, TimeUnit.SECONDS)).isEqualTo(StreamEnd.GONE);
            }
            await().atMost(PATIENCE).until(() -> journal.readers() == 0);
        } finally {
            readers.forEach(EventReader::close);
        }
    }
}
