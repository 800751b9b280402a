package dev.millrace.server.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.server.chat.ChatFixture.Answer;
import dev.millrace.server.chat.ChatFixture.Sent;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@ParameterizedClass
@EnumSource(Stores.class)
@Timeout(60)
class ChatStreamTest {
    private static final JsonMapper JSON = new JsonMapper();

    @Parameter
    Stores stores;

    @TempDir
    Path folder;

    ChatFixture chats;

    @BeforeEach
    void start() throws Exception {
        chats = new ChatFixture(stores.open(folder));
    }

    @AfterEach
    void stop() {
        chats.close();
    }

    /** A WebSocket reader that keeps what it gets. */
    private final class Reader implements WebSocket.Listener {
        final BlockingQueue<List<JsonNode>> frames = new LinkedBlockingQueue<>();
        final CompletableFuture<Integer> closed = new CompletableFuture<>();
        private final StringBuilder text = new StringBuilder();
        final WebSocket socket;

        Reader(String path, String... header) {
            var builder = chats.client.newWebSocketBuilder().connectTimeout(Duration.ofSeconds(30));
            for (int i = 0; i < header.length; i += 2) {
                builder.header(header[i], header[i + 1]);
            }
            socket = builder.buildAsync(
                            java.net.URI.create(chats.uri(path).toString().replaceFirst("http", "ws")), this)
                    .join();
        }

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                JsonNode frame = JSON.readTree(text.toString());
                text.setLength(0);
                frames.add(frame.valueStream().toList());
            }
            from.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
            closed.complete(code);
            return null;
        }

        @Override
        public void onError(WebSocket from, Throwable error) {
            closed.completeExceptionally(error);
        }

        /** All entries until the server closes. */
        List<JsonNode> toTheEnd() throws Exception {
            assertThat(closed.get(30, TimeUnit.SECONDS)).isEqualTo(1000);
            var all = new ArrayList<JsonNode>();
            for (List<JsonNode> frame : frames) {
                assertThat(frame).hasSizeBetween(1, 32);
                all.addAll(frame);
            }
            return all;
        }

        /** Entries until there are so many. */
        List<JsonNode> atLeast(int count) throws Exception {
            var all = new ArrayList<JsonNode>();
            while (all.size() < count) {
                List<JsonNode> frame = frames.poll(30, TimeUnit.SECONDS);
                assertThat(frame).as("after " + all).isNotNull();
                all.addAll(frame);
            }
            return all;
        }
    }

    private static String text(List<JsonNode> entries) {
        var text = new StringBuilder();
        for (JsonNode entry : entries) {
            JsonNode update = entry.required("event").get("artifactUpdate");
            if (update != null) {
                if (!update.path("append").asBoolean(false)) {
                    text.setLength(0);
                }
                update.required("artifact")
                        .required("parts")
                        .forEach(part -> text.append(part.get("text").asString()));
            }
        }
        return text.toString();
    }

    @Test
    void events_and_web_socket_give_the_same_entries_in_order() throws Exception {
        Sent sent = chats.chat("hold a b c d e f");
        String path = "/chats/" + sent.chat() + "/stream?until=" + sent.task();
        var socket = new Reader(path);
        var stream = chats.client
                .send(HttpRequest.newBuilder(chats.uri(path)).build(), HttpResponse.BodyHandlers.ofInputStream())
                .body();
        // Both have the first before the agent may say anything: what follows they read live.
        var frames = new ByteArrayOutputStream();
        while (!frames.toString(StandardCharsets.UTF_8).contains("id: 2\n")) {
            frames.write(stream.read());
        }
        var bySocket = new ArrayList<>(socket.atLeast(2));
        chats.agent.go.release(6);
        stream.transferTo(frames);
        List<JsonNode> bySse = ChatFixture.entries(frames.toString(StandardCharsets.UTF_8));
        bySocket.addAll(socket.toTheEnd());

        assertThat(text(bySse)).isEqualTo("a b c d e f");
        assertThat(bySse.getFirst().required("event").has("task")).isTrue();
        assertThat(bySse.getFirst().required("taskId").asString()).isEqualTo(sent.task());
        assertThat(ChatFixture.offsets(bySse)).isSorted().doesNotHaveDuplicates();
        assertThat(ChatFixture.offsets(bySse)).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L);
        assertThat(bySocket).isEqualTo(bySse);
    }

    @Test
    void the_offset_of_a_send_is_where_its_answer_begins() throws Exception {
        Sent first = chats.finished(chats.chat("say one"));
        Sent sent = chats.next(first, "say two three");
        List<JsonNode> entries = chats.entries(sent, sent.offset());

        assertThat(entries)
                .allSatisfy(
                        entry -> assertThat(entry.required("taskId").asString()).isEqualTo(sent.task()));
        assertThat(entries.getFirst()
                        .required("event")
                        .required("statusUpdate")
                        .required("status")
                        .required("state")
                        .asString())
                .isEqualTo("TASK_STATE_WORKING");
        assertThat(text(entries)).isEqualTo("two three");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void who_resumes_at_any_offset_misses_nothing_and_gets_nothing_twice(boolean finished) throws Exception {
        Sent sent = chats.chat("hold a b c d e");
        String path = "/chats/" + sent.chat() + "/stream?until=" + sent.task();
        var live = new Reader("/chats/" + sent.chat() + "/stream");
        var seen = new ArrayList<>(live.atLeast(2));
        chats.agent.go.release(finished ? 5 : 3);
        seen.addAll(live.atLeast(finished ? 6 : 3));
        assertThat(text(seen)).isEqualTo(finished ? "a b c d e" : "a b c ");
        live.socket.abort();
        long last = seen.getLast().required("offset").asLong();

        var resumed = new ArrayList<BufferedReader>();
        for (long offset = 0; offset <= last; offset++) {
            var request = HttpRequest.newBuilder(chats.uri(path + "&after=0"))
                    .header("Last-Event-ID", Long.toString(offset))
                    .build();
            resumed.add(new BufferedReader(new InputStreamReader(
                    chats.client
                            .send(request, HttpResponse.BodyHandlers.ofInputStream())
                            .body(),
                    StandardCharsets.UTF_8)));
        }
        var before = new ArrayList<StringBuilder>();
        for (int offset = 0; offset <= last; offset++) {
            var text = new StringBuilder();
            if (!finished) {
                // Each has what was there before when the agent goes on.
                for (long next = offset + 1; next <= last; next++) {
                    readTo("id: " + next, resumed.get(offset), text);
                }
            }
            before.add(text);
        }
        if (!finished) {
            chats.agent.go.release(2);
        }
        for (int offset = 0; offset <= last; offset++) {
            var text = before.get(offset);
            resumed.get(offset).lines().forEach(line -> text.append(line).append('\n'));
            List<JsonNode> after = ChatFixture.entries(text.toString());
            int from = offset;
            var whole = new ArrayList<>(seen.stream()
                    .filter(entry -> entry.required("offset").asLong() <= from)
                    .toList());
            whole.addAll(after);
            assertThat(ChatFixture.offsets(whole))
                    .as("resumed at " + offset)
                    .isSorted()
                    .doesNotHaveDuplicates();
            assertThat(text(whole)).as("resumed at " + offset).isEqualTo("a b c d e");
            assertThat(ChatFixture.offsets(after)).allMatch(o -> o > from);
            if (!finished) {
                assertThat(ChatFixture.offsets(whole))
                        .as("resumed at " + offset)
                        .isEqualTo(LongStream.rangeClosed(1, 8).boxed().toList());
            }
        }
    }

    private static void readTo(String wanted, BufferedReader stream, StringBuilder text) throws IOException {
        String line;
        do {
            line = stream.readLine();
            assertThat(line).as("after " + text).isNotNull();
            text.append(line).append('\n');
        } while (!line.equals(wanted));
    }

    /**
     * Waits until the chunks of a task that is the only one of its chat are merged, and the journals that still have
     * them in memory are dropped: from then on every reader reads the same from the store.
     */
    private void merged(Sent sent) {
        await().atMost(Duration.ofSeconds(30))
                .until(() -> chats.entries(sent, 0).size() == 4);
        await().atMost(Duration.ofSeconds(30)).until(() -> chats.engine.liveJournals() == 0);
    }

    @Test
    void who_resumes_in_the_midst_of_merged_chunks_gets_the_whole_artifact_in_their_place() throws Exception {
        Sent sent = chats.chat("hold a b c d e");
        var live = new Reader("/chats/" + sent.chat() + "/stream");
        var seen = new ArrayList<>(live.atLeast(2));
        chats.agent.go.release(5);
        seen.addAll(live.atLeast(6));
        live.socket.abort();
        merged(sent);

        for (int offset = 0; offset <= 8; offset++) {
            var whole = new ArrayList<>(seen.subList(0, offset));
            List<JsonNode> after = chats.entries(sent, offset);
            whole.addAll(after);
            assertThat(text(whole)).as("resumed at " + offset).isEqualTo("a b c d e");
            assertThat(ChatFixture.offsets(whole)).isSorted().doesNotHaveDuplicates();
            assertThat(after).hasSize(offset < 1 ? 4 : offset < 2 ? 3 : offset < 7 ? 2 : 8 - offset);
        }
    }

    @Test
    void a_reader_far_behind_gets_thirty_two_entries_at_a_time() throws Exception {
        Sent sent = chats.chat("hold " + "word ".repeat(99) + "end");
        chats.agent.go.release(99);
        await().atMost(Duration.ofSeconds(30))
                .until(() -> chats.get("/chats/" + sent.chat())
                                .json()
                                .required("lastOffset")
                                .asLong()
                        == 101);
        var reader = new Reader("/chats/" + sent.chat() + "/stream?until=" + sent.task());
        var all = new ArrayList<>(reader.atLeast(1));
        assertThat(all).hasSize(32);
        all.addAll(reader.atLeast(69));
        chats.agent.go.release();
        all.addAll(reader.toTheEnd());

        assertThat(ChatFixture.offsets(all))
                .isEqualTo(LongStream.rangeClosed(1, 103).boxed().toList());
        assertThat(text(all)).isEqualTo("word ".repeat(99) + "end");
    }

    @Test
    void a_reader_who_has_seen_the_rest_of_a_task_is_not_kept_waiting() throws Exception {
        Sent done = chats.finished(chats.chat("say one"));
        long last =
                chats.get("/chats/" + done.chat()).json().required("lastOffset").asLong();
        assertThat(chats.entries(done, last)).isEmpty();
        assertThat(new Reader("/chats/" + done.chat() + "/stream?after=" + last + "&until=" + done.task()).toTheEnd())
                .isEmpty();

        Sent after = chats.chat("ask who?");
        List<JsonNode> asked = chats.entries(after, 0);
        assertThat(asked.getLast()
                        .required("event")
                        .required("statusUpdate")
                        .required("status")
                        .required("state")
                        .asString())
                .isEqualTo("TASK_STATE_INPUT_REQUIRED");
    }

    @Test
    void a_stream_that_waits_for_a_task_ends_with_it_and_not_with_the_chat() throws Exception {
        Sent first = chats.chat("hold one");
        chats.agent.held.acquire();
        Sent second = chats.next(first, "hold two");
        chats.agent.go.release();
        List<JsonNode> entries = chats.entries(first, 0);

        assertThat(entries.getLast().required("taskId").asString()).isEqualTo(first.task());
        assertThat(entries.getLast().required("event").toString()).contains("TASK_STATE_COMPLETED");
        chats.agent.go.release();
        chats.finished(second);
    }

    @Test
    void two_readers_see_the_same_and_one_that_leaves_touches_nothing() throws Exception {
        Sent sent = chats.chat("hold a b c");
        var stays = new Reader("/chats/" + sent.chat() + "/stream?until=" + sent.task());
        var leaves = new Reader("/chats/" + sent.chat() + "/stream");
        List<JsonNode> before = stays.atLeast(2);
        leaves.atLeast(2);
        try (var socket = new Socket("127.0.0.1", chats.server.port())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream()
                    .write(("GET /api/v1/chats/" + sent.chat() + "/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            var lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            while (!lines.readLine().equals("id: 1")) {}
        }
        leaves.socket.abort();
        await().atMost(Duration.ofSeconds(30)).until(() -> chats.server.open() == 1);
        assertThat(chats.get("/chats/" + sent.chat()).get("status")).isEqualTo("running");

        chats.agent.go.release(3);
        var all = new ArrayList<>(before);
        stays.closed.get(30, TimeUnit.SECONDS);
        stays.frames.forEach(all::addAll);
        assertThat(text(all)).isEqualTo("a b c");
    }

    @Test
    void the_journals_bytes_go_out_as_they_are() throws Exception {
        Sent sent = chats.chat("say ü\\u2028 \\n \\\" 😀");
        merged(sent);
        try (var cursor = chats.engine.read(sent.chat(), 0)) {
            var expected = new StringBuilder();
            for (var entry : cursor.poll(100)) {
                expected.append("id: ")
                        .append(entry.offset())
                        .append("\ndata: {\"offset\":")
                        .append(entry.offset());
                expected.append(",\"taskId\":\"").append(sent.task()).append("\",\"event\":");
                expected.append(new String(entry.event().json(), StandardCharsets.UTF_8))
                        .append("}\n\n");
            }
            Answer stream = chats.get("/chats/" + sent.chat() + "/stream?until=" + sent.task());
            assertThat(stream.text()).isEqualTo(": stream\n\n" + expected);
            assertThat(stream.header("Content-Type")).isEqualTo("text/event-stream");
            assertThat(stream.header("Cache-Control")).isEqualTo("no-store");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "999", "x", "", "1.5", "9223372036854775808"})
    void an_offset_that_the_chat_has_not_is_refused_with_its_range(String after) throws Exception {
        Sent sent = chats.finished(chats.chat("say one"));
        long last =
                chats.get("/chats/" + sent.chat()).json().required("lastOffset").asLong();
        Answer refused = chats.get("/chats/" + sent.chat() + "/stream?after=" + after);

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.get("parameter")).isEqualTo("after");
        assertThat(refused.get("detail")).contains("0 (its beginning) to " + last);
        if (!after.isEmpty()) {
            Answer lost = chats.send(HttpRequest.newBuilder(chats.uri("/chats/" + sent.chat() + "/stream?after=0"))
                    .header("Last-Event-ID", after));
            assertThat(lost.get("parameter")).isEqualTo("Last-Event-ID");
        }
    }

    @Test
    void a_stream_of_nothing_is_refused_before_it_opens() throws Exception {
        assertThat(chats.get("/chats/nowhere/stream").problem()).isEqualTo("no-such-chat");
        Sent sent = chats.finished(chats.chat("say one"));
        Sent other = chats.finished(chats.chat("say two"));
        assertThat(chats.get("/chats/" + sent.chat() + "/stream?until=nothing").problem())
                .isEqualTo("no-such-task");
        assertThat(chats.get("/chats/" + sent.chat() + "/stream?until=" + other.task())
                        .get("parameter"))
                .isEqualTo("until");
        assertThat(refusal("/chats/nowhere/stream")).isEqualTo(404);
        assertThat(refusal("/chats/" + sent.chat() + "/stream?after=999")).isEqualTo(400);
    }

    private int refusal(String path) {
        try {
            return 0 * new Reader(path).frames.size();
        } catch (CompletionException e) {
            return ((WebSocketHandshakeException) e.getCause()).getResponse().statusCode();
        }
    }

    @Test
    void pages_of_other_web_sites_cannot_read_chats() throws Exception {
        Sent sent = chats.finished(chats.chat("say secret"));
        String path = "/api/v1/chats/" + sent.chat() + "/stream";
        String host = "127.0.0.1:" + chats.server.port();
        assertThat(handshake(path, host, "https://evil.example")).contains(" 403 ");
        assertThat(handshake(path, host, "null")).contains(" 403 ");
        assertThat(handshake(path, host, "http://" + host)).contains(" 101 ");
    }

    private String handshake(String path, String host, String origin) throws Exception {
        try (var socket = new Socket("127.0.0.1", chats.server.port())) {
            socket.setSoTimeout(30_000);
            String request = "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nOrigin: " + origin
                    + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
                    + "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
                    .readLine();
        }
    }
}
