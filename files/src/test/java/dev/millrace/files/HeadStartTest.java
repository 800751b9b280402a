package dev.millrace.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The bytes that come with a lookup. */
class HeadStartTest {
    private static final byte[] CONTENT = Bytes.random(6_000_000, 11);
    private static final int MIB = 1 << 20;
    private static final Duration LONG = Duration.ofSeconds(20);

    private final Pipeline pipeline = new Pipeline(Pipeline.Settings.DEFAULT);
    private ScriptedOrigin origin;
    private HttpOrigin source;

    @BeforeEach
    void start() throws Exception {
        origin = new ScriptedOrigin(CONTENT);
        source = origin.source().build();
    }

    @AfterEach
    void stop() throws Exception {
        source.close();
        origin.close();
    }

    private static ByteRange from(long first) {
        return new ByteRange(first, CONTENT.length - 1);
    }

    private byte[] read(Source from, ByteRange range) throws Exception {
        try (SourceFile file = from.open("file", range);
                RangeReader reader = pipeline.read(from, file, range)) {
            return Bytes.readAll(reader);
        }
    }

    private void allBuffersReturn() {
        Awaitility.await().atMost(LONG).until(() -> pipeline.lentBytes() == 0);
    }

    @Test
    void a_short_range_is_looked_up_and_read_by_one_request() throws Exception {
        ByteRange range = new ByteRange(1_000_000, 1_500_000);
        assertThat(read(source, range)).isEqualTo(Bytes.slice(CONTENT, range));
        assertThat(origin.requests).singleElement().satisfies(request -> {
            assertThat(request.first()).isEqualTo(1_000_000);
            assertThat(request.last()).isEqualTo(1_500_000);
        });
        allBuffersReturn();
    }

    @Test
    void what_a_stranger_is_asked_for_at_first_is_asked_for_once() throws Exception {
        assertThat(read(source, from(0))).isEqualTo(CONTENT);
        assertThat(origin.requests.getFirst().last()).isEqualTo(CONTENT.length - 1);
        assertThat(origin.requests.stream()
                        .mapToLong(r -> r.last() - r.first() + 1)
                        .sum())
                .isEqualTo(CONTENT.length);
        allBuffersReturn();
    }

    @Test
    void of_an_origin_that_is_known_as_much_is_asked_for_as_comes_before_the_next_answer() throws Exception {
        assertThat(source.atFirst()).isEqualTo(8 * MIB);
        source.open("file").close();
        Duration answer = source.usualAnswer();
        source.flow().saw(MIB, 4 * answer.toNanos()); // So that 0.4 MiB come in a round trip and a half.
        assertThat(source.atFirst()).isEqualTo(2 * MIB);
    }

    @Test
    void of_an_origin_that_many_read_each_asks_for_its_share_and_4_MiB_at_least() throws Exception {
        List<SourceFile> open = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            open.add(source.open("file", from(0)));
        }
        assertThat(source.atFirst()).isEqualTo(8 * MIB);
        for (int i = 0; i < 92; i++) {
            open.add(source.open("file", new ByteRange(0, 1000)));
        }
        assertThat(source.atFirst()).isEqualTo(4 * MIB);
        for (SourceFile each : open) {
            each.close();
        }
        assertThat(source.atFirst()).isEqualTo(8 * MIB);
    }

    @Test
    void nothing_else_is_asked_for_before_the_first_bytes_have_told_how_fast_the_way_is() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        origin.script = request -> {
            if (request.number == 1) {
                request.partHead();
                request.body(CONTENT, 0, 1000);
                goOn.await();
                request.body(CONTENT, 1000, CONTENT.length - 1000);
                return true;
            }
            return false;
        };
        try (SourceFile file = source.open("file", from(0));
                RangeReader reader = pipeline.read(source, file, from(0))) {
            assertThat(reader.await(LONG)).isTrue();
            assertThat(origin.requests).hasSize(1);
            goOn.countDown();
            assertThat(Bytes.readAll(reader)).isEqualTo(CONTENT);
        }
        allBuffersReturn();
    }

    @Test
    void where_it_breaks_off_the_rest_is_fetched_and_no_byte_twice() throws Exception {
        origin.script = request -> {
            if (request.number == 1) {
                request.partHead();
                request.body(CONTENT, 0, 300_000);
                request.cut(false);
                return true;
            }
            return false;
        };
        assertThat(read(source, from(0))).isEqualTo(CONTENT);
        assertThat(origin.requests.stream().skip(1).mapToLong(ScriptedOrigin.Request::first))
                .allSatisfy(first -> assertThat(first).isGreaterThanOrEqualTo(128 << 10));
        allBuffersReturn();
    }

    @Test
    void where_it_falls_silent_the_rest_is_fetched() throws Exception {
        CountDownLatch left = new CountDownLatch(1);
        origin.script = request -> {
            if (request.number == 1) {
                request.partHead();
                request.body(CONTENT, 0, 100_000);
                request.awaitLeaving();
                left.countDown();
                return true;
            }
            return false;
        };
        try (HttpOrigin impatient =
                origin.source().readTimeout(Duration.ofMillis(300)).build()) {
            assertThat(read(impatient, from(0))).isEqualTo(CONTENT);
        }
        assertThat(left.await(20, TimeUnit.SECONDS)).isTrue();
        allBuffersReturn();
    }

    @Test
    void bytes_of_a_file_that_changes_afterwards_are_never_mixed_with_it() throws Exception {
        AtomicBoolean changed = new AtomicBoolean();
        origin.script = request -> {
            if (changed.compareAndSet(false, true)) {
                request.partHead();
                request.body(CONTENT, 0, 2 * MIB);
                origin.etag = "\"v2\"";
                request.cut(false);
                return true;
            }
            return false;
        };
        assertThatThrownBy(() -> read(source, from(0))).isInstanceOf(SourceException.Changed.class);
        allBuffersReturn();
    }

    private static boolean beginUntilItLeaves(ScriptedOrigin.Request request, CountDownLatch left) throws IOException {
        try {
            request.partHead();
            request.body(CONTENT, 0, 1000); // it may have left by now
            request.awaitLeaving();
        } finally {
            left.countDown();
        }
        return true;
    }

    @Test
    void who_closes_the_file_stops_it() throws Exception {
        CountDownLatch left = new CountDownLatch(1);
        origin.script = request -> {
            return beginUntilItLeaves(request, left);
        };
        source.open("file", from(0)).close();
        assertThat(left.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void a_reader_that_was_given_a_cached_lookup_stops_it_though_the_lookup_stays() throws Exception {
        CountDownLatch left = new CountDownLatch(1);
        origin.script = request -> {
            if (request.number > 1) {
                return false;
            }
            return beginUntilItLeaves(request, left);
        };
        try (BlockCache cache = BlockCache.inMemory(64 << 20);
                CachedSource cached = new CachedSource("name", source, cache, Duration.ofMinutes(1))) {
            cached.open("file", from(0)).close();
            assertThat(left.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(read(cached, from(0))).isEqualTo(CONTENT);
        }
        allBuffersReturn();
    }

    @Test
    void a_range_beyond_the_end_is_no_failure_of_the_lookup() throws Exception {
        try (SourceFile file = source.open("file", new ByteRange(CONTENT.length + 5L, Long.MAX_VALUE - 1))) {
            assertThat(file.info().size()).isEqualTo(CONTENT.length);
            assertThat(file.headStart()).isNull();
        }
    }

    @Test
    void an_empty_file_is_found_empty() throws Exception {
        origin.content = new byte[0];
        try (SourceFile file = source.open("file", new ByteRange(0, Long.MAX_VALUE - 1))) {
            assertThat(file.info().size()).isZero();
        }
    }

    @Test
    void blocks_that_are_fetched_in_any_order_are_right() throws Exception {
        try (SourceFile file = source.open("file", from(0))) {
            for (int at : new int[] {128 << 10, 0, 1 << 20, 64 << 10}) {
                ByteBuffer into = ByteBuffer.allocate(64 << 10);
                file.fetch(new Block(at, 64 << 10), into);
                assertThat(into.flip()).isEqualTo(ByteBuffer.wrap(CONTENT, at, 64 << 10));
            }
        }
    }

    @Property(tries = 40)
    void any_range_is_its_slice_whatever_becomes_of_the_head_start(
            @ForAll @IntRange(min = 0, max = 5_999_999) int a,
            @ForAll @IntRange(min = 0, max = 5_999_999) int b,
            @ForAll long seed)
            throws Exception {
        Random random = new Random(seed);
        int cutAfter = random.nextInt(2 * MIB);
        boolean reset = random.nextBoolean();
        try (ScriptedOrigin flaky = new ScriptedOrigin(CONTENT);
                HttpOrigin patient = flaky.source().build();
                BlockCache cache = BlockCache.inMemory(16 << 20);
                CachedSource cached = new CachedSource("name", patient, cache, Duration.ZERO)) {
            flaky.script = request -> {
                int length = (int) (request.last() - request.first() + 1);
                if (request.number > 1 || cutAfter >= length) {
                    return false;
                }
                request.partHead();
                request.body(CONTENT, (int) request.first(), cutAfter);
                request.cut(reset);
                return true;
            };
            ByteRange range = new ByteRange(Math.min(a, b), Math.max(a, b));
            Source by = random.nextBoolean() ? cached : patient;
            assertThat(Bytes.sha256(read(by, range))).isEqualTo(Bytes.sha256(Bytes.slice(CONTENT, range)));
            assertThat(Bytes.sha256(read(by, range))).isEqualTo(Bytes.sha256(Bytes.slice(CONTENT, range)));
        }
        allBuffersReturn();
    }
}
