package dev.millrace.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class SseTest {
    private static final String LAST = "last";

    private final Journal<String> journal = Journal.inMemory();
    private final LinkedBlockingQueue<StreamEnd> ends = new LinkedBlockingQueue<>();
    private final Router router = new Router().get("/stream", exchange -> {
        long after = Long.parseLong(exchange.header("Last-Event-ID").orElse("0"));
        ends.add(exchange.eventStream().pump(journal.cursor(after), Framing.each(SseTest::frame)));
    });

    private static Framing.Then frame(Journal.Entry<String> entry, FrameBuffer out) {
        out.event(entry.offset(), entry.event().getBytes(StandardCharsets.UTF_8));
        return entry.event().equals(LAST) ? Framing.Then.END : Framing.Then.CONTINUE;
    }

    @ParameterizedTest
    @EnumSource
    void each_event_arrives_alone(Wire wire) throws Exception {
        try (var server = TestServer.start(router);
                var reader = EventReader.open(wire, server, "/stream")) {
            for (int i = 1; i <= 50; i++) {
                // The next event does not exist before this one was read, so nothing can have pushed it out but itself.
                journal.append("event " + i);
                assertThat(reader.event()).isEqualTo(new EventReader.Event("" + i, "event " + i, null));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void headers_and_a_first_comment_are_out_before_there_is_any_event(Wire wire) throws Exception {
        try (var server = TestServer.start(router);
                var reader = EventReader.open(wire, server, "/stream")) {
            assertThat(reader.response.statusCode()).isEqualTo(200);
            assertThat(reader.response.version()).isEqualTo(wire.version);
            var headers = reader.response.headers();
            assertThat(headers.firstValue("content-type")).hasValue("text/event-stream");
            assertThat(headers.firstValue("cache-control")).hasValue("no-store");
            assertThat(headers.firstValue("x-accel-buffering")).hasValue("no");
            assertThat(reader.next()).isEqualTo(new EventReader.Event(null, "", "stream"));
        }
    }

    @Test
    void an_idle_stream_outlives_the_idle_timeout() throws Exception {
        var readers = new ArrayList<EventReader>();
        try (var server = TestServer.start(router, TestServer::impatient)) {
            for (Wire wire : Wire.values()) {
                var reader = EventReader.open(wire, server, "/stream");
                readers.add(reader);
                assertThat(reader.next()).extracting(EventReader.Event::comment).isEqualTo("stream");
            }
            server.outlastIdle();
            journal.append("still there");
            for (var reader : readers) {
                assertThat(reader.next()).extracting(EventReader.Event::comment).isEqualTo("keep-alive");
                assertThat(reader.event()).extracting(EventReader.Event::data).isEqualTo("still there");
            }
        } finally {
            readers.forEach(EventReader::close);
        }
    }

    @ParameterizedTest
    @EnumSource
    void the_framing_ends_the_stream(Wire wire) throws Exception {
        journal.append("one");
        journal.append(LAST);
        journal.append("too late");
        try (var server = TestServer.start(router);
                var reader = EventReader.open(wire, server, "/stream")) {
            assertThat(reader.rest()).extracting(EventReader.Event::data).containsExactly("", "one", LAST);
            assertThat(ends.poll(20, TimeUnit.SECONDS)).isEqualTo(StreamEnd.COMPLETE);
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_closed_journal_ends_the_stream(Wire wire) throws Exception {
        journal.append("one");
        try (var server = TestServer.start(router);
                var reader = EventReader.open(wire, server, "/stream")) {
            assertThat(reader.event()).extracting(EventReader.Event::data).isEqualTo("one");
            journal.close();
            assertThat(reader.rest()).isEmpty();
            assertThat(ends.poll(20, TimeUnit.SECONDS)).isEqualTo(StreamEnd.CLOSED);
        }
    }

    @Test
    void a_reader_resumes_after_the_last_id_it_saw() throws Exception {
        for (int i = 1; i <= 5; i++) {
            journal.append("event " + i);
        }
        try (var server = TestServer.start(router);
                var http = new RawHttp1(server.socket())) {
            http.send("GET /stream HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 3\r\n\r\n");
            http.head();
            assertThat(http.chunk()).isEqualTo(": stream\n\nid: 4\ndata: event 4\n\nid: 5\ndata: event 5\n\n");
        }
    }

    @Test
    void events_that_are_there_together_go_out_in_one_write_of_up_to_32() throws Exception {
        for (int i = 1; i <= 40; i++) {
            journal.append("event " + i);
        }
        try (var server = TestServer.start(router);
                var http2 = RawHttp2.open(server.socket())) {
            http2.get(1, "/stream");
            assertThat(http2.await(RawHttp2.DATA, 1).text().split("\n\n"))
                    .as("the head's comment, and 32 events")
                    .hasSize(33)
                    .startsWith(": stream", "id: 1\ndata: event 1");
            assertThat(http2.await(RawHttp2.DATA, 1).text().split("\n\n"))
                    .hasSize(8)
                    .endsWith("id: 40\ndata: event 40");
        }
    }

    @Test
    void nothing_of_an_event_waits_for_the_next() throws Exception {
        try (var server = TestServer.start(router);
                var http = new RawHttp1(server.socket())) {
            http.get("/stream").head();
            assertThat(http.chunk()).isEqualTo(": stream\n\n");
            for (int i = 1; i <= 20; i++) {
                journal.append("event");
                assertThat(http.chunk()).isEqualTo("id: " + i + "\ndata: event\n\n");
            }
        }
    }

    @Test
    void a_stream_that_has_ended_leaves_its_connection_for_the_next_request() throws Exception {
        try (var server = TestServer.start(router);
                var http = new RawHttp1(server.socket())) {
            for (int i = 1; i <= 200; i++) {
                http.send("GET /stream HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: " + (i - 1) + "\r\n\r\n");
                assertThat(http.head().headers())
                        .containsEntry("transfer-encoding", "chunked")
                        .doesNotContainKey("connection");
                assertThat(http.chunk()).isEqualTo(": stream\n\n");
                journal.append(LAST);
                assertThat(http.chunk()).isEqualTo("id: " + i + "\ndata: last\n\n");
                assertThat(http.chunk()).isEmpty();
            }
        }
    }

    @Test
    void so_does_one_that_is_whole_when_it_begins() throws Exception {
        journal.append(LAST);
        try (var server = TestServer.start(router);
                var http = new RawHttp1(server.socket())) {
            for (int i = 1; i <= 20; i++) {
                assertThat(http.body(http.get("/stream").head())).isEqualTo(": stream\n\nid: 1\ndata: last\n\n");
            }
        }
    }

    @Test
    void a_stream_that_the_journal_ends_does_so_too() throws Exception {
        try (var server = TestServer.start(router);
                var http = new RawHttp1(server.socket())) {
            journal.append("x".repeat(1 << 20)); // of more pieces than one
            journal.close();
            for (int i = 0; i < 3; i++) {
                http.get("/stream").head();
                var all = new StringBuilder();
                for (String chunk = http.chunk(); !chunk.isEmpty(); chunk = http.chunk()) {
                    all.append(chunk);
                }
                assertThat(all.toString()).isEqualTo(": stream\n\nid: 1\ndata: " + "x".repeat(1 << 20) + "\n\n");
            }
        }
    }

    @Test
    void who_does_not_want_to_keep_the_connection_gets_no_chunks() throws Exception {
        journal.append("one");
        journal.append(LAST);
        try (var server = TestServer.start(router);
                var http = new RawHttp1(server.socket())) {
            http.send("GET /stream HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            assertThat(http.head().headers())
                    .containsEntry("connection", "close")
                    .doesNotContainKey("transfer-encoding");
            assertThat(http.untilClosed()).isEqualTo(": stream\n\nid: 1\ndata: one\n\nid: 2\ndata: last\n\n");
        }
    }

    @Test
    void head_shows_what_a_stream_would_look_like() throws Exception {
        journal.append("one");
        try (var server = TestServer.start(router);
                var http = new RawHttp1(server.socket())) {
            http.send("HEAD /stream HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            assertThat(http.head().headers()).containsEntry("content-type", "text/event-stream");
            assertThat(http.untilClosed()).isEmpty();
        }
    }

    @Test
    void http_1_0_gets_a_stream_that_ends_with_its_connection() throws Exception {
        journal.append(LAST);
        try (var server = TestServer.start(router);
                var http = new RawHttp1(server.socket())) {
            http.send("GET /stream HTTP/1.0\r\n\r\n");
            assertThat(http.head().headers()).doesNotContainKey("transfer-encoding");
            assertThat(http.untilClosed()).isEqualTo(": stream\n\nid: 1\ndata: last\n\n");
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_slow_reader_loses_nothing_and_holds_up_nobody(Wire wire) throws Exception {
        int events = 300;
        String payload = "x".repeat(64 * 1024);
        var slow = new CompletableFuture<Cursor<String>>();
        router.get("/slow", exchange -> {
            var cursor = journal.cursor(0);
            slow.complete(cursor);
            exchange.eventStream().pump(cursor, Framing.each(SseTest::frame));
        });
        try (var server = TestServer.start(router);
                var slowReader = EventReader.open(wire, server, "/slow");
                var fastReader = EventReader.open(wire, server, "/stream")) {
            Thread.startVirtualThread(() -> {
                for (int i = 1; i < events; i++) {
                    journal.append(payload);
                }
                journal.append(LAST);
            });
            assertThat(fastReader.rest()).hasSize(events + 1);
            // 19 MiB are more than all buffers on the way hold, so the pump itself must have been stopped.
            assertThat(slow.get().position()).isLessThan(events);
            var late = slowReader.rest();
            assertThat(late).hasSize(events + 1);
            assertThat(late.getLast()).isEqualTo(new EventReader.Event("" + events, LAST, null));
        }
    }
}
