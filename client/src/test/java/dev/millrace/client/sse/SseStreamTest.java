package dev.millrace.client.sse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SseStreamTest {
    private static final String HEAD =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

    private ServerSocket server;
    private HttpClient http;

    @BeforeEach
    void open() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        http = HttpClient.newBuilder()
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .build();
    }

    @AfterEach
    void close() throws IOException {
        http.shutdownNow();
        server.close();
    }

    @Test
    void each_event_is_read_before_the_next_is_sent() throws Exception {
        try (SseStream stream = stream(Duration.ofSeconds(20));
                Socket peer = server.accept()) {
            send(peer, HEAD);
            assertThat(stream.status()).isEqualTo(200);
            assertThat(stream.isEventStream()).isTrue();
            for (int i = 0; i < 20; i++) {
                send(peer, "id: " + i + "\ndata: word " + i + "\n\n");
                assertThat(stream.next().text()).isEqualTo("word " + i);
                assertThat(stream.lastEventId()).isEqualTo("" + i);
            }
            peer.close();
            assertThat(stream.next()).isNull();
            assertThat(stream.next()).isNull();
        }
    }

    @Test
    void silence_ends_in_a_timeout_that_says_so() throws Exception {
        try (SseStream stream = stream(Duration.ofMillis(50));
                Socket peer = server.accept()) {
            send(peer, HEAD);
            assertThat(stream.status()).isEqualTo(200);
            assertThatThrownBy(stream::next)
                    .isInstanceOf(HttpTimeoutException.class)
                    .hasMessageContaining("sent nothing");
        }
    }

    @Test
    void a_body_shorter_than_announced_is_an_error_and_not_an_end() throws Exception {
        try (SseStream stream = stream(Duration.ofSeconds(20));
                Socket peer = server.accept()) {
            send(peer, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 1000\r\n\r\n");
            send(peer, "data: a\n\ndata: b");
            peer.close();
            assertThat(stream.next().text()).isEqualTo("a");
            assertThatThrownBy(stream::next).isInstanceOf(IOException.class).hasMessageContaining("cut off");
        }
    }

    @Test
    void closing_wakes_the_reader_and_closes_the_connection() throws Exception {
        SseStream stream = stream(Duration.ofSeconds(20));
        try (Socket peer = server.accept()) {
            send(peer, HEAD);
            assertThat(stream.status()).isEqualTo(200);
            CompletableFuture<Object> end = started(stream);
            stream.close();
            assertThat(end.get(20, TimeUnit.SECONDS)).isEqualTo("end");
            assertThat(restOf(peer)).isNotNull(); // it returns only once the other side has closed
        }
    }

    @Test
    void closing_before_any_response_closes_the_connection() throws Exception {
        SseStream stream = stream(Duration.ofSeconds(20));
        try (Socket peer = server.accept()) {
            CompletableFuture<Object> status = CompletableFuture.supplyAsync(() -> {
                try {
                    return stream.status();
                } catch (IOException | InterruptedException e) {
                    return e;
                }
            });
            peer.getInputStream().read(); // the request is here
            stream.close();
            assertThat(status.get(20, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
            assertThat(restOf(peer)).isNotNull();
        }
    }

    @Test
    void an_interrupt_before_any_response_closes_the_connection() throws Exception {
        SseStream stream = stream(Duration.ofSeconds(20));
        try (Socket peer = server.accept()) {
            var outcome = new CompletableFuture<Object>();
            Thread waiting = Thread.startVirtualThread(() -> {
                try {
                    outcome.complete(stream.status());
                } catch (IOException | InterruptedException e) {
                    outcome.complete(e);
                }
            });
            peer.getInputStream().read();
            waiting.interrupt();
            assertThat(outcome.get(20, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
            assertThat(restOf(peer)).isNotNull();
        }
    }

    @Test
    void a_released_connection_serves_the_next_request() throws Exception {
        SseStream first = stream(Duration.ofSeconds(20));
        try (Socket peer = server.accept()) {
            var requests = new BufferedReader(new InputStreamReader(peer.getInputStream(), UTF_8));
            assertThat(requests.readLine()).startsWith("GET");
            send(peer, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            send(peer, "9\r\ndata: a\n\n\r\n");
            assertThat(first.next().text()).isEqualTo("a");
            first.release(Duration.ofSeconds(20));
            send(peer, "9\r\ndata: b\n\n\r\n0\r\n\r\n");
            while (!requests.readLine().isEmpty()) {
                // the rest of the first request's head
            }
            // The client learns of the end on a thread of its own, so the very next request may still come too early.
            String again = null;
            for (int i = 0; i < 100 && again == null; i++) {
                SseStream next = stream(Duration.ofSeconds(20));
                again = requests.ready() || waitFor(requests) ? requests.readLine() : null;
                next.close();
            }
            assertThat(again).startsWith("GET");
        }
    }

    @Test
    void a_released_response_that_does_not_end_is_closed() throws Exception {
        SseStream stream = stream(Duration.ofSeconds(20));
        try (Socket peer = server.accept()) {
            send(peer, HEAD + "data: a\n\n");
            assertThat(stream.next().text()).isEqualTo("a");
            stream.release(Duration.ofMillis(1));
            assertThat(restOf(peer)).isNotNull();
        }
    }

    private static boolean waitFor(BufferedReader reader) throws InterruptedException, IOException {
        for (int i = 0; i < 20 && !reader.ready(); i++) {
            Thread.sleep(1);
        }
        return reader.ready();
    }

    @Test
    void a_blocked_common_pool_holds_nothing_up() throws Exception {
        var over = new CountDownLatch(1);
        for (int i = 0; i < 2 * ForkJoinPool.getCommonPoolParallelism() + 2; i++) {
            ForkJoinPool.commonPool().execute(() -> {
                try {
                    over.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
        try (SseStream stream = stream(Duration.ofSeconds(20));
                Socket peer = server.accept()) {
            send(peer, HEAD + "data: a\n\n");
            assertThat(stream.next().text()).isEqualTo("a");
            assertThat(stream.status()).isEqualTo(200);
        } finally {
            over.countDown();
        }
    }

    @Test
    void a_refused_connection_keeps_its_type() throws Exception {
        server.close();
        try (SseStream stream = stream(Duration.ofSeconds(20))) {
            assertThatThrownBy(stream::status).isInstanceOf(ConnectException.class);
        }
    }

    @Test
    void a_failed_request_is_told_to_who_reads_without_asking_for_its_head() throws Exception {
        server.close();
        try (SseStream stream = stream(Duration.ofSeconds(20))) {
            assertThatThrownBy(stream::next).hasCauseInstanceOf(ConnectException.class);
        }
    }

    @Test
    void closing_what_was_read_to_its_end_harms_no_request_behind_it() throws Exception {
        Thread.ofPlatform().daemon().start(this::answerAll);
        for (int i = 0; i < 1_000; i++) {
            try (SseStream stream = stream(Duration.ofSeconds(20))) {
                assertThat(stream.next()).as("answer %s", i).isNotNull();
                assertThat(stream.next()).isNull();
            }
        }
    }

    private void answerAll() {
        try {
            while (true) {
                Socket peer = server.accept();
                Thread.ofPlatform().daemon().start(() -> answerAll(peer));
            }
        } catch (IOException closed) {
            // the test is over
        }
    }

    private static void answerAll(Socket peer) {
        try (peer) {
            peer.setTcpNoDelay(true);
            var requests = new BufferedReader(new InputStreamReader(peer.getInputStream(), UTF_8));
            for (String line = requests.readLine(); line != null; line = requests.readLine()) {
                if (line.isEmpty()) {
                    send(
                            peer,
                            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9\r\n\r\ndata: a\n\n");
                }
            }
        } catch (IOException left) {
            // the client closed it
        }
    }

    private SseStream stream(Duration silence) {
        URI uri = URI.create("http://127.0.0.1:" + server.getLocalPort() + "/");
        HttpRequest request = HttpRequest.newBuilder(uri)
                .version(HttpClient.Version.HTTP_1_1)
                .timeout(Duration.ofSeconds(20))
                .build();
        return SseStream.open(http, request, silence, SseReader.DEFAULT_LIMIT);
    }

    private static CompletableFuture<Object> started(SseStream stream) {
        var outcome = new CompletableFuture<Object>();
        Thread.startVirtualThread(() -> {
            try {
                SseEvent event = stream.next();
                outcome.complete(event == null ? "end" : event);
            } catch (IOException | InterruptedException e) {
                outcome.complete(e);
            }
        });
        return outcome;
    }

    private static byte[] restOf(Socket peer) throws IOException {
        try {
            return peer.getInputStream().readAllBytes();
        } catch (java.net.SocketException reset) {
            return new byte[0];
        }
    }

    private static void send(Socket peer, String text) throws IOException {
        peer.getOutputStream().write(text.getBytes(UTF_8));
        peer.getOutputStream().flush();
    }
}
