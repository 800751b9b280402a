package dev.millrace.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Random lives of a reader: a source that is slow, late, broken and streams in pieces; readers that leave. */
class PrefetchReaderTest {
    private static final byte[] CONTENT = Bytes.random(1_500_000, 71);
    private static final Duration LONG = Duration.ofSeconds(20);

    /** A file in memory whose fetches behave as they like, and that counts those under way. */
    private static class Moody implements Source, SourceFile {
        final AtomicInteger running = new AtomicInteger();
        private final Random random;
        private final int failEvery;
        private final BlockLimits limits;

        Moody(long seed, int failEvery, BlockLimits limits) {
            this.random = new Random(seed);
            this.failEvery = failEvery;
            this.limits = limits;
        }

        private int pick(int bound) {
            synchronized (random) {
                return random.nextInt(bound);
            }
        }

        @Override
        public SourceFile open(String path) {
            return this;
        }

        @Override
        public Access access() {
            return Access.PARALLEL;
        }

        @Override
        public FileInfo info() {
            return new FileInfo("f", CONTENT.length, MediaTypes.UNKNOWN, EntityTag.strong("1"), null);
        }

        @Override
        public BlockLimits limits() {
            return limits;
        }

        @Override
        public void fetch(Block block, ByteBuffer into, Attempt attempt) throws SourceException, InterruptedException {
            running.incrementAndGet();
            try {
                assertThat(block.offset() % limits.alignment()).isZero();
                int start = into.position();
                while (into.position() - start < block.length()) {
                    if (failEvery > 0 && pick(failEvery) == 0) {
                        throw pick(2) == 0
                                ? new SourceException.Failed("moody")
                                : new SourceException.Unavailable("moody", Duration.ofSeconds(1));
                    }
                    int mood = pick(10);
                    if (mood == 0) {
                        Thread.sleep(1);
                    } else if (mood < 3) {
                        Thread.onSpinWait();
                    }
                    if (Thread.interrupted()) {
                        throw new InterruptedException("moody");
                    }
                    int n = Math.min(1 + pick(60_000), block.length() - (into.position() - start));
                    into.put(CONTENT, (int) block.offset() + into.position() - start, n);
                    if (mood % 2 == 0) {
                        attempt.arrived(into.position() - start);
                    }
                }
            } finally {
                running.decrementAndGet();
            }
        }

        @Override
        public void close() {}
    }

    @Property(tries = 120)
    void whatever_happens_the_bytes_are_right_and_nothing_is_left_behind(@ForAll long seed) throws Exception {
        Random random = new Random(seed);
        Pipeline pipeline = new Pipeline(new Pipeline.Settings(
                1 + random.nextInt(4), 4 + random.nextInt(8), random.nextInt(3) / 2.0, 1L << 20, 8));
        BlockLimits limits = random.nextBoolean() ? BlockLimits.ANY : new BlockLimits(1 << 19, 4096);
        Moody source = new Moody(seed, random.nextBoolean() ? 0 : 200, limits);
        int a = random.nextInt(CONTENT.length);
        int b = random.nextInt(CONTENT.length);
        ByteRange range = new ByteRange(Math.min(a, b), Math.max(a, b));
        int leaveAfter = random.nextInt(3) == 0 ? random.nextInt(20) : Integer.MAX_VALUE;
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        boolean whole = false;
        try (RangeReader reader = pipeline.read(source, source, range)) {
            for (int slices = 0; slices < leaveAfter; slices++) {
                ByteBuffer some = reader.next();
                if (some == null) {
                    whole = true;
                    break;
                }
                byte[] copy = new byte[some.remaining()];
                some.get(copy);
                read.writeBytes(copy);
            }
            if (!whole && random.nextBoolean()) {
                reader.cancel();
                assertThatThrownBy(reader::next).isInstanceOf(CancellationException.class);
            }
        } catch (SourceException e) {
            assertThat(source.failEvery).isPositive();
        }
        byte[] expected = Bytes.slice(CONTENT, range);
        if (whole) {
            assertThat(read.size()).isEqualTo(expected.length);
        }
        assertThat(read.toByteArray()).isEqualTo(Arrays.copyOf(expected, read.size()));
        nothingIsLeft(pipeline, source);
    }

    private static void nothingIsLeft(Pipeline pipeline, Moody source) {
        // Usually at once; a fetch that was interrupted may take a moment to notice.
        for (int i = 0; i < 1000 && (pipeline.openStreams() > 0 || source.running.get() > 0); i++) {
            LockSupport.parkNanos(20_000);
        }
        Awaitility.await()
                .atMost(LONG)
                .until(() -> pipeline.openStreams() == 0 && pipeline.lentBytes() == 0 && source.running.get() == 0);
    }

    @Test
    void a_reader_that_is_cancelled_from_elsewhere_wakes_up() throws Exception {
        Pipeline pipeline = new Pipeline(Pipeline.Settings.DEFAULT);
        CountDownLatch fetching = new CountDownLatch(1);
        Moody source = new Moody(1, 0, BlockLimits.ANY) {
            @Override
            public void fetch(Block block, ByteBuffer into, Attempt attempt) throws InterruptedException {
                fetching.countDown();
                new CountDownLatch(1).await();
            }
        };
        try (RangeReader reader = pipeline.read(source, source, new ByteRange(0, 999_999))) {
            Thread.ofVirtual().start(() -> {
                try {
                    fetching.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                reader.cancel();
            });
            assertThatThrownBy(reader::next).isInstanceOf(CancellationException.class);
            assertThat(fetching.await(20, TimeUnit.SECONDS)).isTrue();
        }
        nothingIsLeft(pipeline, source);
    }

    @Test
    @Timeout(60)
    void a_reader_for_whose_block_there_is_no_memory_is_told_so_also_if_a_second_fetch_waits_for_the_first()
            throws Exception {
        CountDownLatch second = new CountDownLatch(1);
        BufferPool full = new BufferPool(0, bytes -> {
            try {
                assertThat(second.await(20, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            throw new OutOfMemoryError("Cannot reserve so many bytes of direct buffer memory");
        });
        Pipeline pipeline = new Pipeline(
                Pipeline.Settings.DEFAULT,
                () -> {
                    // A second fetch looks at the clock to see whether it is due.
                    if (StackWalker.getInstance()
                            .walk(calls ->
                                    calls.anyMatch(call -> call.getMethodName().equals("awaitLate")))) {
                        second.countDown();
                    }
                    return System.nanoTime();
                },
                full);
        Moody source = new Moody(1, 0, BlockLimits.ANY);
        try (RangeReader reader = pipeline.read(source, source, new ByteRange(0, 999_999))) {
            assertThatThrownBy(reader::next)
                    .isInstanceOf(SourceException.Unavailable.class)
                    .hasMessageContaining("files.limits.memory");
        }
        nothingIsLeft(pipeline, source);
    }
}
