package dev.millrace.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.core.Journal;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class ShutdownTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** Longer than any test may take: whoever needs it has waited for the drain to be over. */
    private static final Duration LONG = Duration.ofMinutes(5);

    private final Journal<String> journal = Journal.inMemory();
    private final LinkedBlockingQueue<Object> seen = new LinkedBlockingQueue<>();
    private final CountDownLatch entered = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);
    private final Router router = new Router()
            .get("/", exchange -> exchange.respond(204))
            .get("/slow", exchange -> {
                exchange.onStopping(() -> seen.add("told"));
                entered.countDown();
                release.await();
                exchange.respond(200, "text/plain", new byte[] {'o', 'k'});
            })
            .get(
                    "/stream",
                    exchange -> seen.add(exchange.eventStream()
                            .pump(journal.cursor(0), Framing.each((entry, out) -> Framing.Then.CONTINUE))))
            .webSocket(
                    "/stream",
                    exchange -> session -> session.pump(journal.cursor(0), (batch, out) -> Framing.Then.CONTINUE));

    private static Thread stopping(TestServer server, Duration drain) {
        return Thread.startVirtualThread(() -> server.server.stop(drain));
    }

    private static boolean refuses(int port) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return !socket.isConnected();
        } catch (ConnectException refused) {
            return true;
        }
    }

    private Object nextSeen() throws InterruptedException {
        return seen.poll(20, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @EnumSource
    void an_open_stream_ends_in_good_order_after_a_last_comment(Wire wire) throws Exception {
        try (var server = TestServer.start(router);
                var reader = EventReader.open(wire, server, "/stream")) {
            assertThat(reader.next()).extracting(EventReader.Event::comment).isEqualTo("stream");
            server.server.stop(LONG);
            assertThat(reader.rest()).extracting(EventReader.Event::comment).containsExactly("stopping");
            assertThat(nextSeen()).isEqualTo(StreamEnd.STOPPING);
        }
    }

    @Test
    void a_web_socket_is_closed_with_1001() throws Exception {
        try (var server = TestServer.start(router);
                var socket = new RawWebSocket(server.socket(), "/stream")) {
            var stop = stopping(server, LONG);
            var close = socket.await(RawWebSocket.CLOSE);
            assertThat(close.closeCode()).isEqualTo(1001);
            socket.send(RawWebSocket.CLOSE, true, (byte) 3, (byte) 0xe9);
            stop.join();
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_request_that_runs_is_answered_before_the_server_is_gone(Wire wire) throws Exception {
        try (var server = TestServer.start(router);
                var client = wire.client()) {
            var answer = client.sendAsync(
                    HttpRequest.newBuilder(wire.uri(server, "/slow")).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(entered.await(20, TimeUnit.SECONDS)).isTrue();
            var stop = stopping(server, LONG);
            assertThat(nextSeen()).isEqualTo("told");
            assertThat(stop.isAlive()).isTrue();
            release.countDown();
            assertThat(answer.get(20, TimeUnit.SECONDS).body()).isEqualTo("ok");
            stop.join();
        }
    }

    @Test
    void new_connections_are_refused_while_a_request_still_runs() throws Exception {
        try (var server = TestServer.start(router);
                var http = new RawHttp1(server.socket())) {
            int port = server.port();
            http.get("/slow");
            assertThat(entered.await(20, TimeUnit.SECONDS)).isTrue();
            var stop = stopping(server, LONG);
            assertThat(nextSeen()).isEqualTo("told");
            // The system goes on to accept for the moment that the acceptor takes to let go of its socket.
            await().atMost(PATIENCE).until(() -> refuses(port));
            release.countDown();
            assertThat(http.head().headers()).containsEntry("connection", "close");
            stop.join();
        }
    }

    @Test
    void http2_is_told_by_goaway_while_its_stream_finishes() throws Exception {
        try (var server = TestServer.start(router);
                var http2 = RawHttp2.open(server.socket())) {
            http2.get(1, "/slow");
            assertThat(entered.await(20, TimeUnit.SECONDS)).isTrue();
            var stop = stopping(server, LONG);
            var frame = http2.next();
            while (frame.type() != RawHttp2.GOAWAY) {
                frame = http2.next();
            }
            release.countDown();
            while (!frame.is(RawHttp2.DATA, 1)) {
                frame = http2.next();
            }
            assertThat(frame.text()).isEqualTo("ok");
            stop.join();
        }
    }

    @Test
    void connections_without_a_request_do_not_delay_the_end() throws Exception {
        try (var server = TestServer.start(router);
                var silent = new RawHttp1(server.socket());
                var idle = new RawHttp1(server.socket())) {
            assertThat(idle.get("/").head().status()).isEqualTo(204);
            server.server.stop(LONG);
            assertThat(idle.untilClosed()).isEmpty();
            assertThat(silent.untilClosed()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void when_the_drain_is_over_an_endpoint_that_still_waits_is_interrupted_and_its_client_cut(Wire wire)
            throws Exception {
        router.get("/stuck", exchange -> {
            entered.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                seen.add("interrupted");
                throw e;
            }
        });
        try (var server = TestServer.start(router);
                var client = wire.client()) {
            var answer = client.sendAsync(
                    HttpRequest.newBuilder(wire.uri(server, "/stuck")).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(entered.await(20, TimeUnit.SECONDS)).isTrue();
            server.server.stop(Duration.ofMillis(50));
            assertThat(nextSeen()).isEqualTo("interrupted");
            assertThat(answer)
                    .failsWithin(Duration.ofSeconds(20))
                    .withThrowableThat()
                    .withCauseInstanceOf(IOException.class);
        }
    }

    @Test
    void stopping_twice_is_stopping_once() throws Exception {
        try (var server = TestServer.start(router)) {
            server.server.stop(LONG);
            server.server.stop(LONG);
        }
    }

    @Test
    void a_server_that_never_started_can_be_stopped_and_one_that_stopped_does_not_start() throws Exception {
        var server = HttpServer.builder(router).build();
        server.stop(LONG);
        assertThatIllegalStateException().isThrownBy(server::start);
    }

    @Test
    void a_port_that_is_taken_is_an_error_that_names_it() throws Exception {
        try (var first = TestServer.start(router)) {
            var second = HttpServer.builder(router).port(first.port()).build();
            assertThatThrownBy(second::start)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(String.valueOf(first.port()));
        }
    }

    @Test
    void those_who_asked_are_told_once() throws Exception {
        try (var server =
                TestServer.start(router, limits -> limits, settings -> settings.onStopping(() -> seen.add("hook")))) {
            assertThat(seen).isEmpty();
            server.server.stop(LONG);
            assertThat(seen).containsExactly("hook");
        }
    }
}
