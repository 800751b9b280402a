package dev.millrace.server.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.store.FileRegister;
import dev.millrace.engine.store.memory.MemoryFileRegister;
import dev.millrace.files.S3Bucket;
import dev.millrace.server.files.Uploads.About;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Uploads that several servers bring into one bucket, part by part. Parts are of 1,000 bytes here. */
class BucketArrivalsTest {
    private static final int PART = 1000;

    @TempDir
    Path scratch;

    private final List<AutoCloseable> open = new ArrayList<>();
    private final FileRegister register = new MemoryFileRegister();
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private MemoryBucket bucket;
    private Server first;

    /** One server's view of the bucket. */
    private final class Server {
        final BucketVault vault;
        final BucketArrivals arrivals;
        final Uploads uploads;
        final UploadSweep sweep;

        Server() {
            var where = new FileSourceConfig.S3("kept", "mill", null, bucket.uri(), "access", "secret");
            S3Bucket writable = where.bucketToWrite();
            InstantSource clock = () -> now;
            vault = new BucketVault(writable, where::source);
            arrivals = new BucketArrivals(writable, vault, scratch, register, clock, PART);
            uploads = new Uploads(arrivals, vault, register, UploadLife.DEFAULT, clock);
            sweep = new UploadSweep(arrivals, vault, uploads, register, UploadLife.DEFAULT, clock);
            open.add(uploads);
        }

        About find(String id) throws IOException {
            return uploads.find("me", id).orElseThrow();
        }

        About append(String id, InputStream bytes) throws IOException {
            return uploads.append(find(id), bytes, Long.MAX_VALUE);
        }
    }

    @BeforeEach
    void start() throws Exception {
        bucket = new MemoryBucket();
        first = new Server();
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        bucket.close();
    }

    private static byte[] random(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    private static InputStream some(byte[] bytes, int from, int to) {
        return new ByteArrayInputStream(bytes, from, to - from);
    }

    /** A client whose connection breaks after these bytes. */
    private static InputStream broken(InputStream bytes) {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                int b = bytes.read();
                if (b < 0) {
                    throw new IOException("the client has gone");
                }
                return b;
            }
        };
    }

    private void isWhole(About about, byte[] content) throws Exception {
        assertThat(about.isWhole()).isTrue();
        assertThat(about.sha256()).isEqualTo(sha256(content));
        assertThat(about.size()).isEqualTo(content.length);
        String at = "kept/mill/" + about.id() + '/';
        assertThat(bucket.objects.get(at + about.name())).isEqualTo(content);
        assertThat(bucket.objects.keySet().stream().filter(key -> key.startsWith(at)))
                .containsExactlyInAnyOrder(at + "about.json", at + about.name());
        assertThat(bucket.uploads).isEmpty();
        try (var left = Files.list(scratch)) {
            assertThat(left).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, PART - 1, PART, PART + 1, 3 * PART, 7 * PART + 77})
    void an_upload_of_any_length_arrives_at_once_or_in_pieces(int length) throws Exception {
        byte[] content = random(length, length);
        About at = first.uploads.create("me", "a b&.bin", "a/b", length);
        isWhole(first.append(at.id(), some(content, 0, length)), content);
        About unannounced = first.uploads.create("me", "a b&.bin", "a/b", -1);
        isWhole(first.uploads.append(unannounced, some(content, 0, length), Long.MAX_VALUE), content);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whoever_goes_on_and_however_often_it_breaks_off_every_byte_arrives_once(long seed) throws Exception {
        Random random = new Random(seed);
        Server second = new Server();
        byte[] content = random(1 + random.nextInt(12 * PART), seed);
        String id =
                first.uploads.create("me", "film", "video/mp4", content.length).id();
        About about = first.find(id);
        int at = 0;
        while (!about.isWhole()) {
            Server server = random.nextBoolean() ? first : second;
            assertThat(server.uploads.offset(server.find(id))).isEqualTo(at);
            int to = Math.min(content.length, at + random.nextInt(3 * PART));
            if (to < content.length && random.nextInt(3) == 0) {
                int from = at;
                assertThatThrownBy(() -> server.append(id, broken(some(content, from, to))))
                        .hasMessage("the client has gone");
                about = server.find(id);
            } else {
                about = server.append(id, some(content, at, to));
            }
            at = to;
        }
        isWhole(about, content);
    }

    @Test
    void two_do_not_write_to_one_upload_at_once_and_who_dies_lets_it_go_after_a_while() throws Exception {
        Server second = new Server();
        byte[] content = random(3 * PART, 9);
        About at = first.uploads.create("me", "film", "video/mp4", content.length);
        InputStream asking = new InputStream() {
            @Override
            public int read() throws IOException {
                assertThatThrownBy(() -> second.append(at.id(), some(content, 0, 10)))
                        .isInstanceOf(Uploads.Busy.class);
                assertThat(second.arrivals.remove(at.id(), () -> true)).isFalse();
                return -1;
            }
        };
        first.append(at.id(), asking);
        // A server that died in the middle of it.
        assertThat(register.claim(at.id(), "the dead", now, Duration.ofSeconds(30)))
                .isTrue();
        assertThatThrownBy(() -> second.append(at.id(), some(content, 0, 10))).isInstanceOf(Uploads.Busy.class);
        now = now.plusSeconds(31);
        isWhole(second.append(at.id(), some(content, 0, content.length)), content);
    }

    @Test
    void who_has_lost_its_claim_writes_no_more() throws Exception {
        byte[] content = random(3 * PART, 9);
        About at = first.uploads.create("me", "film", "video/mp4", content.length);
        InputStream sleeping = new InputStream() {
            private int read;

            @Override
            public int read() {
                if (read == PART - 1) {
                    now = now.plusSeconds(60);
                    assertThat(register.claim(at.id(), "another", now, Duration.ofSeconds(30)))
                            .isTrue();
                }
                return read == content.length ? -1 : content[read++] & 0xFF;
            }
        };
        assertThatThrownBy(() -> first.append(at.id(), sleeping)).isInstanceOf(Uploads.Busy.class);
        assertThat(bucket.uploads).isEmpty();
        assertThat(first.uploads.offset(at)).isZero();
    }

    @Test
    void an_upload_whose_last_answers_were_lost_is_ended_by_who_asks_after_it() throws Exception {
        byte[] content = random(2 * PART + 5, 3);
        About at = first.uploads.create("me", "film", "video/mp4", content.length);
        first.append(at.id(), some(content, 0, PART));
        // The object is made; that it is, and that it is a file, is lost.
        bucket.lost = request -> request.startsWith("POST") || request.endsWith("about.json");
        bucket.objects.keySet().removeIf(key -> key.endsWith("about.json"));
        assertThatThrownBy(() -> first.append(at.id(), some(content, PART, content.length)))
                .isInstanceOf(IOException.class);
        bucket.objects.keySet().removeIf(key -> key.endsWith("about.json"));
        bucket.lost = request -> false;
        Server second = new Server();
        About found = second.find(at.id());
        assertThat(found.isWhole()).isFalse();
        assertThat(second.uploads.offset(found)).isEqualTo(content.length);
        isWhole(second.uploads.settled(found), content);
    }

    @Test
    void an_upload_that_does_not_go_on_is_given_up_with_all_its_parts() throws Exception {
        byte[] content = random(3 * PART, 5);
        About at = first.uploads.create("me", "film", "video/mp4", content.length);
        now = now.plus(Duration.ofHours(23));
        first.append(at.id(), some(content, 0, 2 * PART + 10));
        now = now.plus(Duration.ofHours(23));
        first.sweep.sweep();
        assertThat(first.uploads.offset(first.find(at.id()))).isEqualTo(2 * PART + 10);
        now = now.plus(Duration.ofHours(2));
        first.sweep.sweep();
        assertThat(first.uploads.find("me", at.id())).isEmpty();
        assertThat(bucket.objects).isEmpty();
        assertThat(bucket.uploads).isEmpty();
        assertThat(register.find(at.id())).isNull();
    }

    @Test
    void what_is_in_the_bucket_and_not_in_the_register_is_told_to_it() throws Exception {
        byte[] content = random(PART, 5);
        About whole = first.uploads.create("me", "film", "video/mp4", content.length);
        first.append(whole.id(), some(content, 0, content.length));
        About begun = first.uploads.create("me", "film", "video/mp4", content.length);
        for (int i = 0; i < 5; i++) {
            first.uploads.keep("me", "task", "pic", "image/png", Arrays.copyOf(content, i));
        }
        var list = register.list("me", 100, null).items();
        list.forEach(entry -> register.remove(entry.id()));
        register.remove(begun.id());
        first.sweep.tell();
        assertThat(register.list("me", 100, null).items())
                .extracting(FileRegister.Entry::id)
                .containsExactlyInAnyOrderElementsOf(
                        list.stream().map(FileRegister.Entry::id).toList());
        assertThat(register.unfinished(now.plusSeconds(1), 10))
                .extracting(FileRegister.Entry::id)
                .containsExactly(begun.id());
    }
}
