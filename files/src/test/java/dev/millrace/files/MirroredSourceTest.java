package dev.millrace.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Three real origins on real sockets. */
class MirroredSourceTest {
    private static final byte[] CONTENT = Bytes.random(4_000_000, 41);
    private static final ByteRange ALL = new ByteRange(0, CONTENT.length - 1);
    private static final Attempt HEDGE = new Attempt() {
        @Override
        public void arrived(int bytes) {}

        @Override
        public boolean isHedge() {
            return true;
        }
    };

    private final List<ScriptedOrigin> origins = new ArrayList<>();
    private final Pipeline pipeline = new Pipeline(Pipeline.Settings.DEFAULT);
    private MirroredSource mirrors;

    @BeforeEach
    void start() throws IOException {
        List<Source> sources = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            ScriptedOrigin origin = new ScriptedOrigin(CONTENT);
            origins.add(origin);
            sources.add(origin.source()
                    .retries(1, Duration.ofMillis(1), Duration.ofMillis(1))
                    .readTimeout(Duration.ofSeconds(20))
                    .build());
        }
        mirrors = new MirroredSource(sources);
    }

    @AfterEach
    void stop() throws IOException {
        mirrors.close();
        for (ScriptedOrigin origin : origins) {
            origin.close();
        }
    }

    private byte[] readAll() throws Exception {
        try (SourceFile file = mirrors.open("file");
                RangeReader reader = pipeline.read(mirrors, file, ALL)) {
            return Bytes.readAll(reader);
        }
    }

    @Test
    void each_mirror_gets_a_share_of_the_blocks() throws Exception {
        assertThat(readAll()).isEqualTo(CONTENT);
        assertThat(origins)
                .allSatisfy(origin -> assertThat(origin.requests)
                        .filteredOn(ScriptedOrigin.Request::isFetch)
                        .isNotEmpty());
    }

    @Test
    void a_mirror_that_cuts_is_followed_by_another_from_the_byte_that_is_missing() throws Exception {
        ScriptedOrigin cutting = origins.get(0);
        cutting.script = request -> {
            if (request.isLookup()) {
                return false;
            }
            request.partHead();
            request.body(CONTENT, (int) request.first(), 1000);
            request.cut(false);
            return true;
        };
        try (SourceFile file = mirrors.open("file")) {
            assertThat(Bytes.fetch(file, 5000, 100_000)).isEqualTo(Bytes.slice(CONTENT, new ByteRange(5000, 104_999)));
        }
        assertThat(origins.get(1).requests)
                .anySatisfy(request -> assertThat(request.first()).isEqualTo(6000));
    }

    @Test
    void one_of_three_that_is_busy_for_long_stalls_nobody() throws Exception {
        origins.get(1).script = request -> {
            request.head(429, "Content-Length: 0", "Retry-After: 600");
            return true;
        };
        assertThat(readAll()).isEqualTo(CONTENT);
        // Several may have asked at once, before the first of them was told to come back later.
        int asked = origins.get(1).requests.size();
        assertThat(asked).isPositive();
        assertThat(readAll()).isEqualTo(CONTENT);
        assertThat(origins.get(1).requests).hasSize(asked);
    }

    @Test
    void all_busy_for_long_is_told_with_the_time_to_come_back() {
        for (ScriptedOrigin origin : origins) {
            origin.script = request -> {
                request.head(503, "Content-Length: 0", "Retry-After: 30");
                return true;
            };
        }
        assertThatThrownBy(() -> mirrors.open("file"))
                .isInstanceOfSatisfying(
                        SourceException.Unavailable.class,
                        e -> assertThat(e.retryAfter()).isBetween(Duration.ofSeconds(20), Duration.ofSeconds(30)));
    }

    @Test
    void a_mirror_with_another_version_takes_no_part() throws Exception {
        origins.get(2).content = Bytes.random(CONTENT.length, 42);
        origins.get(2).etag = "\"v2\"";
        assertThat(readAll()).isEqualTo(CONTENT);
        assertThat(origins.get(2).requests)
                .noneSatisfy(request -> assertThat(request.isFetch()).isTrue());
    }

    @Test
    void a_hedge_goes_to_another_mirror_than_the_first_attempt() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        CountDownLatch stuck = new CountDownLatch(1);
        origins.get(0).script = request -> {
            if (request.isFetch()) {
                stuck.countDown();
                goOn.await();
            }
            return false;
        };
        try (SourceFile file = mirrors.open("file")) {
            CompletableFuture<byte[]> first = CompletableFuture.supplyAsync(
                    () -> {
                        try {
                            return Bytes.fetch(file, 0, 70_000);
                        } catch (Exception e) {
                            throw new IllegalStateException(e);
                        }
                    },
                    task -> Thread.ofVirtual().start(task));
            assertThat(stuck.await(20, TimeUnit.SECONDS)).isTrue();
            ByteBuffer second = ByteBuffer.allocate(70_000);
            file.fetch(new Block(0, 70_000), second, HEDGE);
            goOn.countDown();
            assertThat(second.array()).isEqualTo(first.get(20, TimeUnit.SECONDS));
        }
    }

    @Test
    void not_found_by_all_is_not_found_and_a_mirror_in_trouble_makes_it_uncertain() {
        for (ScriptedOrigin origin : origins) {
            origin.script = request -> {
                request.head(404, "Content-Length: 0");
                return true;
            };
        }
        assertThatThrownBy(() -> mirrors.open("file")).isInstanceOf(SourceException.NotFound.class);
        origins.get(0).script = request -> {
            request.head(500, "Content-Length: 0");
            return true;
        };
        assertThatThrownBy(() -> mirrors.open("file")).isInstanceOf(SourceException.Failed.class);
    }
}
