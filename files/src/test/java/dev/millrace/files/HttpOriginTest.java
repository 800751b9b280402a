package dev.millrace.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpOriginTest {
    private static final byte[] CONTENT = Bytes.random(200_000, 3);
    private static final int N = CONTENT.length;

    ScriptedOrigin origin;
    HttpOrigin source;

    @BeforeEach
    void start() throws IOException {
        origin = new ScriptedOrigin(CONTENT);
        source = origin.source().build();
    }

    @AfterEach
    void stop() throws IOException {
        source.close();
        origin.close();
    }

    private byte[] fetchAll() throws Exception {
        try (SourceFile file = source.open("film.mp4")) {
            return Bytes.fetch(file, 0, N);
        }
    }

    private void fetchFails(Class<? extends SourceException> with) {
        assertThatThrownBy(this::fetchAll).isInstanceOf(with);
    }

    /** Fetches only; lookups are answered honestly. */
    private void onFetch(ScriptedOrigin.Script script) {
        origin.script = request -> request.isFetch() && script.answers(request);
    }

    private long fetches() {
        return origin.requests.stream().filter(ScriptedOrigin.Request::isFetch).count();
    }

    @Test
    void a_file_is_described_by_one_request_for_its_first_byte() throws Exception {
        try (SourceFile file = source.open("films/a film.mp4")) {
            assertThat(file.info())
                    .isEqualTo(new FileInfo(
                            "a film.mp4",
                            N,
                            "video/mp4",
                            EntityTag.strong("v1"),
                            Instant.parse("1994-11-06T08:49:37Z")));
        }
        assertThat(origin.requests).hasSize(1);
        assertThat(origin.requests.getFirst().path).isEqualTo("/base/films/a%20film.mp4");
        assertThat(origin.requests.getFirst().headers).containsEntry("Accept-Encoding", "identity");
    }

    @ParameterizedTest
    @CsvSource({
        "a?b.txt, a%3Fb.txt",
        "a#b.txt, a%23b.txt",
        "100%.txt, 100%25.txt",
        "%2e%2e, %252e%252e",
        "é.txt, %C3%A9.txt",
        "a+b&c=d;e.txt, a%2Bb%26c%3Dd%3Be.txt",
        "a:b@c, a%3Ab%40c"
    })
    void no_name_becomes_another_path(String name, String encoded) throws Exception {
        source.open(name).close();
        assertThat(origin.requests.getFirst().path).isEqualTo("/base/" + encoded);
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x", "a/../b", "", "/x", "a//b", "a\\b", "a\r\nb", "a\0"})
    void paths_that_are_none_never_reach_the_origin(String path) {
        assertThatThrownBy(() -> source.open(path)).isInstanceOf(SourceException.NotFound.class);
        assertThat(origin.requests).isEmpty();
    }

    @Test
    void headers_that_authorise_go_with_every_request() throws Exception {
        source.close();
        source = origin.source().header("Authorization", "Bearer secret").build();
        assertThat(fetchAll()).isEqualTo(CONTENT);
        assertThat(origin.requests)
                .hasSize(2)
                .allSatisfy(r -> assertThat(r.headers).containsEntry("Authorization", "Bearer secret"));
    }

    @Test
    void a_fetch_is_pinned_to_the_version_by_its_strong_tag() throws Exception {
        assertThat(fetchAll()).isEqualTo(CONTENT);
        assertThat(origin.requests.get(1).headers)
                .containsEntry("If-Range", "\"v1\"")
                .doesNotContainKey("If-Unmodified-Since");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {"-", "W/\"v1\"", "nonsense"})
    void a_fetch_is_pinned_by_the_date_where_there_is_no_strong_tag(String etag) throws Exception {
        origin.etag = etag;
        assertThat(fetchAll()).isEqualTo(CONTENT);
        assertThat(origin.requests.get(1).headers)
                .containsEntry("If-Unmodified-Since", origin.lastModified)
                .doesNotContainKey("If-Range");
    }

    @Test
    void an_origin_without_validators_is_served_without_them() throws Exception {
        origin.etag = null;
        origin.lastModified = null;
        assertThat(fetchAll()).isEqualTo(CONTENT);
        try (SourceFile file = source.open("x")) {
            assertThat(file.info().tag()).isNull();
            assertThat(file.info().lastModified()).isNull();
        }
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "film.mp4, -, video/mp4",
                "film.mp4, audio/mpeg, audio/mpeg",
                "film.mp4, application/octet-stream, video/mp4",
                "film.mp4, nonsense, video/mp4",
                "film, -, application/octet-stream"
            })
    void the_origin_names_the_type_and_if_not_the_name_does(String name, String said, String type) throws Exception {
        origin.contentType = said;
        try (SourceFile file = source.open(name)) {
            assertThat(file.info().mediaType()).isEqualTo(type);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 206, 416})
    void an_empty_file_is_a_file(int status) throws Exception {
        origin.content = new byte[0];
        if (status == 200) {
            origin.script = r -> {
                r.head(200, "Content-Length: 0");
                return true;
            };
        } else if (status == 416) {
            origin.script = r -> {
                r.head(416, "Content-Length: 5", "Content-Range: bytes */0");
                r.body(new byte[5], 0, 5);
                return true;
            };
        }
        try (SourceFile file = source.open("empty")) {
            assertThat(file.info().size()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "404, NotFound, 1",
        "410, NotFound, 1",
        "401, Forbidden, 1",
        "403, Forbidden, 1",
        "302, Failed, 1",
        "400, Failed, 1",
        "501, Failed, 1",
        "500, Failed, 4",
        "502, Failed, 4",
        "408, TimedOut, 4",
        "504, TimedOut, 4"
    })
    void a_status_is_understood_and_what_may_pass_is_tried_again(int status, String type, int requests) {
        origin.script = r -> {
            r.head(status, "Content-Length: 0", "Location: http://elsewhere.example/");
            return true;
        };
        assertThatThrownBy(() -> source.open("x"))
                .satisfies(e -> assertThat(e.getClass().getSimpleName()).isEqualTo(type));
        assertThat(origin.requests).hasSize(requests);
    }

    @Test
    void an_origin_that_is_busy_for_long_is_not_asked_again_and_says_until_when() {
        origin.script = r -> {
            r.head(503, "Content-Length: 0", "Retry-After: 120");
            return true;
        };
        assertThatThrownBy(() -> source.open("x"))
                .isInstanceOfSatisfying(
                        SourceException.Unavailable.class,
                        e -> assertThat(e.retryAfter()).isEqualTo(Duration.ofMinutes(2)));
        assertThat(origin.requests).hasSize(1);
    }

    @Test
    void an_origin_that_is_busy_for_a_moment_is_asked_again() throws Exception {
        origin.script = r -> {
            if (r.number > 2) {
                return false;
            }
            r.head(429, "Content-Length: 0", "Retry-After: 0");
            return true;
        };
        source.open("x").close();
        assertThat(origin.requests).hasSize(3);
    }

    @Test
    void an_origin_that_does_not_know_ranges_is_found_out_at_the_lookup_and_cut() throws Exception {
        AtomicReference<ScriptedOrigin.Request> asked = new AtomicReference<>();
        origin.script = r -> {
            asked.set(r);
            r.head(200, "Content-Length: 1000000000");
            r.awaitLeaving();
            return true;
        };
        assertThatThrownBy(() -> source.open("x"))
                .isInstanceOf(SourceException.Unranged.class)
                .hasMessageContaining("byte ranges");
        assertThat(asked.get().left.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void an_origin_that_ignores_one_range_is_refused() {
        onFetch(r -> {
            r.head(200, "Content-Length: " + N);
            r.body(CONTENT, 0, N);
            return true;
        });
        fetchFails(SourceException.Failed.class);
        assertThat(fetches()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bytes 1-200000/200001",
                "bytes 0-199998/200000",
                "bytes 1-199999/200000",
                "bytes 0-199999/*",
                "bytes */200000",
                "items 0-199999/200000",
                "bytes 0-200000/200000",
                "0-199999/200000",
                "bytes 0-99999999999999999999/99999999999999999999",
                ""
            })
    void an_answer_about_other_bytes_is_refused(String contentRange) {
        onFetch(r -> {
            r.head(206, "Content-Length: " + N, "Content-Range: " + contentRange);
            r.body(CONTENT, 0, N);
            return true;
        });
        fetchFails(SourceException.class);
        assertThat(fetches()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, N_LESS_ONE, N_PLUS_ONE, Integer.MAX_VALUE})
    void an_origin_that_lies_about_the_length_is_refused(int announced) {
        onFetch(r -> {
            r.head(206, "Content-Length: " + announced, "Content-Range: bytes 0-" + (N - 1) + "/" + N);
            r.body(CONTENT, 0, N);
            return true;
        });
        fetchFails(SourceException.Failed.class);
    }

    private static final int N_LESS_ONE = 199_999;
    private static final int N_PLUS_ONE = 200_001;

    @Test
    void more_bytes_than_the_range_holds_are_refused() {
        onFetch(r -> {
            r.head(206, "Transfer-Encoding: chunked", "Content-Range: bytes 0-" + (N - 1) + "/" + N);
            byte[] tooMany = new byte[N + 1];
            byte[] size = (Integer.toHexString(N + 1) + "\r\n").getBytes(StandardCharsets.US_ASCII);
            r.body(size, 0, size.length);
            r.body(tooMany, 0, tooMany.length);
            r.body(new byte[] {'\r', '\n', '0', '\r', '\n', '\r', '\n'}, 0, 7);
            return true;
        });
        fetchFails(SourceException.Failed.class);
    }

    @Test
    void a_compressed_answer_is_refused() {
        onFetch(r -> {
            r.head(
                    206,
                    "Content-Encoding: gzip",
                    "Content-Length: " + N,
                    "Content-Range: bytes 0-" + (N - 1) + "/" + N);
            r.body(CONTENT, 0, N);
            return true;
        });
        fetchFails(SourceException.Failed.class);
    }

    @Test
    void a_file_that_changed_is_noticed_by_an_honest_origin() throws Exception {
        for (String etag : new String[] {"\"v1\"", null}) {
            origin.etag = etag;
            origin.lastModified = "Sun, 06 Nov 1994 08:49:37 GMT";
            try (SourceFile file = source.open("x")) {
                origin.etag = etag == null ? null : "\"v2\"";
                origin.lastModified = "Sun, 06 Nov 1994 09:00:00 GMT";
                assertThatThrownBy(() -> Bytes.fetch(file, 0, N)).isInstanceOf(SourceException.Changed.class);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"ETag: \"v2\"", "ETag: W/\"v1\"", "X-None: 1"})
    void a_file_that_changed_is_noticed_even_if_the_origin_ignores_the_condition(String header) {
        onFetch(r -> {
            r.bareHead(206, List.of(header, "Content-Length: " + N, "Content-Range: bytes 0-" + (N - 1) + "/" + N));
            r.body(CONTENT, 0, N);
            return true;
        });
        fetchFails(SourceException.Changed.class);
        assertThat(fetches()).isEqualTo(1);
    }

    @Test
    void a_file_that_grew_or_shrank_has_changed() throws Exception {
        for (int size : new int[] {N - 1, N + 1, 10}) {
            origin.content = CONTENT;
            try (SourceFile file = source.open("x")) {
                origin.content = new byte[size];
                assertThatThrownBy(() -> Bytes.fetch(file, N - 100, 100)).isInstanceOf(SourceException.Changed.class);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_body_that_is_cut_is_taken_up_where_it_broke(boolean reset) throws Exception {
        onFetch(r -> {
            if (r.number > 3) {
                return false;
            }
            r.partHead();
            r.body(CONTENT, (int) r.first(), 50_000);
            if (reset) {
                // A reset also destroys what was not read yet, so wait for nothing: any prefix may have arrived.
                r.cut(true);
            } else {
                r.cut(false);
            }
            return true;
        });
        assertThat(fetchAll()).isEqualTo(CONTENT);
        if (!reset) {
            assertThat(origin.requests.stream().skip(1).map(ScriptedOrigin.Request::first))
                    .containsExactly(0L, 50_000L, 100_000L);
        }
    }

    @Test
    void a_file_that_changes_between_a_cut_and_its_retry_is_not_mixed() {
        onFetch(r -> {
            if (r.number > 2) {
                return false;
            }
            r.partHead();
            r.body(CONTENT, 0, 50_000);
            origin.etag = "\"v2\"";
            origin.content = Bytes.random(N, 4);
            r.cut(false);
            return true;
        });
        fetchFails(SourceException.Changed.class);
    }

    @Test
    void an_origin_that_always_cuts_is_given_up() {
        onFetch(r -> {
            r.partHead();
            r.body(CONTENT, (int) r.first(), 10);
            r.cut(false);
            return true;
        });
        fetchFails(SourceException.Failed.class);
        assertThat(fetches()).isEqualTo(4);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 1000})
    void an_origin_that_stalls_is_cut_and_asked_again(int bytesFirst) throws Exception {
        source.close();
        source = origin.source().readTimeout(Duration.ofMillis(300)).build();
        CountDownLatch left = new CountDownLatch(1);
        onFetch(r -> {
            if (r.number > 2) {
                return false;
            }
            if (bytesFirst >= 0) {
                r.partHead();
                r.body(CONTENT, 0, bytesFirst);
            }
            r.awaitLeaving();
            left.countDown();
            return true;
        });
        assertThat(fetchAll()).isEqualTo(CONTENT);
        assertThat(left.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void an_origin_that_never_answers_times_out() {
        source.close();
        source = origin.source()
                .readTimeout(Duration.ofSeconds(1))
                .retries(2, Duration.ofMillis(1), Duration.ofMillis(1))
                .build();
        origin.script = r -> {
            r.awaitLeaving();
            return true;
        };
        assertThatThrownBy(() -> source.open("x")).isInstanceOf(SourceException.TimedOut.class);
        assertThat(origin.requests).hasSize(2);
    }

    @Test
    void the_time_for_a_fetch_bounds_all_its_retries() {
        source.close();
        source = origin.source()
                .fetchTimeout(Duration.ofMillis(200))
                .retries(1_000_000, Duration.ofMillis(1), Duration.ofMillis(1))
                .build();
        origin.script = r -> {
            r.head(500, "Content-Length: 0");
            return true;
        };
        assertThatThrownBy(() -> source.open("x")).isInstanceOf(SourceException.class);
    }

    @Test
    void an_origin_that_is_not_there_has_failed() throws Exception {
        int port;
        try (ServerSocket unused = new ServerSocket(0)) {
            port = unused.getLocalPort();
        }
        try (HttpOrigin nobody = HttpOrigin.at(URI.create("http://127.0.0.1:" + port))
                .retries(2, Duration.ofMillis(1), Duration.ofMillis(1))
                .build()) {
            assertThatThrownBy(() -> nobody.open("x")).isInstanceOf(SourceException.Failed.class);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void an_interrupted_fetch_closes_its_connection_and_leaves_the_buffer_alone(boolean midBody) throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        AtomicReference<ScriptedOrigin.Request> fetch = new AtomicReference<>();
        onFetch(r -> {
            fetch.set(r);
            if (midBody) {
                r.partHead();
                r.body(CONTENT, 0, 1000);
            }
            asked.countDown();
            r.awaitLeaving();
            return true;
        });
        try (SourceFile file = source.open("x")) {
            ByteBuffer buffer = ByteBuffer.allocate(N);
            CompletableFuture<Throwable> outcome = new CompletableFuture<>();
            Thread reader = Thread.ofVirtual().start(() -> {
                try {
                    file.fetch(new Block(0, N), buffer);
                    outcome.complete(null);
                } catch (Throwable e) {
                    outcome.complete(e);
                }
            });
            assertThat(asked.await(20, TimeUnit.SECONDS)).isTrue();
            reader.interrupt();
            assertThat(outcome.get(20, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
            assertThat(buffer.position()).isZero();
            assertThat(fetch.get().left.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void fetches_by_an_interrupted_thread_end_at_once_and_leave_no_transfer_behind() throws Exception {
        AtomicInteger running = new AtomicInteger();
        onFetch(r -> {
            if (r.last() == N - 1) {
                return false;
            }
            running.incrementAndGet();
            r.partHead();
            r.awaitLeaving();
            running.decrementAndGet();
            return true;
        });
        try (SourceFile file = source.open("x")) {
            for (int i = 0; i < 20; i++) {
                Thread.currentThread().interrupt();
                assertThatThrownBy(() -> Bytes.fetch(file, 0, 1000)).isInstanceOf(InterruptedException.class);
            }
            // Sent after the others: by the time it is answered, so would be any of them that was still on its way.
            Bytes.fetch(file, N - 1, 1);
        }
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> running.get() == 0);
    }

    @Test
    void connections_are_used_again() throws Exception {
        try (SourceFile file = source.open("x")) {
            for (int i = 0; i < 20; i++) {
                Bytes.fetch(file, i * 10_000L, 10_000);
            }
        }
        assertThat(origin.openConnections()).isEqualTo(1);
    }

    @Test
    void closing_the_source_closes_its_connections() throws Exception {
        source.open("x").close();
        source.close();
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> origin.openConnections() == 0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ftp://host/",
                "/files",
                "http:///x",
                "http://user:secret@host/",
                "http://host/?a=b",
                "http://host/#x"
            })
    void a_base_that_cannot_be_one_is_refused_without_telling_secrets(String base) {
        assertThatThrownBy(() -> HttpOrigin.at(URI.create(base)))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .doesNotContain("secret");
    }

    @Test
    void headers_that_would_break_the_promises_are_refused() {
        var builder = HttpOrigin.at(origin.uri());
        for (String name : List.of("Range", "if-range", "Accept-Encoding", "Host", "Connection", "a b", "")) {
            assertThatThrownBy(() -> builder.header(name, "x")).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> builder.header("Authorization", "secret\r\nX: y"))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .doesNotContain("secret");
    }
}
