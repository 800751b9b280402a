package dev.millrace.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One request for many blocks. */
class RunTest {
    private static final int MIB = 1 << 20;
    private static final byte[] FILM = Bytes.random(24 * MIB, 23);
    private static final ByteRange ALL = new ByteRange(0, FILM.length - 1);
    private static final Duration LONG = Duration.ofSeconds(20);

    private final Pipeline pipeline = new Pipeline(Pipeline.Settings.DEFAULT);
    private ScriptedOrigin origin;
    private HttpOrigin source;

    @BeforeEach
    void start() throws Exception {
        origin = new ScriptedOrigin(FILM);
        source = origin.source().build();
    }

    @AfterEach
    void stop() throws Exception {
        source.close();
        origin.close();
    }

    @Test
    void a_film_comes_by_a_few_requests_and_no_byte_is_asked_for_twice() throws Exception {
        try (SourceFile file = source.open("file", ALL);
                RangeReader reader = pipeline.read(source, file, ALL)) {
            assertThat(Bytes.readAll(reader)).isEqualTo(FILM);
        }
        assertThat(origin.requests.stream()
                        .mapToLong(r -> r.last() - r.first() + 1)
                        .sum())
                .isEqualTo(FILM.length);
        // By blocks of 1 MiB alone they would be more than 24.
        assertThat(origin.requests).hasSizeLessThan(24);
    }

    @Test
    void a_reader_that_is_slow_has_the_next_request_made_when_it_is_nearly_there() throws Exception {
        source.flow().saw(1L << 40, 1); // what is asked for comes at once
        Pipeline calm = new Pipeline(new Pipeline.Settings(4, 16, 0, 64L << 20, 512));
        try (SourceFile file = source.open("file", ALL);
                RangeReader reader = calm.read(source, file, ALL)) {
            int taken = 0;
            while (taken < MIB) {
                taken += reader.next().remaining();
            }
            // However slow this machine is: what comes in such a time is less than the first answer still has, by far.
            Thread.sleep(source.usualAnswer().multipliedBy(12).plusMillis(200));
            while (taken < 5 * MIB / 2) {
                taken += reader.next().remaining();
            }
            Awaitility.await().during(Duration.ofMillis(200)).atMost(LONG).until(() -> origin.requests.size() == 1);
            while (taken < FILM.length) {
                taken += reader.next().remaining();
            }
            assertThat(origin.requests).hasSizeGreaterThan(1);
        }
    }

    @Test
    void who_only_looks_costs_one_request() throws Exception {
        // Without hedges: on a machine that is busy a block may be late by itself.
        Pipeline calm = new Pipeline(new Pipeline.Settings(4, 16, 0, 64L << 20, 512));
        try (SourceFile file = source.open("file", ALL);
                RangeReader reader = calm.read(source, file, ALL)) {
            assertThat(reader.next()).isNotNull();
            Awaitility.await().during(Duration.ofMillis(200)).atMost(LONG).until(() -> origin.requests.size() == 1);
            // What comes by it waits in the socket: no more is read than may be here of a stream that has just begun.
            assertThat(calm.lentBytes()).isLessThanOrEqualTo(2L * MIB);
        }
    }

    @Test
    void what_a_player_begins_with_is_not_kept_waiting_by_the_next_request() throws Exception {
        // What follows is due at once, so quick is this origin; and no time passes by the reader's clock.
        source.flow().saw(1L << 40, 1);
        Pipeline quick = new Pipeline(new Pipeline.Settings(4, 16, 0, 64L << 20, 512), () -> 1);
        try (SourceFile file = source.open("file", ALL);
                RangeReader reader = quick.read(source, file, ALL)) {
            int taken = 0;
            while (taken < MIB / 2) {
                taken += reader.next().remaining();
            }
            Awaitility.await().during(Duration.ofMillis(200)).atMost(LONG).until(() -> origin.requests.size() == 1);
            while (taken < FILM.length) {
                taken += reader.next().remaining();
            }
            assertThat(origin.requests).hasSizeGreaterThan(1);
        }
    }

    @Test
    void a_player_that_pauses_makes_the_origin_wait() throws Exception {
        try (SourceFile file = source.open("file", ALL);
                RangeReader reader = pipeline.read(source, file, ALL)) {
            for (int read = 0; read < 5 * MIB; ) {
                read += reader.next().remaining();
            }
            Awaitility.await()
                    .during(Duration.ofMillis(200))
                    .atMost(LONG)
                    .until(() -> pipeline.lentBytes() <= 12L * MIB);
        }
        Awaitility.await().atMost(LONG).until(() -> pipeline.lentBytes() == 0);
    }

    @Test
    void a_late_answer_is_asked_for_again_and_the_late_one_is_cut() throws Exception {
        for (int i = 0; i < 3; i++) {
            source.open("file", ALL).close(); // So it is known how long an answer takes.
        }
        AtomicBoolean first = new AtomicBoolean(true);
        CountDownLatch left = new CountDownLatch(1);
        origin.script = request -> {
            if (first.compareAndSet(true, false)) {
                request.awaitLeaving();
                left.countDown();
                return true;
            }
            return false;
        };
        try (SourceFile file = source.open("file", ALL);
                RangeReader reader = pipeline.read(source, file, ALL)) {
            assertThat(Bytes.readAll(reader)).isEqualTo(FILM);
        }
        assertThat(left.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void connections_that_break_again_and_again_cost_requests_and_no_bytes_of_the_reader() throws Exception {
        AtomicInteger cuts = new AtomicInteger();
        origin.script = request -> {
            int length = (int) (request.last() - request.first() + 1);
            if (length < 1_500_000 || cuts.incrementAndGet() > 6) {
                return false;
            }
            request.partHead();
            request.body(FILM, (int) request.first(), 1_300_000);
            request.cut(false);
            return true;
        };
        try (SourceFile file = source.open("file", ALL);
                RangeReader reader = pipeline.read(source, file, ALL)) {
            assertThat(Bytes.readAll(reader)).isEqualTo(FILM);
        }
        assertThat(cuts.get()).isPositive();
    }

    @Test
    void blocks_take_their_turns_whoever_comes_first() throws Exception {
        try (SourceFile file = source.open("file", ALL)) {
            Run run = file.headStart();
            assertThat(run).isNotNull();
            assertThat(file.headStart()).isNull();
            int size = 64 << 10;
            Run.Turn one = run.join(0);
            Run.Turn two = run.join(size);
            CountDownLatch begun = new CountDownLatch(1);
            ByteBuffer second = ByteBuffer.allocate(size);
            Thread early = Thread.ofVirtual().start(() -> {
                try {
                    begun.countDown();
                    two.take(size, second, Attempt.QUIET);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                } finally {
                    two.leave();
                }
            });
            begun.await();
            ByteBuffer first = ByteBuffer.allocate(size);
            one.take(0, first, Attempt.QUIET);
            assertThat(second.position()).isZero();
            one.leave();
            assertThat(early.join(LONG)).isTrue();
            assertThat(first.flip()).isEqualTo(ByteBuffer.wrap(FILM, 0, size));
            assertThat(second.flip()).isEqualTo(ByteBuffer.wrap(FILM, size, size));
            assertThat(origin.requests).hasSize(1);
            run.close();
        }
    }
}
