package dev.millrace.server.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.files.Attempt;
import dev.millrace.files.Block;
import dev.millrace.files.BlockLimits;
import dev.millrace.files.DirectorySource;
import dev.millrace.files.FileInfo;
import dev.millrace.files.HttpOrigin;
import dev.millrace.files.Source;
import dev.millrace.files.SourceException;
import dev.millrace.files.SourceFile;
import dev.millrace.server.http.Endpoint;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpServer;
import dev.millrace.server.http.ResponseBody;
import dev.millrace.server.http.Router;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Over real sockets: {@code local} is a directory; {@code remote} is another server of ours that serves it. */
class FilesEndpointTest {
    private static final byte[] CONTENT = random(5_000_000);
    private static final int N = CONTENT.length;

    @TempDir
    Path folder;

    HttpServer origin;
    HttpServer server;
    FilesEndpoint originFiles;
    FilesEndpoint files;

    /** What the origin does at {@code /scripted/…}. */
    volatile Endpoint script = exchange -> exchange.respond(404);

    @BeforeEach
    void start() throws Exception {
        Path root = Files.createDirectories(folder.resolve("root/sub"));
        Files.write(root.getParent().resolve("film.mp4"), CONTENT);
        Files.setLastModifiedTime(
                root.getParent().resolve("film.mp4"), FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
        Files.writeString(root.resolve("Übung 1.txt"), "Hallo");
        Files.writeString(root.resolve("page.html"), "<script>alert(1)</script>");
        Files.createFile(root.resolve("empty"));
        Files.writeString(folder.resolve("secret.txt"), "secret");

        Router originRouter = new Router();
        originFiles = new FilesEndpoint(Map.of("all", new DirectorySource(root.getParent()))).register(originRouter);
        originRouter.get("/scripted/{path...}", exchange -> script.handle(exchange));
        origin = HttpServer.builder(originRouter).build();
        origin.start();

        Map<String, Source> sources = Map.of(
                "local", new DirectorySource(root.getParent()),
                "broken", new BrokenDisk(new DirectorySource(root.getParent())),
                "remote", source("/files/all/").build(),
                "scripted",
                        source("/scripted/")
                                .retries(2, Duration.ofMillis(1), Duration.ofMillis(1))
                                // Longer than any test: what stops a fetch must be the client's leaving.
                                .readTimeout(Duration.ofMinutes(10))
                                .fetchTimeout(Duration.ofMinutes(10))
                                .build(),
                "hasty",
                        source("/scripted/")
                                .retries(1, Duration.ofMillis(1), Duration.ofMillis(1))
                                .readTimeout(Duration.ofMillis(100))
                                .build());
        Router router = new Router();
        files = new FilesEndpoint(sources).register(router);
        server = HttpServer.builder(router).upgradeToHttp2(true).build();
        server.start();
    }

    private HttpOrigin.Builder source(String base) {
        return HttpOrigin.at(URI.create("http://127.0.0.1:" + origin.port() + base));
    }

    @AfterEach
    void stop() {
        server.stop(Duration.ZERO);
        files.close();
        origin.stop(Duration.ZERO);
        originFiles.close();
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(8).nextBytes(bytes);
        return bytes;
    }

    private HttpResponse<byte[]> send(String method, String path, String... headers) throws Exception {
        return send(HttpClient.Version.HTTP_1_1, method, path, headers);
    }

    private HttpResponse<byte[]> send(HttpClient.Version version, String method, String path, String... headers)
            throws Exception {
        try (HttpClient client = client(version)) {
            HttpRequest.Builder request = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + server.port() + "/files/" + path))
                    .method(method, HttpRequest.BodyPublishers.noBody());
            if (headers.length > 0) {
                request.headers(headers);
            }
            return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        }
    }

    /** For HTTP/2, one whose connection speaks it already: the JDK's client may break on a large answer to an upgrade. */
    private HttpClient client(HttpClient.Version version) throws Exception {
        HttpClient client = HttpClient.newBuilder().version(version).build();
        if (version == HttpClient.Version.HTTP_2) {
            URI small = URI.create("http://127.0.0.1:" + server.port() + "/");
            var answer = client.send(HttpRequest.newBuilder(small).build(), HttpResponse.BodyHandlers.ofByteArray());
            assertThat(answer.version()).isEqualTo(version);
        }
        return client;
    }

    private static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("none");
    }

    private static void isProblem(HttpResponse<byte[]> response, int status) {
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(header(response, "Content-Type")).isEqualTo("application/problem+json");
        assertThat(new String(response.body(), StandardCharsets.UTF_8))
                .contains("\"status\":" + status)
                .doesNotContain("127.0.0.1")
                .doesNotContain("scripted");
    }

    // ---- what is served

    @ParameterizedTest
    @CsvSource({"local, HTTP_1_1", "local, HTTP_2", "remote, HTTP_1_1", "remote, HTTP_2"})
    void a_whole_file_arrives(String source, HttpClient.Version version) throws Exception {
        HttpResponse<byte[]> response = send(version, "GET", source + "/film.mp4");
        assertThat(response.version()).isEqualTo(version);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo(CONTENT);
        assertThat(header(response, "Content-Length")).isEqualTo("" + N);
        assertThat(header(response, "Content-Type")).isEqualTo("video/mp4");
        assertThat(header(response, "Accept-Ranges")).isEqualTo("bytes");
        assertThat(header(response, "ETag")).matches("\"[0-9a-f.-]+\"");
        assertThat(header(response, "Last-Modified")).isEqualTo("Wed, 01 Jan 2020 00:00:00 GMT");
        assertThat(header(response, "Cache-Control")).isEqualTo("private, no-transform");
        assertThat(header(response, "X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(header(response, "Content-Disposition")).isEqualTo("inline; filename=\"film.mp4\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"local", "remote"})
    void random_ranges_are_the_slices_they_say(String source) throws Exception {
        Random random = new Random(9);
        for (int i = 0; i < 30; i++) {
            int a = random.nextInt(N);
            int b = random.nextInt(N);
            int first = Math.min(a, b);
            int last = Math.max(a, b);
            var version = random.nextBoolean() ? HttpClient.Version.HTTP_2 : HttpClient.Version.HTTP_1_1;
            HttpResponse<byte[]> response =
                    send(version, "GET", source + "/film.mp4", "Range", "bytes=" + first + "-" + last);
            assertThat(response.statusCode()).isEqualTo(206);
            assertThat(header(response, "Content-Range")).isEqualTo("bytes " + first + "-" + last + "/" + N);
            assertThat(response.body()).isEqualTo(Arrays.copyOfRange(CONTENT, first, last + 1));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"local", "remote"})
    void a_file_of_five_GiB_is_served_at_both_sides_of_every_edge(String source) throws Exception {
        long size = 5L << 30;
        Path large = folder.resolve("root/large.mp4");
        byte[] mark = random(4096);
        List<Long> edges = List.of((1L << 31) - 2048, (1L << 32) - 2048, size - 4096);
        try (FileChannel channel = FileChannel.open(large, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long at : edges) {
                channel.write(ByteBuffer.wrap(mark), at);
            }
        }
        for (long at : edges) {
            HttpResponse<byte[]> response =
                    send("GET", source + "/large.mp4", "Range", "bytes=" + at + '-' + (at + 4095));
            assertThat(response.statusCode()).isEqualTo(206);
            assertThat(header(response, "Content-Range")).isEqualTo("bytes " + at + '-' + (at + 4095) + '/' + size);
            assertThat(response.body()).isEqualTo(mark);
        }
        assertThat(send("GET", source + "/large.mp4", "Range", "bytes=-10").body())
                .isEqualTo(Arrays.copyOfRange(mark, 4086, 4096));
    }

    @ParameterizedTest
    @ValueSource(strings = {"local", "remote"})
    void conditions_are_met(String source) throws Exception {
        String path = source + "/film.mp4";
        String tag = header(send("HEAD", path), "ETag");
        HttpResponse<byte[]> fresh = send("GET", path, "If-None-Match", tag);
        assertThat(fresh.statusCode()).isEqualTo(304);
        assertThat(fresh.body()).isEmpty();
        assertThat(header(fresh, "ETag")).isEqualTo(tag);
        isProblem(send("GET", path, "If-Match", "\"other\""), 412);
        HttpResponse<byte[]> beyond = send("GET", path, "Range", "bytes=" + N + "-");
        isProblem(beyond, 416);
        assertThat(header(beyond, "Content-Range")).isEqualTo("bytes */" + N);
        assertThat(send("GET", path, "Range", "bytes=0-9", "If-Range", tag).statusCode())
                .isEqualTo(206);
        assertThat(send("GET", path, "Range", "bytes=0-9", "If-Range", "\"other\"")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void both_ways_to_a_file_give_it_the_same_tag() throws Exception {
        assertThat(header(send("HEAD", "local/film.mp4"), "ETag"))
                .isEqualTo(header(send("HEAD", "remote/film.mp4"), "ETag"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"local", "remote"})
    void HEAD_has_the_headers_of_GET_and_no_body(String source) throws Exception {
        HttpResponse<byte[]> head = send("HEAD", source + "/film.mp4", "Range", "bytes=0-9");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        HttpResponse<byte[]> get = send("GET", source + "/film.mp4");
        for (String name : List.of("Content-Length", "Content-Type", "ETag", "Last-Modified", "Accept-Ranges")) {
            assertThat(header(head, name)).as(name).isEqualTo(header(get, name));
        }
    }

    @Test
    void HEAD_costs_the_origin_no_block() throws Exception {
        AtomicInteger requests = new AtomicInteger();
        script = exchange -> {
            requests.incrementAndGet();
            serve(exchange, "\"v1\"", CONTENT);
        };
        assertThat(send("HEAD", "scripted/x.mp4").statusCode()).isEqualTo(200);
        assertThat(requests).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"local", "remote"})
    void names_of_any_script_are_found_and_given_back(String source) throws Exception {
        HttpResponse<byte[]> response = send("GET", source + "/sub/%C3%9Cbung%201.txt");
        assertThat(new String(response.body(), StandardCharsets.UTF_8)).isEqualTo("Hallo");
        assertThat(header(response, "Content-Disposition"))
                .isEqualTo("inline; filename=\"_bung 1.txt\"; filename*=UTF-8''%C3%9Cbung%201.txt");
    }

    @ParameterizedTest
    @ValueSource(strings = {"local", "remote"})
    void an_empty_file_is_served(String source) throws Exception {
        HttpResponse<byte[]> response = send("GET", source + "/sub/empty");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(header(response, "Content-Length")).isEqualTo("0");
        assertThat(response.body()).isEmpty();
        assertThat(header(send("GET", source + "/sub/empty", "Range", "bytes=0-"), "Content-Range"))
                .isEqualTo("bytes */0");
    }

    @Test
    void a_page_that_could_run_script_is_an_attachment_in_a_sandbox() throws Exception {
        HttpResponse<byte[]> response = send("GET", "local/sub/page.html");
        assertThat(header(response, "Content-Disposition")).startsWith("attachment");
        assertThat(header(response, "Content-Security-Policy")).contains("sandbox");
    }

    // ---- what is not

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/files/local/../secret.txt",
                "/files/local/sub/../../secret.txt",
                "/files/local/%2e%2e/secret.txt",
                "/files/local/%2E%2E%2Fsecret.txt",
                "/files/local/..%2fsecret.txt",
                "/files/local/..%5csecret.txt",
                "/files/local/..%c0%afsecret.txt",
                "/files/local/%252e%252e%252fsecret.txt",
                "/files/local/sub/..;/..;/secret.txt",
                "/files/local//etc/passwd",
                "/files/local/%2fetc/passwd",
                "/files/local/film.mp4%00.txt",
                "/files/local/film.mp4/",
                "/files/local/sub",
                "/files/local/",
                "/files/local",
                "/files/../files/local/../../secret.txt",
                "/files/remote/../secret.txt",
                "/files/remote/%2e%2e/secret.txt",
                "/files/remote/%252e%252e/secret.txt",
                "/files/remote/..%5csecret.txt",
                "/files/nothing/film.mp4",
                "/files/%2e%2e/film.mp4"
            })
    void attacks_get_nothing(String path) throws Exception {
        try (Socket socket = connect()) {
            socket.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            assertThat(answer).matches("(?s)HTTP/1.1 (400|404) .*");
            assertThat(answer).doesNotContain("secret\n").doesNotContain("root:");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "404, 404, none",
        "403, 404, none",
        "401, 404, none",
        "302, 502, none",
        "500, 502, none",
        "503, 503, 7",
        "429, 503, 7",
        "504, 504, none"
    })
    void a_source_that_fails_is_told_by_the_status(int origins, int ours, String retryAfter) throws Exception {
        script = exchange -> exchange.header("Retry-After", "7").respond(origins);
        HttpResponse<byte[]> response = send("GET", "scripted/x");
        isProblem(response, ours);
        assertThat(header(response, "Retry-After")).isEqualTo(retryAfter);
    }

    @Test
    void an_origin_that_says_nothing_is_told_by_504() throws Exception {
        script = FilesEndpointTest::waitForTheClientToLeave;
        isProblem(send("GET", "hasty/x"), 504);
    }

    @Test
    void an_origin_that_fails_at_the_first_block_is_told_by_the_status() throws Exception {
        script = exchange -> {
            if (isLookup(exchange)) {
                serveFirstByte(exchange, "\"v1\"", CONTENT);
            } else {
                exchange.respond(500);
            }
        };
        isProblem(send("GET", "scripted/x"), 502);
    }

    @Test
    void a_file_that_changes_before_its_first_byte_is_served_as_what_it_became() throws Exception {
        byte[] becomes = Arrays.copyOf(CONTENT, 100_000);
        AtomicInteger lookups = new AtomicInteger();
        script = exchange -> {
            if (isLookup(exchange) && lookups.incrementAndGet() <= 2) {
                serveFirstByte(exchange, "\"v1\"", CONTENT);
            } else {
                serve(exchange, "\"v2\"", becomes);
            }
        };
        HttpResponse<byte[]> response = send("GET", "scripted/x");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(header(response, "ETag")).isEqualTo("\"v2\"");
        assertThat(response.body()).isEqualTo(becomes);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void an_origin_without_ranges_has_its_files_served_whole(boolean tellsTheLength) throws Exception {
        script = exchange -> serveWhole(exchange, tellsTheLength, N);
        for (String range : List.of("none", "bytes=0-99", "bytes=4000000-", "bytes=9000000-")) {
            HttpResponse<byte[]> response = send("GET", "scripted/x.mp4", "Range", range);
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(header(response, "Accept-Ranges")).isEqualTo("none");
            assertThat(header(response, "ETag")).isEqualTo("\"w1\"");
            assertThat(header(response, "Content-Type")).isEqualTo("video/mp4");
            assertThat(header(response, "Content-Length")).isEqualTo(tellsTheLength ? "" + N : "none");
            assertThat(response.body()).isEqualTo(CONTENT);
        }
        HttpResponse<byte[]> head = send("HEAD", "scripted/x.mp4");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        assertThat(header(head, "Accept-Ranges")).isEqualTo("none");
        assertThat(header(head, "Content-Length")).isEqualTo(tellsTheLength ? "" + N : "none");
        assertThat(send("GET", "scripted/x.mp4", "If-None-Match", "\"w1\"").statusCode())
                .isEqualTo(304);
        isProblem(send("GET", "scripted/x.mp4", "If-Match", "\"w2\""), 412);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_whole_file_that_is_cut_does_not_look_complete(boolean tellsTheLength) throws Exception {
        script = exchange -> serveWhole(exchange, tellsTheLength, 1 << 20);
        assertThatThrownBy(() -> send("GET", "scripted/x")).isInstanceOf(IOException.class);
        byte[] body = rawGet("/files/scripted/x");
        assertThat(new String(body, StandardCharsets.ISO_8859_1)).doesNotEndWith("0\r\n\r\n");
    }

    @Test
    void a_player_that_leaves_stops_a_file_that_comes_whole() throws Exception {
        CountDownLatch left = new CountDownLatch(1);
        script = exchange -> {
            try (ResponseBody body = exchange.respondStream(200)) {
                while (true) {
                    body.write(CONTENT, 0, 1 << 20);
                }
            } catch (IOException gone) {
                left.countDown();
                throw gone;
            }
        };
        try (Socket socket = connect()) {
            request(socket, "/files/scripted/x");
            assertThat(socket.getInputStream().read()).isEqualTo('H');
        }
        assertThat(left.await(20, TimeUnit.SECONDS)).isTrue();
    }

    private static void serveWhole(Exchange exchange, boolean tellsTheLength, int bytes) throws IOException {
        exchange.header("ETag", "\"w1\"").header("Content-Type", "video/mp4");
        if (tellsTheLength) {
            exchange.header("Content-Length", Integer.toString(N));
        }
        ResponseBody body = exchange.respondStream(200);
        body.write(CONTENT, 0, bytes);
        if (bytes < N) {
            throw new IOException("cut");
        }
        body.close();
    }

    @ParameterizedTest
    @EnumSource(
            value = HttpClient.Version.class,
            names = {"HTTP_1_1", "HTTP_2"})
    void a_failure_in_mid_stream_breaks_the_response_off(HttpClient.Version version) {
        script = exchange -> {
            if (firstByte(exchange) == 0) {
                serveUpTo(1 << 20, exchange);
            } else {
                serve(exchange, "\"v2\"", CONTENT);
            }
        };
        assertThatThrownBy(() -> send(version, "GET", "scripted/x")).isInstanceOf(IOException.class);
    }

    @Test
    void a_response_that_is_broken_off_has_only_right_bytes_and_too_few() throws Exception {
        script = exchange -> {
            if (isLookup(exchange)) {
                serveFirstByte(exchange, "\"v1\"", CONTENT);
            } else if (firstByte(exchange) == 0) {
                serveUpTo(2 << 20, exchange);
            } else {
                exchange.respond(404);
            }
        };
        byte[] body = rawGet("/files/scripted/x");
        assertThat(body.length).isLessThanOrEqualTo(2 << 20);
        assertThat(body).isEqualTo(Arrays.copyOf(CONTENT, body.length));
    }

    @Test
    void a_local_file_that_is_cut_short_in_mid_stream_breaks_the_response_off() throws Exception {
        Path big = bigFile();
        try (Socket socket = connect()) {
            request(socket, "/files/local/big.bin");
            InputStream in = socket.getInputStream();
            assertThat(in.read()).isEqualTo('H');
            try (var writer = Files.newByteChannel(big, StandardOpenOption.WRITE)) {
                writer.truncate(1000);
            }
            assertThat(drain(in)).isLessThan(BIG);
        }
    }

    @Test
    void of_a_local_file_that_is_written_in_mid_stream_no_new_byte_is_sent_not_even_of_what_waits_in_the_socket()
            throws Exception {
        Path big = bigFile();
        byte[] before = Files.readAllBytes(big);
        byte[] after = new byte[BIG];
        for (int i = 0; i < BIG; i++) {
            after[i] = (byte) ~before[i];
        }
        byte[] body = rawGet("/files/local/big.bin", () -> Files.write(big, after, StandardOpenOption.WRITE));
        assertThat(body.length).isLessThan(BIG);
        assertThat(body).isEqualTo(Arrays.copyOf(before, body.length));
    }

    @Test
    void a_local_file_that_is_replaced_in_mid_stream_goes_on_as_it_was() throws Exception {
        Path big = bigFile();
        byte[] before = Files.readAllBytes(big);
        byte[] body = rawGet("/files/local/big.bin", () -> {
            Files.write(folder.resolve("new"), new byte[BIG]);
            Files.move(folder.resolve("new"), big, StandardCopyOption.ATOMIC_MOVE);
        });
        assertThat(body).isEqualTo(before);
    }

    /** More than sockets buffer, so that the server has not read it all when something happens to it. */
    private static final int BIG = 64 << 20;

    /** Of long ago, so that no change can fall into the same tick of the file system's clock. */
    private Path bigFile() throws IOException {
        Path big = folder.resolve("root/big.bin");
        Files.write(big, random(BIG));
        Files.setLastModifiedTime(big, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
        return big;
    }

    // ---- leaving

    @ParameterizedTest
    @CsvSource({"true, HTTP_1_1", "false, HTTP_1_1", "true, HTTP_2", "false, HTTP_2"})
    void a_client_that_leaves_while_it_waits_stops_the_fetches(boolean atLookup, HttpClient.Version version)
            throws Exception {
        Waiting requests = new Waiting();
        script = exchange -> {
            if (isLookup(exchange) && !atLookup) {
                serveFirstByte(exchange, "\"v1\"", CONTENT);
                return;
            }
            requests.hold(exchange);
        };
        HttpClient client = client(version);
        CompletableFuture<HttpResponse<byte[]>> waiting = client.sendAsync(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/files/scripted/x"))
                        .build(),
                HttpResponse.BodyHandlers.ofByteArray());
        requests.awaitFirst();
        waiting.cancel(true);
        client.shutdownNow();
        requests.awaitStopped();
    }

    /** Requests to the origin that are held until who made them leaves. */
    private static final class Waiting {
        private final CountDownLatch first = new CountDownLatch(1);
        private final AtomicInteger held = new AtomicInteger();
        private final AtomicInteger stopped = new AtomicInteger();

        void hold(Exchange exchange) throws Exception {
            // The watch is up before the client learns that it may leave.
            CountDownLatch left = new CountDownLatch(1);
            exchange.onGone(left::countDown);
            held.incrementAndGet();
            first.countDown();
            if (left.await(60, TimeUnit.SECONDS)) {
                stopped.incrementAndGet();
            }
            exchange.respond(500);
        }

        void awaitFirst() throws InterruptedException {
            assertThat(first.await(20, TimeUnit.SECONDS)).isTrue();
        }

        void awaitStopped() {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(stopped).hasValue(held.get()));
        }
    }

    @Test
    void a_client_that_closes_its_socket_in_mid_stream_stops_the_fetches() throws Exception {
        Waiting requests = new Waiting();
        script = exchange -> {
            if (isLookup(exchange)) {
                serveFirstByte(exchange, "\"v1\"", CONTENT);
                return;
            }
            if (firstByte(exchange) == 0) {
                serveUpTo(1 << 20, exchange);
                return;
            }
            requests.hold(exchange);
        };
        try (Socket socket = connect()) {
            request(socket, "/files/scripted/x");
            assertThat(socket.getInputStream().read()).isEqualTo('H');
            requests.awaitFirst();
        }
        requests.awaitStopped();
    }

    // ---- what is left open

    /** Paths and sockets that this process has open. */
    private static List<String> descriptors() throws IOException {
        List<String> open = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path each : all) {
                try {
                    open.add(Files.readSymbolicLink(each).toString());
                } catch (NoSuchFileException e) {
                    // Closed meanwhile; one of them is the listing's own.
                }
            }
        }
        return open;
    }

    private static long sockets() throws IOException {
        return descriptors().stream().filter(each -> each.startsWith("socket:")).count();
    }

    private static void awaitNoMoreThan(long before, Callable<Long> now) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(now.call()).isLessThanOrEqualTo(before));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void a_reader_that_leaves_a_local_file_in_mid_response_leaves_no_descriptor_open() throws Exception {
        Path big = bigFile().toRealPath();
        Callable<Long> opened =
                () -> descriptors().stream().filter(big.toString()::equals).count();
        long before = sockets();
        try (Socket socket = connect()) {
            request(socket, "/files/local/big.bin");
            assertThat(socket.getInputStream().read()).isEqualTo('H');
            assertThat(opened.call()).isOne();
        }
        awaitNoMoreThan(0, opened);
        awaitNoMoreThan(before, FilesEndpointTest::sockets);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void a_reader_that_leaves_an_origins_file_in_mid_response_leaves_no_descriptor_open() throws Exception {
        Path big = bigFile().toRealPath();
        // Opened by the origin, which is in this process, too.
        Callable<Long> opened =
                () -> descriptors().stream().filter(big.toString()::equals).count();
        long before = sockets();
        try (Socket socket = connect()) {
            request(socket, "/files/remote/big.bin");
            assertThat(socket.getInputStream().read()).isEqualTo('H');
            assertThat(opened.call()).isPositive();
        }
        awaitNoMoreThan(0, opened);
        awaitNoMoreThan(before, FilesEndpointTest::sockets);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void a_disk_that_errors_in_mid_response_breaks_it_off_and_leaves_no_descriptor_open() throws Exception {
        Path big = bigFile().toRealPath();
        byte[] body = rawGet("/files/broken/big.bin");
        assertThat(body.length).isBetween(1, BrokenDisk.GOOD);
        assertThat(body).isEqualTo(Arrays.copyOf(random(BIG), body.length));
        awaitNoMoreThan(
                0, () -> descriptors().stream().filter(big.toString()::equals).count());
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void an_origin_that_errors_in_mid_response_leaves_no_connection_open() throws Exception {
        long before = sockets();
        script = exchange -> {
            if (firstByte(exchange) == 0) {
                serveUpTo(1 << 20, exchange);
            } else {
                throw new IOException("broken on purpose");
            }
        };
        byte[] body = rawGet("/files/scripted/x");
        assertThat(body.length).isBetween(1, 1 << 20);
        assertThat(body).isEqualTo(Arrays.copyOf(CONTENT, body.length));
        awaitNoMoreThan(before, FilesEndpointTest::sockets);
    }

    /** A folder on a disk of which all that is behind a place cannot be read. */
    private record BrokenDisk(Source disk) implements Source {
        static final int GOOD = 4 << 20;

        @Override
        public SourceFile open(String path) throws SourceException, InterruptedException {
            SourceFile file = disk.open(path);
            return new SourceFile() {
                @Override
                public FileInfo info() {
                    return file.info();
                }

                @Override
                public BlockLimits limits() {
                    return file.limits();
                }

                @Override
                public void fetch(Block block, ByteBuffer into, Attempt attempt)
                        throws SourceException, InterruptedException {
                    if (block.end() > GOOD) {
                        throw new SourceException.Failed("input/output error");
                    }
                    file.fetch(block, into, attempt);
                }

                @Override
                public void close() {
                    file.close();
                }
            };
        }

        @Override
        public Access access() {
            return disk.access();
        }

        @Override
        public void close() {
            disk.close();
        }
    }

    @Test
    void local_files_keep_their_connection() throws Exception {
        try (Socket socket = connect()) {
            for (int i = 0; i < 3; i++) {
                socket.getOutputStream()
                        .write("GET /files/local/sub/page.html HTTP/1.1\r\nHost: x\r\n\r\n"
                                .getBytes(StandardCharsets.US_ASCII));
                ByteArrayOutputStream got = new ByteArrayOutputStream();
                while (!got.toString(StandardCharsets.US_ASCII).endsWith("</script>")) {
                    int b = socket.getInputStream().read();
                    assertThat(b).isNotNegative();
                    got.write(b);
                }
                assertThat(got.toString(StandardCharsets.US_ASCII)).startsWith("HTTP/1.1 200");
            }
        }
    }

    // ---- many

    @Test
    void readers_side_by_side_each_get_their_bytes() throws Exception {
        List<CompletableFuture<Void>> readers = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            int first = i * 100_000;
            String source = i % 2 == 0 ? "local" : "remote";
            CompletableFuture<Void> reader = new CompletableFuture<>();
            readers.add(reader);
            Thread.ofVirtual().start(() -> {
                try {
                    HttpResponse<byte[]> response = send("GET", source + "/film.mp4", "Range", "bytes=" + first + "-");
                    assertThat(response.body()).isEqualTo(Arrays.copyOfRange(CONTENT, first, N));
                    reader.complete(null);
                } catch (Throwable e) {
                    reader.completeExceptionally(e);
                }
            });
        }
        for (CompletableFuture<Void> reader : readers) {
            reader.get(60, TimeUnit.SECONDS);
        }
    }

    // ---- an origin by hand

    private static boolean isLookup(Exchange exchange) {
        return exchange.header("If-Range").isEmpty();
    }

    private static int firstByte(Exchange exchange) {
        String range = exchange.header("Range").orElseThrow();
        return Integer.parseInt(range.substring("bytes=".length(), range.indexOf('-')));
    }

    private static void serve(Exchange exchange, String etag, byte[] content) throws IOException {
        String range = exchange.header("Range").orElseThrow();
        int first = firstByte(exchange);
        int last = Math.min(Integer.parseInt(range.substring(range.indexOf('-') + 1)), content.length - 1);
        boolean changed = !exchange.header("If-Range").orElse(etag).equals(etag);
        exchange.header("ETag", etag);
        if (changed) {
            exchange.respond(200, "video/mp4", content);
        } else {
            exchange.header("Content-Range", "bytes " + first + "-" + last + "/" + content.length);
            exchange.respond(206, "video/mp4", Arrays.copyOfRange(content, first, last + 1));
        }
    }

    /** Announces what was asked for, and breaks off before this byte. */
    private static void serveUpTo(int end, Exchange exchange) throws IOException, InterruptedException {
        String range = exchange.header("Range").orElseThrow();
        int first = firstByte(exchange);
        int last = Math.min(Integer.parseInt(range.substring(range.indexOf('-') + 1)), CONTENT.length - 1);
        exchange.header("ETag", "\"v1\"");
        exchange.header("Content-Range", "bytes " + first + "-" + last + "/" + CONTENT.length);
        exchange.header("Content-Length", Integer.toString(last + 1 - first));
        ResponseBody body = exchange.respondStream(206);
        body.write(ByteBuffer.wrap(CONTENT, first, end - first));
        throw new IOException("broken off on purpose");
    }

    /** Answers a lookup in such a way that no block comes with it: it is the fetches that are tested. */
    private static void serveFirstByte(Exchange exchange, String etag, byte[] content) throws IOException {
        if (exchange.header("Range").orElseThrow().equals("bytes=0-0")) {
            serve(exchange, etag, content);
        } else {
            exchange.respond(416);
        }
    }

    private static void waitForTheClientToLeave(Exchange exchange) throws Exception {
        CountDownLatch left = new CountDownLatch(1);
        exchange.onGone(left::countDown);
        var _ = left.await(20, TimeUnit.SECONDS);
        exchange.respond(500);
    }

    // ---- a client by hand

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.setSoTimeout(20_000);
        return socket;
    }

    private static void request(Socket socket, String path) throws IOException {
        socket.getOutputStream()
                .write(("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
    }

    private interface Event {
        void happen() throws IOException;
    }

    /** The body as far as it came, up to the end of the connection. */
    private byte[] rawGet(String path) throws IOException {
        return rawGet(path, () -> {});
    }

    /** @param event when the first byte is here and the others wait */
    private byte[] rawGet(String path, Event event) throws IOException {
        try (Socket socket = connect()) {
            request(socket, path);
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            all.write(socket.getInputStream().read());
            event.happen();
            try {
                socket.getInputStream().transferTo(all);
            } catch (IOException reset) {
                // Also a way to break off.
            }
            byte[] bytes = all.toByteArray();
            int end = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("\r\n\r\n") + 4;
            return Arrays.copyOfRange(bytes, end, bytes.length);
        }
    }

    private static long drain(InputStream in) {
        long count = 0;
        byte[] buffer = new byte[1 << 16];
        try {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                count += n;
            }
        } catch (IOException reset) {
            // Also a way to break off.
        }
        return count;
    }
}
