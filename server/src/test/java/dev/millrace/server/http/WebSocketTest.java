package dev.millrace.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.core.Journal;
import java.io.EOFException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WebSocketTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Journal<String> journal = Journal.inMemory();
    private final LinkedBlockingQueue<Object> seen = new LinkedBlockingQueue<>();
    private final Router router = new Router();

    /** Echoes, and remembers how it ended. */
    private final class Echo implements WebSocketHandler {
        @Override
        public void run(WebSocketSession session) throws InterruptedException {
            session.awaitClose();
        }

        @Override
        public void text(WebSocketSession session, String message) throws IOException {
            session.send("echo " + message);
        }

        @Override
        public void closed(WebSocketSession session, int code, String reason) {
            seen.add(code + " " + reason);
        }
    }

    private static Framing.Then array(List<Journal.Entry<String>> batch, FrameBuffer out) {
        char before = '[';
        for (var entry : batch) {
            out.append(before).append(entry.offset());
            before = ',';
        }
        out.append(']');
        return Framing.Then.CONTINUE;
    }

    private RawWebSocket open(TestServer server, String path) throws IOException {
        return new RawWebSocket(server.socket(), path);
    }

    private Object nextSeen() throws InterruptedException {
        return seen.poll(20, TimeUnit.SECONDS);
    }

    /** A client that is not ours, and its messages. */
    private static final class Client implements WebSocket.Listener, AutoCloseable {
        final LinkedBlockingQueue<String> messages = new LinkedBlockingQueue<>();
        private final StringBuilder message = new StringBuilder();
        private final HttpClient http = TestServer.client(HttpClient.Version.HTTP_1_1);

        Client(URI uri) {
            http.newWebSocketBuilder().buildAsync(uri, this).join();
        }

        String next() throws InterruptedException {
            return messages.poll(20, TimeUnit.SECONDS);
        }

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            message.append(data);
            if (last) {
                messages.add(message.toString());
                message.setLength(0);
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            messages.add(code + " " + reason);
            return null;
        }

        @Override
        public void close() {
            http.shutdownNow();
        }
    }

    private static URI uri(TestServer server, String scheme, String path) {
        return URI.create(scheme + "://localhost:" + server.port() + path);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ws", "wss"})
    void each_event_arrives_alone(String scheme) throws Exception {
        router.webSocket("/stream", exchange -> {
            long after = Long.parseLong(exchange.queryParameter("after").orElse("0"));
            return session -> session.pump(journal.cursor(after), WebSocketTest::array);
        });
        try (var server = TestServer.start(router);
                var client = new Client(uri(server, scheme, "/stream?after=2"))) {
            journal.append("one");
            journal.append("two");
            for (int i = 3; i <= 50; i++) {
                journal.append("event");
                assertThat(client.next()).isEqualTo("[" + i + "]");
            }
        }
    }

    @Test
    void entries_that_are_there_together_are_one_message_of_up_to_32() throws Exception {
        router.webSocket("/stream", exchange -> session -> session.pump(journal.cursor(0), WebSocketTest::array));
        for (int i = 0; i < 40; i++) {
            journal.append("event");
        }
        try (var server = TestServer.start(router);
                var socket = open(server, "/stream")) {
            assertThat(socket.next().text().split(",")).hasSize(32).endsWith("32]");
            assertThat(socket.next().text().split(",")).hasSize(8).endsWith("40]");
        }
    }

    @Test
    void a_complete_stream_closes_with_1000_after_its_last_message() throws Exception {
        router.webSocket("/stream", exchange -> session -> {
            var end = session.pump(journal.cursor(0), (batch, out) -> {
                array(batch, out);
                return Framing.Then.END;
            });
            seen.add(end);
        });
        journal.append("only");
        try (var server = TestServer.start(router);
                var client = new Client(uri(server, "ws", "/stream"))) {
            assertThat(client.next()).isEqualTo("[1]");
            assertThat(client.next()).isEqualTo("1000 ");
            assertThat(nextSeen()).isEqualTo(StreamEnd.COMPLETE);
        }
    }

    @Test
    void messages_of_two_senders_go_out_whole() throws Exception {
        int each = 2000;
        router.webSocket("/two", exchange -> session -> {
            var threads = new ArrayList<Thread>();
            for (String name : List.of("a", "b")) {
                threads.add(Thread.startVirtualThread(() -> {
                    for (int i = 0; i < each; i++) {
                        try {
                            session.send(name + i + "-" + name.repeat(100));
                        } catch (IOException e) {
                            seen.add(e);
                        }
                    }
                }));
            }
            for (var thread : threads) {
                thread.join();
            }
        });
        try (var server = TestServer.start(router);
                var client = new Client(uri(server, "ws", "/two"))) {
            var received = new HashSet<String>();
            for (String message = client.next(); !"1000 ".equals(message); message = client.next()) {
                assertThat(message).matches("a\\d+-a{100}|b\\d+-b{100}");
                received.add(message);
            }
            assertThat(received).hasSize(2 * each);
            assertThat(seen).isEmpty();
        }
    }

    @Test
    void messages_come_in_whole_whatever_their_fragments() throws Exception {
        router.webSocket("/echo", exchange -> new Echo());
        try (var server = TestServer.start(router);
                var socket = open(server, "/echo")) {
            byte[] text = "größer".getBytes(StandardCharsets.UTF_8);
            socket.send(RawWebSocket.TEXT, false, text[0], text[1], text[2]);
            socket.send(RawWebSocket.PING, true, (byte) 42);
            socket.send(RawWebSocket.CONTINUATION, true, text[3], text[4], text[5], text[6], text[7]);
            assertThat(socket.next().payload()).as("the pong").containsExactly(42);
            assertThat(socket.next().text()).isEqualTo("echo größer");
            socket.text("second");
            assertThat(socket.next().text()).isEqualTo("echo second");
        }
    }

    @Test
    void a_message_of_just_the_limit_is_echoed_and_one_byte_more_closes_with_1009() throws Exception {
        router.webSocket("/echo", exchange -> new Echo());
        try (var server = TestServer.start(router, limits -> limits.maxMessage(100_000));
                var socket = open(server, "/echo")) {
            socket.text("x".repeat(100_000));
            assertThat(socket.await(RawWebSocket.TEXT).text()).hasSizeGreaterThan(60_000);
            socket.send(RawWebSocket.TEXT, false, new byte[60_000]);
            socket.send(RawWebSocket.CONTINUATION, true, new byte[40_001]);
            assertThat(socket.await(RawWebSocket.CLOSE).closeCode()).isEqualTo(1009);
            assertThat(nextSeen().toString()).startsWith("1009");
        }
    }

    @Test
    void binary_messages_close_with_1003() throws Exception {
        router.webSocket("/echo", exchange -> new Echo());
        try (var server = TestServer.start(router);
                var socket = open(server, "/echo")) {
            socket.send(RawWebSocket.BINARY, true, (byte) 1);
            assertThat(socket.await(RawWebSocket.CLOSE).closeCode()).isEqualTo(1003);
        }
    }

    @Test
    void text_that_is_not_utf_8_closes_with_1007() throws Exception {
        router.webSocket("/echo", exchange -> new Echo());
        try (var server = TestServer.start(router);
                var socket = open(server, "/echo")) {
            socket.send(RawWebSocket.TEXT, true, (byte) 0xc0, (byte) 0xaf);
            assertThat(socket.await(RawWebSocket.CLOSE).closeCode()).isEqualTo(1007);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"in run", "in text"})
    void a_handler_that_fails_closes_with_1011(String where) throws Exception {
        router.webSocket("/broken", exchange -> new WebSocketHandler() {
            @Override
            public void run(WebSocketSession session) throws InterruptedException {
                if (where.equals("in run")) {
                    throw new IllegalStateException("on purpose");
                }
                session.awaitClose();
            }

            @Override
            public void text(WebSocketSession session, String message) {
                throw new IllegalStateException("on purpose");
            }
        });
        try (var server = TestServer.start(router);
                var socket = open(server, "/broken")) {
            if (where.equals("in text")) {
                socket.text("go on");
            }
            assertThat(socket.await(RawWebSocket.CLOSE).closeCode()).isEqualTo(1011);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"close", "reset"})
    void a_client_that_leaves_without_a_word_is_noticed_while_the_handler_waits(String how) throws Exception {
        var open = new CountDownLatch(1);
        router.webSocket("/stream", exchange -> new WebSocketHandler() {
            @Override
            public void run(WebSocketSession session) throws Exception {
                open.countDown();
                seen.add(session.pump(journal.cursor(0), WebSocketTest::array));
            }

            @Override
            public void closed(WebSocketSession session, int code, String reason) {
                seen.add(code);
            }
        });
        try (var server = TestServer.start(router);
                var socket = open(server, "/stream")) {
            assertThat(open.await(20, TimeUnit.SECONDS)).isTrue();
            if (how.equals("reset")) {
                socket.reset();
            } else {
                socket.close();
            }
            assertThat(List.of(nextSeen(), nextSeen())).containsExactlyInAnyOrder(StreamEnd.GONE, 1006);
            await().atMost(PATIENCE).until(() -> journal.readers() == 0 && server.server.open() == 0);
        }
    }

    @Test
    void a_close_is_answered_and_told() throws Exception {
        router.webSocket("/echo", exchange -> new Echo());
        try (var server = TestServer.start(router);
                var socket = open(server, "/echo")) {
            socket.send(RawWebSocket.CLOSE, true, (byte) (4000 >> 8), (byte) 4000, (byte) 'b', (byte) 'y', (byte) 'e');
            assertThat(socket.await(RawWebSocket.CLOSE).closeCode()).isEqualTo(4000);
            assertThat(nextSeen()).isEqualTo("4000 bye");
        }
    }

    @Test
    void a_peer_that_answers_pings_outlives_the_idle_timeout() throws Exception {
        router.webSocket("/echo", exchange -> new Echo());
        // A pong has until the next ping to come, and the second ping comes after the idle timeout.
        try (var server = TestServer.start(
                        router, limits -> limits.idle(Duration.ofSeconds(3)).heartbeat(Duration.ofSeconds(2)));
                var socket = open(server, "/echo")) {
            for (int i = 0; i < 2; i++) {
                socket.send(
                        RawWebSocket.PONG, true, socket.await(RawWebSocket.PING).payload());
            }
            socket.text("still here");
            assertThat(socket.await(RawWebSocket.TEXT).text()).isEqualTo("echo still here");
        }
    }

    @Test
    void a_peer_that_does_not_answer_pings_is_cut() throws Exception {
        router.webSocket("/echo", exchange -> new Echo());
        try (var server = TestServer.start(router, limits -> limits.heartbeat(Duration.ofMillis(100)));
                var socket = open(server, "/echo")) {
            assertThatThrownBy(() -> socket.await(RawWebSocket.TEXT)).isInstanceOf(EOFException.class);
            assertThat(nextSeen().toString()).startsWith("1006");
        }
    }

    @Test
    void a_client_that_does_not_read_is_cut_after_the_write_timeout() throws Exception {
        router.webSocket("/flood", exchange -> session -> {
            try {
                while (true) {
                    session.send("x".repeat(1 << 20));
                }
            } catch (ClientGoneException e) {
                seen.add(session.open());
            }
        });
        try (var server = TestServer.start(router, limits -> limits.writeTimeout(Duration.ofMillis(300)));
                var socket = open(server, "/flood")) {
            assertThat(nextSeen()).isEqualTo(false);
            assertThat(socket.head.status()).isEqualTo(101);
            await().atMost(PATIENCE).until(() -> server.server.open() == 0);
        }
    }

    @Test
    void an_endpoint_can_refuse_the_upgrade() throws Exception {
        router.webSocket("/private", exchange -> {
            throw new HttpProblem(401, "unauthorized", "Who are you?", "Send a token.");
        });
        try (var server = TestServer.start(router);
                var socket = open(server, "/private")) {
            assertThat(socket.head.status()).isEqualTo(401);
            assertThat(socket.head.headers()).containsEntry("content-type", "application/problem+json");
        }
    }

    @Test
    void the_upgrade_chooses_between_two_endpoints_of_a_path() throws Exception {
        router.get("/both", exchange -> exchange.respond(200, "text/plain", new byte[] {'o', 'k'}))
                .webSocket("/both", exchange -> new Echo())
                .webSocket("/only", exchange -> new Echo());
        try (var server = TestServer.start(router);
                var socket = open(server, "/both")) {
            assertThat(socket.head.status()).isEqualTo(101);
            assertThat(server.get("/both").body()).isEqualTo("ok");
            var upgrade = server.get("/only");
            assertThat(upgrade.statusCode()).isEqualTo(426);
            assertThat(upgrade.headers().firstValue("upgrade")).hasValue("websocket");
        }
    }

    @Test
    void compression_is_not_agreed_on() throws Exception {
        router.webSocket("/echo", exchange -> new Echo());
        try (var server = TestServer.start(router);
                var socket = open(server, "/echo")) {
            assertThat(socket.head.headers()).doesNotContainKey("sec-websocket-extensions");
        }
    }
}
