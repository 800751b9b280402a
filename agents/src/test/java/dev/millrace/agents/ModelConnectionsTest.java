package dev.millrace.agents;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.langchain4j.http.client.HttpMethod;
import dev.langchain4j.http.client.HttpRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What connections to models' servers promise that a client as it comes would not. */
@Timeout(60)
class ModelConnectionsTest {
    private static final String HEAD =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    /** What a server does with a connection; the number says which one it is. */
    private interface Manners {
        void meet(Socket peer, int number) throws IOException, InterruptedException;
    }

    private ModelConfig server(String scheme, Manners manners) throws IOException {
        var socket = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        open.add(socket);
        Thread.startVirtualThread(() -> {
            for (int number = 1; !socket.isClosed(); number++) {
                int which = number;
                try {
                    Socket peer = socket.accept();
                    Thread.startVirtualThread(() -> {
                        try (peer) {
                            manners.meet(peer, which);
                        } catch (IOException | InterruptedException e) {
                            // the client left
                        }
                    });
                } catch (IOException closed) {
                    return;
                }
            }
        });
        return ModelConfig.of(URI.create(scheme + "://127.0.0.1:" + socket.getLocalPort() + "/v1"), "sk-test", "small");
    }

    private ModelAgent agent(ModelConfig model) {
        var agent = new ModelAgent(model);
        open.add(agent);
        return agent;
    }

    private static void request(Socket peer) throws IOException {
        var request = new StringBuilder();
        InputStream in = peer.getInputStream();
        while (!request.toString().endsWith("}")) { // the body's last byte
            int next = in.read();
            if (next < 0) {
                throw new IOException("the client left");
            }
            request.append((char) next);
        }
    }

    private static String chunk(String data) {
        return Integer.toHexString(data.length()) + "\r\n" + data + "\r\n";
    }

    private static String words(String text) {
        return chunk("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text
                + "\"},\"finish_reason\":null}]}\n\n");
    }

    private static String done() {
        return chunk("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n")
                + chunk("data: [DONE]\n\n");
    }

    private static void say(Socket peer, String text) throws IOException {
        peer.getOutputStream().write(text.getBytes(UTF_8));
    }

    @Test
    void tokens_that_come_together_are_said_together_each_in_an_http_chunk_of_its_own_as_they_are() throws Exception {
        var all = new StringBuilder(HEAD);
        for (int i = 0; i < 20; i++) {
            all.append(words("w" + i));
        }
        all.append(done()).append("0\r\n\r\n");
        var turn = RecordingTurn.of("hi");
        agent(server("http", (peer, number) -> {
                    request(peer);
                    say(peer, all.toString());
                    request(peer);
                }))
                .run(turn);
        // The first goes at once, and the others with as many as were there when it had gone: never one by one.
        assertThat(turn.said).hasSizeLessThan(10);
        assertThat(turn.answer()).startsWith("w0w1").endsWith("w18w19");
    }

    @Test
    void a_token_whose_next_chunk_has_begun_to_come_is_said_at_once() throws Exception {
        var turn = RecordingTurn.of("hi");
        var heard = new CountDownLatch(1);
        var running = Thread.ofVirtual().unstarted(() -> {
            try {
                agent(server("http", (peer, number) -> {
                            request(peer);
                            String next = words("two");
                            say(peer, HEAD + words("one") + words("and") + next.substring(0, 6));
                            heard.await();
                            say(peer, next.substring(6) + done() + "0\r\n\r\n");
                        }))
                        .run(turn);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        running.start();
        assertThat(turn.said.poll(20, TimeUnit.SECONDS)).isEqualTo("one");
        assertThat(turn.said.poll(20, TimeUnit.SECONDS)).isEqualTo("and");
        heard.countDown();
        assertThat(turn.said.poll(20, TimeUnit.SECONDS)).isEqualTo("two");
        running.join();
    }

    @Test
    void a_connection_is_kept_for_the_next_turn_also_where_the_end_of_the_body_comes_late() throws Exception {
        var met = new AtomicInteger();
        ModelAgent agent = agent(server("http", (peer, number) -> {
            met.set(number);
            while (true) {
                request(peer);
                say(peer, HEAD + words("ok") + done());
                say(peer, "0\r\n\r\n"); // not with the rest
            }
        }));
        var turns = new AtomicInteger();
        // The client takes the end, and the connection back, a moment after it was sent: sometime before the next turn.
        await().atMost(Duration.ofSeconds(40))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> {
                    var turn = RecordingTurn.of("hi");
                    agent.run(turn);
                    assertThat(turn.answer()).isEqualTo("ok");
                    return turns.incrementAndGet() > met.get();
                });
    }

    @Test
    void a_connection_that_its_server_closed_while_it_was_kept_costs_no_failure() throws Exception {
        var closed = new CountDownLatch(1);
        ModelAgent agent = agent(server("http", (peer, number) -> {
            request(peer);
            say(peer, HEAD + words("ok" + number) + done() + "0\r\n\r\n");
            peer.close();
            closed.countDown();
        }));
        var first = RecordingTurn.of("hi");
        agent.run(first);
        closed.await();
        var second = RecordingTurn.of("hi");
        agent.run(second);
        assertThat(second.answer()).isEqualTo("ok2");
    }

    @RepeatedTest(50)
    void who_closes_all_wakes_who_waits_for_an_answer_or_is_about_to_ask() throws Exception {
        var met = new CountDownLatch(1);
        ModelConfig model = server("http", (peer, number) -> {
            met.countDown();
            peer.getInputStream().transferTo(OutputStream.nullOutputStream());
        });
        var connections = new ModelConnections(Duration.ofDays(1));
        var request = ModelConnections.request(
                HttpRequest.builder()
                        .method(HttpMethod.POST)
                        .url(model.baseUrl().toString())
                        .body("{}")
                        .build(),
                Duration.ofDays(1));
        var asking = new FutureTask<>(() -> connections.ask(request, Duration.ofDays(1)));
        Thread.startVirtualThread(asking);
        met.await();
        connections.close();
        assertThatThrownBy(() -> asking.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(IOException.class);
    }

    @Test
    void a_server_that_takes_the_connection_and_speaks_no_tls_is_given_up_in_time() throws Exception {
        ModelConfig model = server(
                        "https", (peer, number) -> peer.getInputStream().transferTo(OutputStream.nullOutputStream()))
                .with(new ModelConfig.Times(Duration.ofMillis(300), Duration.ofMillis(300), Duration.ofHours(1)));
        assertThatThrownBy(() -> agent(model).run(RecordingTurn.of("hi"))).isInstanceOf(ModelFailure.class);
    }

    @Test
    void a_host_that_is_not_known_is_said_to_be_so() {
        ModelConfig model = ModelConfig.of(URI.create("http://no.such.host.invalid/v1"), null, "small");
        assertThatThrownBy(() -> agent(model).run(RecordingTurn.of("hi")))
                .isInstanceOf(ModelFailure.class)
                .hasMessageContaining("is not known");
    }
}
