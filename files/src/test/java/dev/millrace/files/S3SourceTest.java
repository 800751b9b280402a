package dev.millrace.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a real S3 server on a real socket, which checks every signature. */
class S3SourceTest {
    private static final byte[] CONTENT = Bytes.random(3_000_000, 31);

    private static final String FILM = "2026/Übung +1 (a&b).mp4";

    private static S3Proxy server;
    private static URI endpoint;

    private static S3Bucket writer;
    private S3Source source;

    @BeforeAll
    static void start() throws Exception {
        Properties settings = new Properties();
        settings.setProperty("s3proxy.endpoint", "http://127.0.0.1:0");
        settings.setProperty("s3proxy.authorization", "aws-v2-or-v4");
        settings.setProperty("s3proxy.identity", "access");
        settings.setProperty("s3proxy.credential", "secret");
        settings.setProperty("jclouds.provider", "transient-nio2");
        settings.setProperty("jclouds.identity", "access");
        settings.setProperty("jclouds.credential", "secret");
        TransientNio2BlobStore store = new TransientNio2BlobStore();
        store.createContainer("films");
        server = S3Proxy.Builder.fromProperties(settings).blobStore(store).build();
        server.start();
        endpoint = URI.create("http://127.0.0.1:" + server.getPort());
        writer = bucket().buildWritable();
        put(FILM, CONTENT);
        put("empty.txt", new byte[0]);
    }

    @AfterAll
    static void end() throws Exception {
        writer.close();
        server.stop();
    }

    @BeforeEach
    void open() {
        source = bucket().build();
    }

    @AfterEach
    void stop() {
        source.close();
    }

    private static void put(String key, byte[] content) throws IOException {
        writer.put(key, content, "video/mp4");
    }

    private static S3Source.Builder bucket() {
        return S3Source.of("films").endpoint(endpoint).credentials("access", "secret");
    }

    @Test
    void an_object_is_described_and_read_whole_through_the_pipeline() throws Exception {
        Pipeline pipeline = new Pipeline(Pipeline.Settings.DEFAULT);
        try (SourceFile file = source.open(FILM)) {
            assertThat(file.info().size()).isEqualTo(CONTENT.length);
            assertThat(file.info().mediaType()).isEqualTo("video/mp4");
            assertThat(file.info().tag()).isNotNull();
            assertThat(file.info().tag().weak()).isFalse();
            try (RangeReader reader = pipeline.read(source, file, new ByteRange(0, CONTENT.length - 1))) {
                assertThat(Bytes.sha256(Bytes.readAll(reader))).isEqualTo(Bytes.sha256(CONTENT));
            }
        }
    }

    @Test
    void a_prefix_is_where_paths_begin() throws Exception {
        try (S3Source below = bucket().prefix("2026").build();
                SourceFile file = below.open("Übung +1 (a&b).mp4")) {
            assertThat(Bytes.fetch(file, 1_999_999, 3))
                    .isEqualTo(Bytes.slice(CONTENT, new ByteRange(1_999_999, 2_000_001)));
        }
    }

    @Test
    void an_empty_object_is_an_empty_file() throws Exception {
        try (SourceFile file = source.open("empty.txt")) {
            assertThat(file.info().size()).isZero();
        }
    }

    @Test
    void an_object_that_is_overwritten_has_changed() throws Exception {
        put("changing", CONTENT);
        try (SourceFile file = source.open("changing")) {
            put("changing", Bytes.random(CONTENT.length, 32));
            assertThatThrownBy(() -> Bytes.fetch(file, 0, 1000)).isInstanceOf(SourceException.Changed.class);
        }
    }

    @Test
    void what_is_not_there_is_not_found_and_who_signs_wrongly_is_refused() {
        assertThatThrownBy(() -> source.open("none")).isInstanceOf(SourceException.NotFound.class);
        assertThatThrownBy(() -> source.open("../films/empty.txt")).isInstanceOf(SourceException.NotFound.class);
        try (S3Source wrong = bucket().credentials("access", "guess").build()) {
            assertThatThrownBy(() -> wrong.open("empty.txt")).isInstanceOf(SourceException.Forbidden.class);
        }
        try (S3Source other = S3Source.of("other-bucket")
                .endpoint(endpoint)
                .credentials("access", "secret")
                .build()) {
            assertThatThrownBy(() -> other.open("empty.txt")).isInstanceOf(SourceException.NotFound.class);
        }
    }

    @Test
    void a_file_that_is_put_there_is_read_back_replaced_and_removed(@TempDir Path folder) throws Exception {
        Path file = Files.write(folder.resolve("file"), CONTENT);
        String key = "a/b c/ü&+.bin";
        try (S3Bucket below = bucket().prefix("put/here").buildWritable();
                S3Source there = bucket().prefix("put/here").build()) {
            assertThat(below.get(key)).isEmpty();
            below.put(key, file, "application/x-test");
            try (SourceFile found = there.open(key)) {
                assertThat(found.info().mediaType()).isEqualTo("application/x-test");
                assertThat(Bytes.sha256(Bytes.fetch(found, 0, 1 << 20)))
                        .isEqualTo(Bytes.sha256(Bytes.slice(CONTENT, new ByteRange(0, (1 << 20) - 1))));
            }
            below.put(key, new byte[] {1, 2, 3}, "text/plain");
            assertThat(below.get(key)).hasValue(new byte[] {1, 2, 3});
            below.put("empty", new byte[0], "text/plain");
            assertThat(below.get("empty")).hasValue(new byte[0]);
            below.delete(key);
            below.delete(key);
            assertThat(below.get(key)).isEmpty();
            assertThatThrownBy(() -> there.open(key)).isInstanceOf(SourceException.NotFound.class);
        }
    }

    @Test
    void an_object_that_comes_in_parts_is_there_when_it_is_completed() throws Exception {
        byte[] content = Bytes.random((11 << 20) + 7, 33);
        String key = "a b/ü&+.bin";
        try (S3Bucket below = bucket().prefix("in/parts").buildWritable();
                S3Source there = bucket().prefix("in/parts").build()) {
            S3Upload upload = below.begin(key, "application/x-test");
            int five = (int) S3Bucket.SMALLEST_PART;
            below.put(upload, 1, () -> new ByteArrayInputStream(new byte[five]), five); // put again below
            for (int i = 0; i < 3; i++) {
                int from = i * five;
                int length = Math.min(five, content.length - from);
                below.put(upload, i + 1, () -> new ByteArrayInputStream(content, from, length), length);
            }
            assertThat(below.get(key)).as("nothing is there yet").isEmpty();
            assertThat(below.size(key)).isEmpty();
            List<S3Upload.Part> parts = below.parts(upload).orElseThrow();
            assertThat(parts).extracting(S3Upload.Part::number).containsExactly(1, 2, 3);
            assertThat(parts)
                    .extracting(S3Upload.Part::size)
                    .containsExactly((long) five, (long) five, (long) content.length - 2 * five);
            below.complete(upload, parts);
            assertThat(below.parts(upload).orElse(List.of())).isEmpty();
            assertThat(below.size(key)).hasValue(content.length);
            assertThat(below.get(key, 5, 10)).isEqualTo(Bytes.slice(content, new ByteRange(5, 14)));
            assertThat(below.get(key, content.length - 2, 10)).hasSize(2);
            try (SourceFile file = there.open(key)) {
                assertThat(file.info().mediaType()).isEqualTo("application/x-test");
                assertThat(Bytes.sha256(Bytes.fetch(file, 0, content.length))).isEqualTo(Bytes.sha256(content));
            }
            below.delete(key);
        }
    }

    @Test
    void an_upload_that_is_aborted_leaves_nothing() throws Exception {
        S3Upload upload = writer.begin("aborted", "text/plain");
        writer.put(upload, 1, () -> new ByteArrayInputStream(new byte[10]), 10);
        writer.abort(upload);
        writer.abort(upload);
        assertThat(writer.parts(upload).orElse(List.of())).isEmpty();
        assertThat(writer.get("aborted")).isEmpty();
    }

    @Test
    void objects_are_listed_by_how_their_keys_begin() throws Exception {
        try (S3Bucket below = bucket().prefix("listed").buildWritable()) {
            for (String key : List.of("a/1", "a/2 ü&<", "b/1")) {
                below.put(key, new byte[] {1}, "text/plain");
            }
            List<String> all = new ArrayList<>();
            below.list("", all::add);
            assertThat(all).containsExactly("a/1", "a/2 ü&<", "b/1");
            List<String> some = new ArrayList<>();
            below.list("a/2", some::add);
            assertThat(some).containsExactly("a/2 ü&<");
        }
    }

    @Test
    void who_may_not_write_there_is_told_so() {
        try (S3Bucket wrong = bucket().credentials("access", "guess").buildWritable()) {
            assertThatThrownBy(() -> wrong.put("x", new byte[10], "text/plain"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("403");
        }
    }

    @Test
    void a_put_that_meets_a_broken_connection_is_made_again() throws Exception {
        try (ScriptedOrigin flaky = new ScriptedOrigin(new byte[0]);
                S3Bucket there = S3Source.of("films")
                        .endpoint(flaky.uri().resolve("/"))
                        .credentials("access", "secret")
                        .buildWritable()) {
            flaky.script = request -> {
                if (request.number < 3) {
                    request.cut(request.number == 2);
                } else {
                    request.head(200, "Content-Length: 0");
                }
                return true;
            };
            there.put("x", new byte[0], "text/plain");
            assertThat(flaky.requests).hasSize(3);
        }
    }

    @Test
    void settings_that_cannot_be_are_refused_at_once() {
        assertThatIllegalArgumentException().isThrownBy(() -> S3Source.of("No_Bucket"));
        assertThatIllegalArgumentException().isThrownBy(() -> bucket().prefix("../x"));
        assertThatIllegalArgumentException().isThrownBy(() -> bucket().endpoint(URI.create("ftp://x/")));
    }
}
