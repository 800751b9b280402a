package dev.millrace.files;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Reads ranges of files, each in order and as early as its source allows. It keeps what readers share: buffers and the
 * budget for them, and what was learned of each source: how fast it delivers, how many fetches at once are worth it, when
 * one is late.
 *
 * <p>Safe for use by many threads.
 */
public final class Pipeline {
    private final Settings settings;
    private final LongSupplier nanoTime;
    private final BufferPool pool;
    private final ByteBudget budget;
    private final Map<Source, Experience> experiences = new ConcurrentHashMap<>();

    /**
     * How files are read.
     *
     * @param concurrency fetches at once for one stream (N) of a source of which nothing is known yet, at least 1. A
     *     stream's window is 3 N blocks, in flight or not delivered: the smallest that keeps 93 % of the ideal rate when
     *     fetches take exponential times
     * @param mostConcurrency what N may grow to where that is seen to bring more, at least {@code concurrency}
     * @param hedgeBudget second fetches of late blocks, as a share of all fetches: 0.05 is 5 %; 0 for none
     * @param memory bytes of buffers for all streams together; free ones kept for later use come on top, at most a
     *     quarter of it
     * @param streams at most so many at once; each is guaranteed 64 KiB of the memory
     */
    public record Settings(int concurrency, int mostConcurrency, double hedgeBudget, long memory, int streams) {
        /** N from 4 to 16, 5 % of hedges, 64 MiB for 512 streams. */
        public static final Settings DEFAULT = new Settings(4, 16, 0.05, 64L << 20, 512);

        public Settings {
            if (concurrency < 1 || mostConcurrency < concurrency) {
                throw new IllegalArgumentException(
                        "need 1 <= concurrency <= mostConcurrency, not " + concurrency + " and " + mostConcurrency);
            }
            if (!(hedgeBudget >= 0 && hedgeBudget <= 1)) {
                throw new IllegalArgumentException("a hedge budget is a share from 0 to 1, not " + hedgeBudget);
            }
            if (streams < 1 || memory < (long) streams * ByteBudget.GUARANTEE) {
                throw new IllegalArgumentException(
                        streams + " streams need " + ByteBudget.GUARANTEE + " bytes each, and there are " + memory);
            }
        }

        /** The same with this memory for this many streams. */
        public Settings withMemory(long bytes, int forStreams) {
            return new Settings(concurrency, mostConcurrency, hedgeBudget, bytes, forStreams);
        }

        /** The same with always this many fetches at once for each stream. */
        public Settings withConcurrency(int always) {
            return new Settings(always, always, hedgeBudget, memory, streams);
        }
    }

    public Pipeline(Settings settings) {
        this(settings, System::nanoTime);
    }

    Pipeline(Settings settings, LongSupplier nanoTime) {
        this(settings, nanoTime, new BufferPool(settings.memory() / 4));
    }

    Pipeline(Settings settings, LongSupplier nanoTime, BufferPool pool) {
        this.settings = settings;
        this.nanoTime = nanoTime;
        this.pool = pool;
        this.budget = new ByteBudget(settings.memory(), settings.streams());
    }

    /**
     * Begins to read; remote blocks are being fetched when this returns. Close the reader before the file.
     *
     * @param source where {@code file} was opened
     * @throws SourceException.Unavailable if there are as many streams as may be
     * @throws IllegalArgumentException if the range is not within the file
     */
    public RangeReader read(Source source, SourceFile file, ByteRange range) throws SourceException.Unavailable {
        if (range.last() >= file.info().size()) {
            throw new IllegalArgumentException(
                    range + " is not within a file of " + file.info().size() + " bytes");
        }
        return switch (source.access()) {
            case IN_PLACE -> new InPlaceReader(file, range, pool, budget);
            case PARALLEL, STREAM ->
                new PrefetchReader(file, range, settings, pool, budget, experience(source), nanoTime);
        };
    }

    /**
     * Begins to read a file that comes as a whole. Close the reader before the file.
     *
     * @throws SourceException.Unavailable if there are as many streams as may be
     */
    public WholeReader read(WholeFile file) throws SourceException.Unavailable {
        return new WholeReader(file, pool, budget);
    }

    private Experience experience(Source source) {
        return experiences.computeIfAbsent(
                source,
                s -> new Experience(
                        new RateMeter(),
                        new Pace(
                                settings.concurrency(),
                                settings.mostConcurrency(),
                                // Who asks for always so many gets so many.
                                s.access() == Source.Access.STREAM
                                        && settings.concurrency() < settings.mostConcurrency()),
                        new HedgeTokens(settings.hedgeBudget())));
    }

    /** Streams that are read at this moment, or still hold buffers. */
    public int openStreams() {
        return budget.openStreams();
    }

    /** Bytes of buffers in use at this moment, for metrics. */
    public long lentBytes() {
        return pool.lentBytes();
    }
}
