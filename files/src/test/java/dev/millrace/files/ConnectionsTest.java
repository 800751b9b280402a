package dev.millrace.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers of servers as they are, over real sockets. */
class ConnectionsTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    private final AtomicInteger opened = new AtomicInteger();
    private ServerSocket listener;
    private Connections connections;

    @BeforeEach
    void start() throws Exception {
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        connections = new Connections(LONG, null);
    }

    @AfterEach
    void stop() throws Exception {
        connections.close();
        listener.close();
    }

    /** Answers each request on each connection with the same, and closes the connection if told to. */
    private void says(String answer, boolean closes) {
        Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    Socket socket = listener.accept();
                    opened.incrementAndGet();
                    Thread.ofVirtual().start(() -> {
                        try (socket) {
                            while (request(socket.getInputStream())) {
                                socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
                                if (closes) {
                                    return;
                                }
                            }
                        } catch (Exception e) {
                            // The client has gone.
                        }
                    });
                }
            } catch (Exception e) {
                // The test is over.
            }
        });
    }

    private static boolean request(InputStream in) throws Exception {
        StringBuilder all = new StringBuilder();
        while (all.length() < 4 || !all.substring(all.length() - 4).equals("\r\n\r\n")) {
            int b = in.read();
            if (b < 0) {
                return false;
            }
            all.append((char) b);
        }
        return true;
    }

    private HttpRequest get() {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + listener.getLocalPort() + "/x"))
                .build();
    }

    private String body() throws Exception {
        try (Answer answer = connections.ask(get(), LONG)) {
            return read(answer);
        }
    }

    private static String read(Answer answer) throws Exception {
        ByteBuffer all = ByteBuffer.allocate(1000);
        while (answer.read(all) >= 0) {}
        return new String(all.array(), 0, all.position(), StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
                "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
                "HTTP/1.1 200\r\ncontent-length:5\r\nX: a\r\nX: b\r\n\r\nhello",
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
                "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\nT: x\r\n\r\n"
            })
    void a_body_is_read_to_its_end_and_the_connection_is_used_again(String answer) throws Exception {
        says(answer, false);
        for (int i = 0; i < 3; i++) {
            assertThat(body()).isEqualTo("hello");
        }
        assertThat(opened).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\n\r\nhello",
                "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
            })
    void a_connection_that_the_server_closes_is_not_used_again(String answer) throws Exception {
        says(answer, true);
        for (int i = 0; i < 3; i++) {
            assertThat(body()).isEqualTo("hello");
        }
        assertThat(opened).hasValue(3);
    }

    @Test
    void a_connection_that_was_closed_while_it_was_kept_costs_no_failure() throws Exception {
        says("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", true); // It says that it stays, and goes.
        for (int i = 0; i < 20; i++) {
            assertThat(body()).isEqualTo("hello");
        }
    }

    @Test
    void a_body_that_was_not_read_to_its_end_ends_its_connection() throws Exception {
        says("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false);
        connections.ask(get(), LONG).close();
        assertThat(body()).isEqualTo("hello");
        assertThat(opened).hasValue(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SSH-2.0-OpenSSH\r\n\r\n",
                "HTTP/2 200\r\n\r\n",
                "HTTP/1.1 101 Switching\r\n\r\n",
                "HTTP/1.1 999 OK\r\n\r\n",
                "HTTP/1.1 099 OK\r\n\r\n",
                "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
            })
    void what_is_no_answer_is_refused_and_not_tried_again(String answer) {
        says(answer, false);
        assertThatThrownBy(this::body)
                .isInstanceOfSatisfying(
                        SourceException.Failed.class,
                        e -> assertThat(e.isPassing()).isFalse());
    }

    @Test
    void a_head_without_end_is_refused() {
        says("HTTP/1.1 200 OK\r\n" + "A: b\r\n".repeat(20_000), false);
        assertThatThrownBy(this::body).isInstanceOf(SourceException.Failed.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
            })
    void a_body_that_is_cut_is_not_whole(String answer) {
        says(answer, true);
        assertThatThrownBy(this::body).isInstanceOf(IOException.class);
    }

    @Test
    void tls_is_spoken_with_who_is_trusted_and_bears_the_right_name_only(@TempDir Path folder) throws Exception {
        Path keys = folder.resolve("keys");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keystore",
                        keys.toString(),
                        "-storepass",
                        "secret",
                        "-alias",
                        "k",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=dns:localhost",
                        "-validity",
                        "3650")
                .redirectErrorStream(true)
                .start();
        assertThat(keytool.waitFor()).isZero();
        KeyStore store = KeyStore.getInstance(keys.toFile(), "secret".toCharArray());
        var own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(store, "secret".toCharArray());
        var trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        KeyStore others = KeyStore.getInstance("PKCS12");
        others.load(null, null);
        others.setCertificateEntry("k", store.getCertificate("k"));
        trusted.init(others);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), trusted.getTrustManagers(), null);
        listener.close();
        listener = context.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
        byte[] film = Bytes.random(300_000, 3);
        says(
                "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + new String(film, StandardCharsets.ISO_8859_1),
                false);
        int port = listener.getLocalPort();
        HttpRequest byName = HttpRequest.newBuilder(URI.create("https://localhost:" + port + "/"))
                .build();
        try (Connections trusting = new Connections(LONG, context)) {
            for (int i = 0; i < 2; i++) {
                try (Answer answer = trusting.ask(byName, LONG)) {
                    ByteBuffer all = ByteBuffer.allocate(film.length + 1);
                    while (answer.read(all) >= 0) {}
                    assertThat(all.flip()).isEqualTo(ByteBuffer.wrap(film));
                }
            }
        }
        // Whoever is trusted must be who was called.
        try (Connections trusting = new Connections(LONG, context)) {
            assertThatThrownBy(() -> trusting.ask(
                            HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + "/"))
                                    .build(),
                            LONG))
                    .isInstanceOf(SourceException.Failed.class);
        }
        assertThatThrownBy(() -> connections.ask(byName, LONG)).isInstanceOf(SourceException.Failed.class);
        assertThat(Files.exists(keys)).isTrue();
    }

    @RepeatedTest(50)
    void who_closes_all_wakes_who_waits_for_an_answer_or_is_about_to_ask() throws Exception {
        FutureTask<Answer> asking = new FutureTask<>(() -> connections.ask(get(), Duration.ofDays(1)));
        Thread.ofVirtual().start(asking);
        try (Socket _ = listener.accept()) {
            connections.close();
            assertThatThrownBy(() -> asking.get(LONG.toSeconds(), TimeUnit.SECONDS))
                    .hasCauseInstanceOf(SourceException.class);
        }
    }
}
