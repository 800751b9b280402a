package dev.millrace.files;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads ranges of files, each in order and as early as its source allows. It keeps what readers share: buffers, and the
 * rate at which each source was seen to deliver.
 *
 * <p>Safe for use by many threads. A reader of a remote file holds at most {@code window} blocks of at most 1 MiB plus the
 * one that it delivers; a reader of a local file holds one buffer of 256 KiB.
 */
public final class Pipeline {
    private static final long KEEP_BYTES = 64L << 20;

    private final Settings settings;
    private final LongSupplier nanoTime;
    private final BufferPool pool = new BufferPool(KEEP_BYTES);
    private final Map<Source, RateMeter> rates = new ConcurrentHashMap<>();

    /**
     * How remote files are read.
     *
     * @param concurrency fetches at once (N), at least 1
     * @param window blocks in flight or not delivered yet (W), at least N
     * @param hedgeAfter when the block that the reader waits for is this late, it is fetched a second time; null for never
     * @param hedgeBudget extra fetches allowed by hedging, as a share of all: 0.05 is 5 %
     */
    public record Settings(
            int concurrency, int window, @Nullable Duration hedgeAfter, double hedgeBudget) {
        /** N = 4, W = 3 N: the smallest window that keeps 93 % of the ideal rate when fetches take exponential times. */
        public static final Settings DEFAULT = new Settings(4, 12, null, 0.05);

        public Settings {
            if (concurrency < 1 || window < concurrency) {
                throw new IllegalArgumentException(
                        "need 1 <= concurrency <= window, not " + concurrency + " and " + window);
            }
        }
    }

    public Pipeline(Settings settings) {
        this(settings, System::nanoTime);
    }

    Pipeline(Settings settings, LongSupplier nanoTime) {
        this.settings = settings;
        this.nanoTime = nanoTime;
    }

    /**
     * Begins to read; remote blocks are being fetched when this returns. Close the reader before the file.
     *
     * @param source where {@code file} was opened
     * @throws IllegalArgumentException if the range is not within the file
     */
    public RangeReader read(Source source, SourceFile file, ByteRange range) {
        if (range.last() >= file.info().size()) {
            throw new IllegalArgumentException(
                    range + " is not within a file of " + file.info().size() + " bytes");
        }
        return switch (source.access()) {
            case IN_PLACE -> new InPlaceReader(file, range, pool);
            case PARALLEL ->
                new PrefetchReader(
                        file, range, settings, pool, rates.computeIfAbsent(source, s -> new RateMeter()), nanoTime);
        };
    }

    /** Bytes of buffers in use at this moment, for metrics. */
    public long lentBytes() {
        return pool.lentBytes();
    }
}
