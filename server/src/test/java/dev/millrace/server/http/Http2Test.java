package dev.millrace.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.core.Journal;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class Http2Test {
    private final Journal<String> journal = Journal.inMemory();
    private final Router router = new Router()
            .get("/", exchange -> exchange.respond(200, "text/plain", new byte[] {'o', 'k'}))
            .get(
                    "/stream",
                    exchange -> exchange.eventStream().pump(journal.cursor(0), Framing.each((entry, out) -> {
                        out.event(entry.offset(), entry.event().getBytes(StandardCharsets.UTF_8));
                        return Framing.Then.CONTINUE;
                    })));

    @Test
    void an_offered_upgrade_is_left_alone_by_default() throws Exception {
        try (var server = TestServer.start(router, limits -> limits, builder -> builder.upgradeToHttp2(false));
                var client = Wire.HTTP2_CLEAR.client()) {
            var request = HttpRequest.newBuilder(server.http("/")).build();
            var answer = client.send(request, HttpResponse.BodyHandlers.ofString());
            assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
            assertThat(answer.body()).isEqualTo("ok");
            try (var http2 = RawHttp2.open(server.socket())) {
                http2.get(1, "/");
                assertThat(http2.await(RawHttp2.DATA, 1).text()).isEqualTo("ok");
            }
        }
    }

    @Test
    void an_upgrade_from_http1_is_answered_in_http2() throws Exception {
        try (var server = TestServer.start(router);
                var socket = server.socket()) {
            var http1 = new RawHttp1(socket);
            http1.send(String.join(
                    "\r\n",
                    "GET / HTTP/1.1",
                    "Host: localhost",
                    "Connection: Upgrade, HTTP2-Settings",
                    "Upgrade: h2c",
                    "HTTP2-Settings: AAMAAABkAAQAAP__",
                    "",
                    ""));
            assertThat(http1.head().status()).isEqualTo(101);
            try (var http2 = RawHttp2.upgraded(socket, http1.in)) {
                assertThat(http2.await(RawHttp2.DATA, 1).text()).isEqualTo("ok");
            }
        }
    }

    @Test
    void ninety_streams_of_one_connection_each_get_all_events_at_once() throws Exception {
        int streams = 90;
        int events = 20;
        try (var server = TestServer.start(router);
                var client = Wire.HTTP2_TLS.client()) {
            var request = HttpRequest.newBuilder(server.https("/stream")).build();
            var answers = new ArrayList<CompletableFuture<HttpResponse<InputStream>>>();
            for (int i = 0; i < streams; i++) {
                answers.add(client.sendAsync(request, HttpResponse.BodyHandlers.ofInputStream()));
            }
            for (var answer : answers) {
                assertThat(answer.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
            }
            // All are open now. Each event is read from all before the next one exists.
            for (int i = 1; i <= events; i++) {
                journal.append("event");
                String expected = (i == 1 ? ": stream\n\n" : "") + "id: " + i + "\ndata: event\n\n";
                for (var answer : answers) {
                    byte[] read = answer.get().body().readNBytes(expected.length());
                    assertThat(new String(read, StandardCharsets.UTF_8)).isEqualTo(expected);
                }
            }
            assertThat(server.server.open()).isEqualTo(streams);
            journal.close();
            for (var answer : answers) {
                assertThat(answer.get().body().readAllBytes()).isEmpty();
            }
        }
    }

    @Test
    void a_stream_whose_client_does_not_read_holds_up_no_other_on_its_connection() throws Exception {
        int window = 100;
        try (var server = TestServer.start(router);
                var http2 = RawHttp2.open(server.socket(), window)) {
            http2.get(1, "/stream");
            http2.get(3, "/stream");
            http2.awaitData(1, 3);
            http2.allow(3, 1 << 20);
            for (int i = 1; i <= 50; i++) {
                journal.append("event");
            }
            int first = ": stream\n\n".length();
            int third = 0;
            while (third < 50 * "id: 1\ndata: event\n\n".length()) {
                var frame = http2.next();
                third += frame.is(RawHttp2.DATA, 3) ? frame.payload().length : 0;
                first += frame.is(RawHttp2.DATA, 1) ? frame.payload().length : 0;
            }
            assertThat(first).isLessThanOrEqualTo(window);
            // And it goes on from where it stopped.
            http2.allow(1, 1 << 20);
            assertThat(http2.await(RawHttp2.DATA, 1).payload()).isNotEmpty();
        }
    }

    @Test
    void a_stream_over_the_limit_is_refused_and_the_others_go_on() throws Exception {
        try (var server = TestServer.start(router, limits -> limits.maxStreams(2));
                var http2 = RawHttp2.open(server.socket())) {
            http2.get(1, "/stream");
            http2.get(3, "/stream");
            http2.awaitData(1, 3);
            http2.get(5, "/");
            assertThat(http2.await(RawHttp2.RST_STREAM, 5).number())
                    .as("REFUSED_STREAM")
                    .isEqualTo(7);
            journal.append("event");
            http2.await(RawHttp2.DATA, 1);
        }
    }

    @Test
    void after_a_reset_nothing_more_comes_on_the_stream_and_the_connection_goes_on() throws Exception {
        try (var server = TestServer.start(router);
                var http2 = RawHttp2.open(server.socket())) {
            http2.get(1, "/stream");
            http2.get(3, "/stream");
            http2.awaitData(1, 3);
            http2.rst(1);
            http2.frame(RawHttp2.PING, 0, 0, new byte[8]);
            http2.await(RawHttp2.PING, 0);
            for (int i = 1; i <= 10; i++) {
                journal.append("event");
                var frame = http2.await(any -> any.type() == RawHttp2.DATA);
                assertThat(frame.stream()).isEqualTo(3);
            }
        }
    }

    @Test
    void many_who_leave_at_once_cost_the_others_on_their_connection_nothing() throws Exception {
        int each = 100;
        try (var server = TestServer.start(router);
                var http2 = RawHttp2.open(server.socket())) {
            http2.get(1, "/stream");
            http2.awaitData(1);
            for (int round = 0; round < 4; round++) {
                Integer[] streams = new Integer[each];
                for (int i = 0; i < each; i++) {
                    streams[i] = 3 + 2 * (round * each + i);
                    http2.get(streams[i], "/stream");
                }
                http2.awaitData(streams);
                for (int stream : streams) {
                    http2.rst(stream);
                }
            }
            http2.frame(RawHttp2.PING, 0, 0, new byte[8]);
            http2.await(RawHttp2.PING, 0);
            journal.append("event");
            assertThat(http2.await(frame -> frame.text().contains("event")).stream())
                    .isEqualTo(1);
        }
    }

    @Test
    void a_connection_that_resets_without_end_is_given_up() throws Exception {
        try (var server = TestServer.start(router, limits -> limits.maxStreams(2));
                var http2 = RawHttp2.open(server.socket())) {
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> {
                for (int stream = 1; ; stream += 2) {
                    http2.get(stream, "/stream");
                    http2.rst(stream);
                }
            });
        }
    }

    @Test
    void a_ping_after_the_idle_timeout_is_answered_and_hurts_no_stream() throws Exception {
        try (var server = TestServer.start(router, TestServer::impatient);
                var http2 = RawHttp2.open(server.socket())) {
            http2.get(1, "/stream");
            http2.awaitData(1);
            server.outlastIdle();
            http2.frame(RawHttp2.PING, 0, 0, new byte[8]);
            http2.await(RawHttp2.PING, 0);
            journal.append("event");
            assertThat(http2.await(frame -> frame.text().contains("event")).stream())
                    .isEqualTo(1);
        }
    }

    @Test
    void a_slow_endpoint_holds_up_no_other_on_its_connection() throws Exception {
        var release = new CountDownLatch(1);
        router.get("/slow", exchange -> {
            release.await();
            exchange.respond(204);
        });
        try (var server = TestServer.start(router);
                var http2 = RawHttp2.open(server.socket())) {
            http2.get(1, "/slow");
            http2.get(3, "/");
            assertThat(http2.await(RawHttp2.DATA, 3).text()).isEqualTo("ok");
            release.countDown();
            http2.await(RawHttp2.HEADERS, 1);
        }
    }
}
