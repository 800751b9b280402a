package dev.millrace.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PipelineTest {
    private static final byte[] CONTENT = Bytes.random(6_000_000, 5);
    private static final Duration LONG = Duration.ofSeconds(20);

    // Shared by the tries of the properties.
    private static ScriptedOrigin shared;
    private static HttpOrigin sharedSource;
    private static Path sharedFolder;

    private final Pipeline pipeline = new Pipeline(Pipeline.Settings.DEFAULT);

    @BeforeContainer
    static void start() throws IOException {
        shared = new ScriptedOrigin(CONTENT);
        sharedSource = shared.source().build();
        sharedFolder = Files.createTempDirectory("millrace-pipeline");
        Files.write(sharedFolder.resolve("file"), CONTENT);
    }

    @AfterContainer
    static void stop() throws IOException {
        sharedSource.close();
        shared.close();
        Files.delete(sharedFolder.resolve("file"));
        Files.delete(sharedFolder);
    }

    private void allBuffersReturn() {
        Awaitility.await().atMost(LONG).until(() -> pipeline.lentBytes() == 0);
    }

    private static ByteRange range(int a, int b) {
        return new ByteRange(Math.min(a, b), Math.max(a, b));
    }

    private byte[] read(Source source, ByteRange range) throws SourceException, InterruptedException {
        return read(pipeline, source, range);
    }

    private static byte[] read(Pipeline pipeline, Source source, ByteRange range)
            throws SourceException, InterruptedException {
        try (SourceFile file = source.open("file");
                RangeReader reader = pipeline.read(source, file, range)) {
            return Bytes.readAll(reader);
        }
    }

    @Property(tries = 200)
    void any_range_of_a_local_file_is_its_slice(
            @ForAll @IntRange(min = 0, max = 5_999_999) int a, @ForAll @IntRange(min = 0, max = 5_999_999) int b)
            throws Exception {
        byte[] read = read(new DirectorySource(sharedFolder), range(a, b));
        assertThat(Bytes.sha256(read)).isEqualTo(Bytes.sha256(Bytes.slice(CONTENT, range(a, b))));
        assertThat(pipeline.lentBytes()).isZero();
    }

    @Property(tries = 60)
    void any_range_of_a_remote_file_is_its_slice_whatever_faults_the_origin_has(
            @ForAll @IntRange(min = 0, max = 5_999_999) int a,
            @ForAll @IntRange(min = 0, max = 5_999_999) int b,
            @ForAll long seed)
            throws Exception {
        Random random = new Random(seed);
        shared.script = request -> {
            int fault;
            int length = (int) (request.last() - request.first() + 1);
            int cutAfter;
            synchronized (random) {
                fault = random.nextInt(20);
                cutAfter = random.nextInt(length);
            }
            switch (fault) {
                case 0 -> request.head(503, "Content-Length: 0", "Retry-After: 0");
                case 1 -> {
                    request.partHead();
                    request.body(CONTENT, (int) request.first(), cutAfter);
                    request.cut(false);
                }
                case 2 -> request.cut(true);
                default -> {
                    return false;
                }
            }
            return true;
        };
        try (HttpOrigin patient = shared.source()
                .retries(20, Duration.ofMillis(1), Duration.ofMillis(20))
                .build()) {
            byte[] read = read(patient, range(a, b));
            assertThat(Bytes.sha256(read)).isEqualTo(Bytes.sha256(Bytes.slice(CONTENT, range(a, b))));
        }
        allBuffersReturn();
    }

    @Test
    void nothing_outside_the_range_is_asked_for_and_no_more_than_four_at_once() throws Exception {
        Pipeline four = new Pipeline(Pipeline.Settings.DEFAULT.withConcurrency(4));
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        try (ScriptedOrigin origin = new ScriptedOrigin(CONTENT);
                HttpOrigin source = origin.source().build()) {
            origin.script = request -> {
                most.accumulateAndGet(running.incrementAndGet(), Math::max);
                request.partHead();
                // Before the body: once the client has that, it may start the next fetch.
                running.decrementAndGet();
                request.body(CONTENT, (int) request.first(), (int) (request.last() - request.first() + 1));
                return true;
            };
            ByteRange range = new ByteRange(1_234_567, 4_321_098);
            assertThat(read(four, source, range)).isEqualTo(Bytes.slice(CONTENT, range));
            List<ScriptedOrigin.Request> fetches = origin.requests.stream()
                    .filter(ScriptedOrigin.Request::isFetch)
                    .toList();
            assertThat(fetches).allSatisfy(r -> {
                assertThat(r.first()).isGreaterThanOrEqualTo(range.first());
                assertThat(r.last()).isLessThanOrEqualTo(range.last());
            });
            assertThat(fetches.stream().mapToLong(r -> r.last() - r.first() + 1).sum())
                    .isEqualTo(range.length());
            assertThat(most.get()).isBetween(1, 4);
        }
    }

    @Test
    void an_origin_that_is_far_away_is_asked_once_before_the_first_byte_is_here() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        Set<String> ranges = ConcurrentHashMap.newKeySet();
        CountDownLatch goOn = new CountDownLatch(1);
        try (ScriptedOrigin origin = new ScriptedOrigin(CONTENT);
                HttpOrigin source = origin.source().build()) {
            origin.script = request -> {
                if (request.isLookup()) {
                    Thread.sleep(300); // This is how far away it is, at least.
                } else {
                    ranges.add(request.headers.get("Range"));
                    asked.countDown();
                    goOn.await();
                }
                return false;
            };
            try (SourceFile file = source.open("file");
                    RangeReader reader = pipeline.read(source, file, new ByteRange(0, CONTENT.length - 1))) {
                assertThat(file.roundTrip()).isGreaterThanOrEqualTo(Duration.ofMillis(300));
                assertThat(asked.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
                assertThat(ranges).containsExactly("bytes=0-" + (CONTENT.length - 1));
                goOn.countDown();
                assertThat(Bytes.readAll(reader)).isEqualTo(CONTENT);
            }
        }
        allBuffersReturn();
    }

    @Test
    void the_first_block_is_delivered_while_the_others_are_still_fetched() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        try (ScriptedOrigin origin = new ScriptedOrigin(CONTENT);
                HttpOrigin source = origin.source().build()) {
            origin.script = request -> {
                if (request.isFetch() && request.first() > 0) {
                    goOn.await();
                }
                return false;
            };
            try (SourceFile file = source.open("file");
                    RangeReader reader = pipeline.read(source, file, new ByteRange(0, CONTENT.length - 1))) {
                for (int read = 0; read < 65_536; ) {
                    ByteBuffer some = reader.next();
                    assertThat(some).isEqualTo(ByteBuffer.wrap(CONTENT, read, some.remaining()));
                    read += some.remaining();
                }
                goOn.countDown();
            }
        }
        allBuffersReturn();
    }

    @Test
    void a_failure_comes_after_the_bytes_before_it_and_gives_every_buffer_back() throws Exception {
        try (ScriptedOrigin origin = new ScriptedOrigin(CONTENT);
                HttpOrigin source = origin.source().build()) {
            origin.script = request -> {
                if (!request.isFetch()) {
                    return false;
                }
                if (request.first() >= 1 << 20) {
                    request.head(404, "Content-Length: 0");
                } else {
                    request.partHead();
                    request.body(CONTENT, (int) request.first(), (1 << 20) - (int) request.first());
                    request.cut(false);
                }
                return true;
            };
            int read = 0;
            try (SourceFile file = source.open("file");
                    RangeReader reader = pipeline.read(source, file, new ByteRange(0, CONTENT.length - 1))) {
                while (read < 1 << 20) {
                    ByteBuffer bytes = reader.next();
                    assertThat(bytes).isEqualTo(ByteBuffer.wrap(CONTENT, read, bytes.remaining()));
                    read += bytes.remaining();
                }
                assertThatThrownBy(reader::next).isInstanceOf(SourceException.NotFound.class);
                assertThatThrownBy(reader::next).isInstanceOf(SourceException.NotFound.class);
            }
        }
        allBuffersReturn();
    }

    @Test
    void cancelling_wakes_the_reader_closes_the_connections_and_gives_every_buffer_back() throws Exception {
        Pipeline ofFour = new Pipeline(Pipeline.Settings.DEFAULT.withConcurrency(4));
        CountDownLatch four = new CountDownLatch(4);
        CountDownLatch left = new CountDownLatch(4);
        try (ScriptedOrigin origin = new ScriptedOrigin(CONTENT);
                HttpOrigin source = origin.source().build()) {
            origin.script = request -> {
                if (request.isLookup()) {
                    return false;
                }
                four.countDown();
                request.awaitLeaving();
                left.countDown();
                return true;
            };
            try (SourceFile file = source.open("file");
                    RangeReader reader = ofFour.read(source, file, new ByteRange(0, CONTENT.length - 1))) {
                CompletableFuture<Throwable> outcome = new CompletableFuture<>();
                Thread.ofVirtual().start(() -> {
                    try {
                        outcome.complete(new AssertionError("delivered " + reader.next()));
                    } catch (Throwable e) {
                        outcome.complete(e);
                    }
                });
                assertThat(four.await(20, TimeUnit.SECONDS)).isTrue();
                reader.cancel();
                assertThat(outcome.get(20, TimeUnit.SECONDS)).isInstanceOf(CancellationException.class);
                assertThat(left.await(20, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(origin.requests).hasSize(5);
        }
        Awaitility.await().atMost(LONG).until(() -> ofFour.lentBytes() == 0);
    }

    @Test
    void closing_in_the_middle_stops_and_gives_every_buffer_back(@TempDir Path folder) throws Exception {
        Files.write(folder.resolve("file"), CONTENT);
        try (ScriptedOrigin origin = new ScriptedOrigin(CONTENT);
                HttpOrigin remote = origin.source().build()) {
            for (Source source : List.of(remote, new DirectorySource(folder))) {
                for (int blocks = 0; blocks < 6; blocks++) {
                    try (SourceFile file = source.open("file");
                            RangeReader reader = pipeline.read(source, file, new ByteRange(7, CONTENT.length - 1))) {
                        for (int i = 0; i < blocks; i++) {
                            assertThat(reader.next()).isNotNull();
                        }
                    }
                    allBuffersReturn();
                }
            }
        }
    }

    @Test
    void bytes_are_given_away_while_their_block_still_arrives() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        try (ScriptedOrigin origin = new ScriptedOrigin(CONTENT);
                HttpOrigin source = origin.source().build()) {
            origin.script = request -> {
                if (!request.isFetch() || request.first() > 0) {
                    return false;
                }
                request.partHead();
                request.body(CONTENT, 0, 1000);
                goOn.await();
                request.body(CONTENT, 1000, (int) request.last() + 1 - 1000);
                return true;
            };
            try (SourceFile file = source.open("file");
                    RangeReader reader = pipeline.read(source, file, new ByteRange(0, CONTENT.length - 1))) {
                for (int read = 0; read < 1000; ) {
                    read += reader.next().remaining();
                    assertThat(read).isLessThanOrEqualTo(1000);
                }
                assertThat(reader.await(Duration.ZERO)).isFalse();
                goOn.countDown();
                assertThat(reader.await(LONG)).isTrue();
                assertThat(reader.next().get()).isEqualTo(CONTENT[1000]);
            }
        }
        allBuffersReturn();
    }

    @Test
    void a_late_head_block_is_fetched_a_second_time_and_the_loser_is_cut() throws Exception {
        CountDownLatch loserLeft = new CountDownLatch(1);
        AtomicInteger attempts = new AtomicInteger();
        try (ScriptedOrigin origin = new ScriptedOrigin(CONTENT);
                HttpOrigin source = origin.source()
                        .secondRequests(0)
                        .readTimeout(Duration.ofMinutes(5))
                        .build()) {
            // So many that it is known how long one takes, and that one of 20 is affordable, also where some were late
            // by themselves.
            for (int i = 0; i < 12; i++) {
                assertThat(read(source, new ByteRange(0, CONTENT.length - 1))).isEqualTo(CONTENT);
            }
            long late = 4L << 20;
            origin.script = request -> {
                boolean brings = request.isFetch() && request.first() <= late && request.last() > late;
                if (brings && attempts.incrementAndGet() == 1) {
                    request.partHead();
                    request.body(CONTENT, (int) request.first(), (int) (late - request.first()) + 5000);
                    request.awaitLeaving();
                    loserLeft.countDown();
                    return true;
                }
                return false;
            };
            assertThat(read(source, new ByteRange(0, CONTENT.length - 1))).isEqualTo(CONTENT);
            assertThat(loserLeft.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(attempts).hasValue(2);
        }
        allBuffersReturn();
    }

    @Test
    void a_paused_player_costs_its_window_and_stops_the_fetches() throws Exception {
        Pipeline two = new Pipeline(Pipeline.Settings.DEFAULT.withConcurrency(2));
        byte[] film = Bytes.random(16 << 20, 7);
        try (ScriptedOrigin origin = new ScriptedOrigin(film);
                HttpOrigin source = origin.source().build();
                SourceFile file = source.open("file");
                RangeReader reader = two.read(source, file, new ByteRange(0, film.length - 1))) {
            assertThat(reader.next()).isNotNull();
            // 2 fetches at once make a window of 6 blocks; one of them is being shown.
            Awaitility.await().atMost(LONG).until(() -> origin.requests.size() == 1 + 6);
            Awaitility.await().during(Duration.ofMillis(200)).atMost(LONG).until(() -> origin.requests.size() == 7);
            assertThat(two.lentBytes()).isLessThanOrEqualTo(6L << 20);
        }
    }

    @Test
    void two_hundred_streams_on_64_MiB_all_make_progress_though_half_of_them_pause() throws Exception {
        long memory = 64L << 20;
        Pipeline small = new Pipeline(Pipeline.Settings.DEFAULT.withMemory(memory, 200));
        byte[] film = Bytes.random(2_500_000, 9);
        CountDownLatch begun = new CountDownLatch(200);
        CountDownLatch finished = new CountDownLatch(100);
        CountDownLatch refused = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicLong most = new AtomicLong();
        List<CompletableFuture<Integer>> reads = new ArrayList<>();
        try (ScriptedOrigin origin = new ScriptedOrigin(film);
                HttpOrigin source = origin.source().build()) {
            for (int i = 0; i < 200; i++) {
                boolean pauses = i % 2 == 0;
                CompletableFuture<Integer> read = new CompletableFuture<>();
                reads.add(read);
                Thread.ofVirtual().start(() -> {
                    try (SourceFile file = source.open("file");
                            RangeReader reader = small.read(source, file, new ByteRange(0, film.length - 1))) {
                        int bytes = 0;
                        for (ByteBuffer some; (some = reader.next()) != null; ) {
                            most.accumulateAndGet(small.lentBytes(), Math::max);
                            if (bytes == 0) {
                                begun.countDown();
                                // Nobody is done before the one too many has asked.
                                refused.await();
                                if (pauses) {
                                    goOn.await();
                                }
                            }
                            assertThat(some).isEqualTo(ByteBuffer.wrap(film, bytes, some.remaining()));
                            bytes += some.remaining();
                        }
                        if (!pauses) {
                            finished.countDown();
                        }
                        read.complete(bytes);
                    } catch (Throwable e) {
                        read.completeExceptionally(e);
                    }
                });
            }
            assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
            try (SourceFile file = source.open("file")) {
                assertThatThrownBy(() -> small.read(source, file, new ByteRange(0, 1)))
                        .isInstanceOf(SourceException.Unavailable.class);
            } finally {
                refused.countDown();
            }
            assertThat(finished.await(60, TimeUnit.SECONDS)).isTrue();
            goOn.countDown();
            for (CompletableFuture<Integer> read : reads) {
                assertThat(read.get(60, TimeUnit.SECONDS)).isEqualTo(film.length);
            }
        }
        assertThat(most.get()).isLessThanOrEqualTo(memory);
        Awaitility.await().atMost(LONG).until(() -> small.lentBytes() == 0 && small.openStreams() == 0);
    }

    @Test
    void readers_side_by_side_do_not_disturb_each_other() throws Exception {
        try (ScriptedOrigin origin = new ScriptedOrigin(CONTENT);
                HttpOrigin source = origin.source().build()) {
            List<CompletableFuture<byte[]>> reads = new ArrayList<>();
            List<ByteRange> ranges = new ArrayList<>();
            Random random = new Random(6);
            for (int i = 0; i < 24; i++) {
                ByteRange range = range(random.nextInt(CONTENT.length), random.nextInt(CONTENT.length));
                CompletableFuture<byte[]> read = new CompletableFuture<>();
                ranges.add(range);
                reads.add(read);
                Thread.ofVirtual().start(() -> {
                    try {
                        read.complete(read(source, range));
                    } catch (Throwable e) {
                        read.completeExceptionally(e);
                    }
                });
            }
            for (int i = 0; i < reads.size(); i++) {
                assertThat(Bytes.sha256(reads.get(i).get(60, TimeUnit.SECONDS)))
                        .isEqualTo(Bytes.sha256(Bytes.slice(CONTENT, ranges.get(i))));
            }
        }
        allBuffersReturn();
    }
}
