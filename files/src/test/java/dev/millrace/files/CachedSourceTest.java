package dev.millrace.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CachedSourceTest {
    private static final int MIB = 1 << 20;
    private static final byte[] CONTENT = Bytes.random(5_500_000, 51);
    private static final ByteRange ALL = new ByteRange(0, CONTENT.length - 1);

    @TempDir
    Path folder;

    private ScriptedOrigin origin;
    private HttpOrigin http;
    /** Without hedges, which may fetch a byte twice: that is their purpose. */
    private final Pipeline pipeline = new Pipeline(new Pipeline.Settings(4, 8, 0, 128L << 20, 100));

    private final AtomicLong clock = new AtomicLong();

    @BeforeEach
    void start() throws IOException {
        origin = new ScriptedOrigin(CONTENT);
        http = origin.source().secondRequests(0).build();
    }

    @AfterEach
    void stop() throws IOException {
        http.close();
        origin.close();
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> pipeline.lentBytes() == 0);
    }

    private CachedSource cached(BlockCache cache) {
        return cached(cache, Duration.ofMillis(100));
    }

    /** @param patience with those who are to bring what another needs, too: a byte that is taken over is fetched twice */
    private CachedSource cached(BlockCache cache, Duration patience) {
        return new CachedSource("films", http, cache, Duration.ofMinutes(1), clock::get, patience);
    }

    private byte[] read(Source source, ByteRange range) throws SourceException, InterruptedException {
        try (SourceFile file = source.open("film.mp4");
                RangeReader reader = pipeline.read(source, file, range)) {
            return Bytes.readAll(reader);
        }
    }

    private long bytesFetched() {
        return origin.requests.stream()
                .filter(ScriptedOrigin.Request::isFetch)
                .mapToLong(r -> r.last() - r.first() + 1)
                .sum();
    }

    private CompletableFuture<byte[]> reading(Source source, ByteRange range) {
        CompletableFuture<byte[]> read = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                read.complete(read(source, range));
            } catch (Throwable e) {
                read.completeExceptionally(e);
            }
        });
        return read;
    }

    @Test
    void a_second_viewer_costs_the_origin_nothing_not_even_a_lookup() throws Exception {
        CachedSource source = cached(BlockCache.inMemory(32 * MIB));
        assertThat(read(source, ALL)).isEqualTo(CONTENT);
        int asked = origin.requests.size();
        assertThat(read(source, ALL)).isEqualTo(CONTENT);
        ByteRange seek = new ByteRange(3_333_333, 4_444_444);
        assertThat(read(source, seek)).isEqualTo(Bytes.slice(CONTENT, seek));
        assertThat(origin.requests).hasSize(asked);
        assertThat(bytesFetched()).isEqualTo(CONTENT.length);
    }

    @Test
    void viewers_at_the_same_time_fetch_each_byte_once() throws Exception {
        CachedSource source = cached(BlockCache.inMemory(32 * MIB), Duration.ofMinutes(1));
        List<CompletableFuture<byte[]>> reads = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            reads.add(reading(source, new ByteRange(i * 1000L, CONTENT.length - 1)));
        }
        for (int i = 0; i < 10; i++) {
            assertThat(reads.get(i).get(30, TimeUnit.SECONDS))
                    .isEqualTo(Bytes.slice(CONTENT, new ByteRange(i * 1000L, CONTENT.length - 1)));
        }
        assertThat(bytesFetched()).isEqualTo(CONTENT.length);
        assertThat(origin.requests).filteredOn(ScriptedOrigin.Request::isLookup).hasSize(1);
    }

    @Test
    void who_waits_for_a_viewer_that_leaves_fetches_by_itself() throws Exception {
        CachedSource source = cached(BlockCache.inMemory(32 * MIB));
        CountDownLatch stuck = new CountDownLatch(1);
        origin.script = request -> {
            if (request.isFetch() && stuck.getCount() > 0) {
                stuck.countDown();
                request.awaitLeaving();
                return true;
            }
            return false;
        };
        CompletableFuture<byte[]> second;
        try (SourceFile file = source.open("film.mp4");
                RangeReader first = pipeline.read(source, file, new ByteRange(0, 99_999))) {
            assertThat(first.await(Duration.ZERO)).isFalse();
            assertThat(stuck.await(20, TimeUnit.SECONDS)).isTrue();
            second = reading(source, new ByteRange(0, 99_999));
            assertThat(second).isNotDone();
        }
        assertThat(second.get(30, TimeUnit.SECONDS)).isEqualTo(Bytes.slice(CONTENT, new ByteRange(0, 99_999)));
    }

    @Test
    void who_is_quicker_than_the_first_viewer_takes_over() throws Exception {
        byte[] film = Bytes.random(24 * MIB, 54);
        origin.content = film;
        ByteRange all = new ByteRange(0, film.length - 1);
        CachedSource source = cached(BlockCache.inMemory(64 * MIB));
        try (SourceFile file = source.open("film.mp4", all);
                RangeReader paused = pipeline.read(source, file, all)) {
            int first = paused.next().remaining();
            assertThat(reading(source, all).get(30, TimeUnit.SECONDS)).isEqualTo(film);
            // Then the first goes on.
            assertThat(Bytes.readAll(paused)).isEqualTo(Arrays.copyOfRange(film, first, film.length));
        }
    }

    @Test
    void what_is_in_the_folder_survives_the_process() throws Exception {
        try (BlockCache cache = BlockCache.inFolder(MIB, folder, 64 * MIB)) {
            assertThat(read(cached(cache), ALL)).isEqualTo(CONTENT);
        }
        long before = bytesFetched();
        Path left = Files.createDirectories(folder.resolve("00")).resolve("x.part");
        Files.writeString(left, "half");
        try (BlockCache cache = BlockCache.inFolder(MIB, folder, 64 * MIB)) {
            assertThat(read(cached(cache), ALL)).isEqualTo(CONTENT);
            assertThat(cache.statistics().diskBytes()).isGreaterThan(CONTENT.length);
        }
        assertThat(bytesFetched()).isEqualTo(before);
        assertThat(left).doesNotExist();
    }

    @Test
    void a_later_lookup_brings_nothing_that_is_here() throws Exception {
        ByteRange middle = new ByteRange(2 * MIB, 3 * MIB - 1);
        try (BlockCache cache = BlockCache.inFolder(32 * MIB, folder, 64L * MIB)) {
            CachedSource source = cached(cache);
            assertThat(read(source, middle)).isEqualTo(Bytes.slice(CONTENT, middle));
            clock.addAndGet(Duration.ofMinutes(2).toNanos());
            assertThat(bytesOfLookup(source, middle)).isOne();
            clock.addAndGet(Duration.ofMinutes(2).toNanos());
            assertThat(bytesOfLookup(source, ALL)).isEqualTo(2 * MIB);
        }
        try (BlockCache cache = BlockCache.inFolder(32 * MIB, folder, 64L * MIB)) {
            assertThat(bytesOfLookup(cached(cache), middle)).isOne();
            assertThat(bytesOfLookup(cached(cache), new ByteRange(3 * MIB, CONTENT.length - 1)))
                    .isGreaterThanOrEqualTo(2 * MIB);
            // Of a new version nothing is here, but who looks it up cannot know.
            origin.etag = "\"v2\"";
            assertThat(bytesOfLookup(cached(cache), middle)).isOne();
            assertThat(bytesOfLookup(cached(cache), middle)).isEqualTo(MIB);
        }
    }

    /** How many bytes a lookup asks the origin for, for one who is likely to read these. */
    private long bytesOfLookup(Source source, ByteRange likely) throws Exception {
        int before = origin.requests.size();
        source.open("film.mp4", likely).close();
        assertThat(origin.requests).hasSize(before + 1);
        ScriptedOrigin.Request asked = origin.requests.get(before);
        return asked.last() - asked.first() + 1;
    }

    @Test
    void a_damaged_unit_is_fetched_again_and_no_wrong_byte_is_given() throws Exception {
        try (BlockCache cache = BlockCache.inFolder(MIB, folder, 64 * MIB)) {
            read(cached(cache), ALL);
        }
        List<Path> units;
        try (Stream<Path> all = Files.walk(folder)) {
            units = all.filter(Files::isRegularFile).sorted().toList();
        }
        assertThat(units).hasSize((CONTENT.length + 65_535) / 65_536);
        byte[] torn = Files.readAllBytes(units.get(0));
        Files.write(units.get(0), Arrays.copyOf(torn, torn.length / 2));
        byte[] flipped = Files.readAllBytes(units.get(1));
        flipped[flipped.length - 1] ^= 1;
        Files.write(units.get(1), flipped);
        Files.write(units.get(2), new byte[0]);
        Files.copy(units.get(4), units.get(3), StandardCopyOption.REPLACE_EXISTING);
        origin.requests.clear();
        try (BlockCache cache = BlockCache.inFolder(MIB, folder, 64 * MIB)) {
            assertThat(read(cached(cache), ALL)).isEqualTo(CONTENT);
        }
        assertThat(bytesFetched()).isBetween(3L * 65_536, 4L * 65_536);
    }

    @Test
    void a_disk_that_cannot_be_written_disturbs_nobody() throws Exception {
        for (int i = 0; i < 256; i++) {
            Files.createFile(folder.resolve(String.format("%02x", i)));
        }
        try (BlockCache cache = BlockCache.inFolder(32 * MIB, folder, 64 * MIB)) {
            assertThat(read(cached(cache), ALL)).isEqualTo(CONTENT);
            assertThat(read(cached(cache), ALL)).isEqualTo(CONTENT);
            assertThat(cache.statistics().diskBytes()).isZero();
        }
    }

    @Test
    void both_bounds_hold_and_head_and_tail_stay_longest() throws Exception {
        byte[] film = Bytes.random(12 * MIB, 52);
        origin.content = film;
        try (BlockCache cache = BlockCache.inFolder(8 * MIB, folder, 8 * MIB)) {
            CachedSource source = cached(cache);
            assertThat(read(source, new ByteRange(film.length - 100, film.length - 1)))
                    .hasSize(100);
            assertThat(read(source, new ByteRange(0, film.length - 1))).isEqualTo(film);
            assertThat(cache.statistics().memoryBytes()).isLessThanOrEqualTo(8 * MIB);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> cache.statistics().diskBytes() > 7 * MIB);
            assertThat(cache.statistics().diskBytes()).isLessThanOrEqualTo(8 * MIB);
            origin.requests.clear();
            assertThat(read(source, new ByteRange(10, 500_000))).hasSize(499_991);
            assertThat(read(source, new ByteRange(film.length - MIB, film.length - 1)))
                    .hasSize(MIB);
            assertThat(origin.requests).isEmpty();
        }
    }

    @Test
    void a_change_is_found_by_the_first_block_that_is_fetched_and_the_next_lookup_sees_it() throws Exception {
        CachedSource source = cached(BlockCache.inMemory(32 * MIB));
        ByteRange head = new ByteRange(0, 99_999);
        assertThat(read(source, head)).isEqualTo(Bytes.slice(CONTENT, head));
        byte[] second = Bytes.random(CONTENT.length, 53);
        origin.content = second;
        origin.etag = "\"v2\"";
        assertThat(read(source, head)).isEqualTo(Bytes.slice(CONTENT, head));
        assertThatThrownBy(() -> read(source, ALL)).isInstanceOf(SourceException.Changed.class);
        assertThat(read(source, ALL)).isEqualTo(second);
    }

    @Test
    void a_lookup_is_made_again_when_its_time_is_over() throws Exception {
        CachedSource source = cached(BlockCache.inMemory(32 * MIB));
        read(source, new ByteRange(0, 1));
        origin.content = Bytes.random(1000, 54);
        origin.etag = "\"v2\"";
        clock.addAndGet(Duration.ofMinutes(2).toNanos());
        assertThat(read(source, new ByteRange(0, 999))).isEqualTo(origin.content);
    }

    @Test
    void files_whose_versions_cannot_be_told_apart_are_not_cached() throws Exception {
        origin.etag = "W/\"v1\"";
        BlockCache cache = BlockCache.inMemory(32 * MIB);
        CachedSource source = cached(cache);
        assertThat(read(source, new ByteRange(0, 9))).isEqualTo(Bytes.slice(CONTENT, new ByteRange(0, 9)));
        assertThat(cache.statistics().memoryBytes()).isZero();
    }

    @Test
    void two_thousand_random_ranges_from_a_flaky_origin_are_their_slices() throws Exception {
        Random faults = new Random(55);
        origin.script = request -> {
            int fault;
            int cutAfter;
            synchronized (faults) {
                fault = request.isFetch() ? faults.nextInt(40) : 9;
                cutAfter = faults.nextInt(60_000);
            }
            switch (fault) {
                case 0 -> request.head(503, "Content-Length: 0", "Retry-After: 0");
                case 1 -> {
                    request.partHead();
                    request.body(
                            CONTENT, (int) request.first(), (int) Math.min(cutAfter, request.last() - request.first()));
                    request.cut(false);
                }
                default -> {
                    return false;
                }
            }
            return true;
        };
        try (HttpOrigin patient = origin.source()
                        .retries(20, Duration.ofMillis(1), Duration.ofMillis(10))
                        .build();
                BlockCache cache = BlockCache.inFolder(2 * MIB, folder, 3 * MIB)) {
            CachedSource source = new CachedSource("films", patient, cache, Duration.ofMinutes(1));
            Random random = new Random(56);
            for (int round = 0; round < 100; round++) {
                List<ByteRange> ranges = new ArrayList<>();
                List<CompletableFuture<byte[]>> reads = new ArrayList<>();
                for (int i = 0; i < 20; i++) {
                    int from = random.nextInt(CONTENT.length);
                    int to = Math.min(CONTENT.length - 1, from + random.nextInt(200_000));
                    ranges.add(new ByteRange(from, to));
                    reads.add(reading(source, ranges.getLast()));
                }
                for (int i = 0; i < 20; i++) {
                    assertThat(Bytes.sha256(reads.get(i).get(30, TimeUnit.SECONDS)))
                            .isEqualTo(Bytes.sha256(Bytes.slice(CONTENT, ranges.get(i))));
                }
            }
        }
    }

    @Test
    void a_cache_for_which_there_is_no_memory_keeps_nothing_and_harms_no_reader() throws Exception {
        BufferPool full = new BufferPool(0, bytes -> {
            throw new OutOfMemoryError("Cannot reserve so many bytes of direct buffer memory");
        });
        try (BlockCache cache = new BlockCache(64L * MIB, null, full);
                CachedSource source = cached(cache)) {
            CompletableFuture<byte[]> one = reading(source, ALL);
            CompletableFuture<byte[]> other = reading(source, ALL);
            assertThat(one.get(60, TimeUnit.SECONDS)).isEqualTo(CONTENT);
            assertThat(other.get(60, TimeUnit.SECONDS)).isEqualTo(CONTENT);
            assertThat(cache.flights()).isEmpty();
            // But for the end, which is short and so on the heap.
            assertThat(cache.statistics().memoryBytes()).isLessThan(CacheKey.UNIT);
        }
    }

    @Test
    void a_cache_of_any_size_is_outside_of_the_heap() throws Exception {
        try (BlockCache cache = BlockCache.inMemory(Runtime.getRuntime().maxMemory());
                CachedSource source = cached(cache)) {
            assertThat(read(source, ALL)).isEqualTo(CONTENT);
            assertThat(cache.lentBytes()).isGreaterThan(CONTENT.length - CacheKey.UNIT);
        }
    }
}
