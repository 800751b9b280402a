package dev.millrace.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of an origin that knows no ranges. */
class WholeFileTest {
    private static final byte[] CONTENT = Bytes.random(3_000_000, 17);
    private static final int N = CONTENT.length;

    private final Pipeline pipeline = new Pipeline(Pipeline.Settings.DEFAULT);
    private ScriptedOrigin origin;
    private HttpOrigin source;

    @BeforeEach
    void start() throws Exception {
        origin = new ScriptedOrigin(CONTENT);
        source = origin.source().readTimeout(Duration.ofSeconds(20)).build();
    }

    @AfterEach
    void stop() throws Exception {
        source.close();
        origin.close();
    }

    private byte[] read() throws Exception {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try (WholeFile file = source.openWhole("film.mp4");
                WholeReader reader = pipeline.read(file)) {
            for (ByteBuffer some; (some = reader.next()) != null; ) {
                byte[] copy = new byte[some.remaining()];
                some.get(copy);
                all.write(copy);
            }
        } finally {
            assertThat(pipeline.lentBytes()).isZero();
            assertThat(pipeline.openStreams()).isZero();
        }
        return all.toByteArray();
    }

    private void answer(ScriptedOrigin.Request request, int bytes, String... head) throws IOException {
        request.head(200, head);
        request.body(CONTENT, 0, bytes);
        request.cut(false);
    }

    @Test
    void it_comes_by_one_request_for_all_of_it_in_a_buffer_of_64_KiB() throws Exception {
        try (WholeFile file = source.openWhole("film.mp4");
                WholeReader reader = pipeline.read(file)) {
            assertThat(file.info().size()).isEqualTo(N);
            assertThat(file.info().mediaType()).isEqualTo("video/mp4");
            assertThat(file.info().tag()).isEqualTo(EntityTag.strong("v1"));
            assertThat(reader.next()).isNotNull();
            assertThat(pipeline.lentBytes()).isEqualTo(64 << 10);
            assertThat(pipeline.openStreams()).isEqualTo(1);
        }
        assertThat(read()).isEqualTo(CONTENT);
        assertThat(origin.requests)
                .hasSize(2)
                .allSatisfy(request -> assertThat(request.headers).doesNotContainKey("Range"));
    }

    @Test
    void its_length_need_not_be_told() throws Exception {
        origin.script = r -> {
            r.head(200, "Transfer-Encoding: chunked");
            for (int at = 0; at < N; at += 1_000_000) {
                byte[] size = "F4240\r\n".getBytes();
                r.body(size, 0, size.length);
                r.body(CONTENT, at, 1_000_000);
                r.body(new byte[] {'\r', '\n'}, 0, 2);
            }
            byte[] end = "0\r\n\r\n".getBytes();
            r.body(end, 0, end.length);
            return true;
        };
        try (WholeFile file = source.openWhole("film.mp4")) {
            assertThat(file.info().size()).isEqualTo(FileInfo.UNTOLD);
        }
        assertThat(read()).isEqualTo(CONTENT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 3000000", "Transfer-Encoding: chunked"})
    void one_that_is_cut_fails(String length) {
        origin.script = r -> {
            r.head(200, length);
            if (length.startsWith("Transfer")) {
                byte[] size = "2DC6C0\r\n".getBytes();
                r.body(size, 0, size.length);
            }
            r.body(CONTENT, 0, N / 2);
            r.cut(false);
            return true;
        };
        assertThatThrownBy(this::read).isInstanceOf(SourceException.Failed.class);
    }

    @Test
    void one_that_ends_with_its_connection_is_refused_since_a_cut_could_not_be_told() {
        origin.script = r -> {
            answer(r, N);
            return true;
        };
        assertThatThrownBy(this::read)
                .isInstanceOf(SourceException.Failed.class)
                .hasMessageContaining("where the file ends");
    }

    @Test
    void one_that_is_compressed_is_refused() {
        origin.script = r -> {
            answer(r, N, "Content-Length: " + N, "Content-Encoding: gzip");
            return true;
        };
        assertThatThrownBy(this::read).isInstanceOf(SourceException.Failed.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 206})
    void anything_but_200_is_no_file(int status) {
        origin.script = r -> {
            r.head(status, "Content-Length: 0");
            return true;
        };
        assertThatThrownBy(this::read)
                .isInstanceOf(status == 404 ? SourceException.NotFound.class : SourceException.Failed.class);
    }

    @Test
    void an_origin_in_trouble_is_asked_again() throws Exception {
        origin.script = r -> {
            if (r.number == 1) {
                r.head(500, "Content-Length: 0");
            }
            return r.number == 1;
        };
        assertThat(read()).isEqualTo(CONTENT);
    }

    @Test
    void who_closes_it_stops_the_origin() throws Exception {
        AtomicReference<ScriptedOrigin.Request> asked = new AtomicReference<>();
        origin.script = r -> {
            asked.set(r);
            r.head(200, "Content-Length: 1000000000");
            r.awaitLeaving();
            return true;
        };
        source.openWhole("film.mp4").close();
        assertThat(asked.get().left.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void a_cached_source_asks_anew_each_time_and_keeps_nothing() throws Exception {
        BlockCache cache = BlockCache.inMemory(1 << 20);
        try (CachedSource cached = new CachedSource("x", source, cache, Duration.ofMinutes(1))) {
            for (int i = 0; i < 2; i++) {
                cached.openWhole("film.mp4").close();
            }
        }
        assertThat(origin.requests).hasSize(2);
        assertThat(cache.statistics().fetchedBytes()).isZero();
    }

    @Test
    void sources_of_ranges_alone_say_so() {
        assertThatThrownBy(() -> new MirroredSource(List.of(source)).openWhole("film.mp4"))
                .isInstanceOf(SourceException.Unranged.class);
    }
}
