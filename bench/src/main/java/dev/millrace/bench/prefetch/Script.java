package dev.millrace.bench.prefetch;

import java.time.Duration;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How slow an origin is. The first answer for a block takes a time that its place and the seed decide, so each strategy
 * meets the same blocks; a second answer for the same block (a hedge) draws anew. Any thread; for one run.
 */
final class Script {
    /** How long the origin takes before it answers. */
    enum Law {
        FIXED("fixed"),
        EXPONENTIAL("exponential"),
        STRAGGLERS("3 % stragglers × 10");

        final String title;

        Law(String title) {
            this.title = title;
        }

        /** A time in units of this law's ordinary latency; the means are 1, 1 and 1.27. */
        double draw(Random random) {
            return switch (this) {
                case FIXED -> 1;
                case EXPONENTIAL -> -Math.log(1 - random.nextDouble());
                case STRAGGLERS -> random.nextDouble() < 0.03 ? 10 : 1;
            };
        }
    }

    private static final long FILE_BYTES = 1L << 30;

    private final Law law;
    private final Duration unit;
    private final long seed;
    private final @Nullable Pipe pipe;
    private final Set<Long> asked = new HashSet<>();
    private long again;

    private Script(Law law, Duration unit, long seed, @Nullable Pipe pipe) {
        this.law = law;
        this.unit = unit;
        this.seed = seed;
        this.pipe = pipe;
    }

    static Script none() {
        return new Script(Law.FIXED, Duration.ZERO, 0, null);
    }

    /** Each answer by itself takes its time. */
    static Script latency(Law law, Duration unit, long seed) {
        return new Script(law, unit, seed, null);
    }

    /** All answers share a pipe, each after the same round trip. */
    static Script bandwidth(Duration roundTrip, double bytesPerSecond) {
        return new Script(Law.FIXED, roundTrip, 0, new Pipe(bytesPerSecond));
    }

    /** How long the origin's file is said to be; large enough for every experiment. */
    long fileBytes() {
        return FILE_BYTES;
    }

    @Nullable Pipe pipe() {
        return pipe;
    }

    /** How long the answer for the block at this place takes to begin. */
    synchronized Duration latency(long from) {
        return asked.add(from) ? first(from) : scaled(new Random(seed ^ ++again * 0x5DEECE66DL));
    }

    /** How long the first answer for this block takes, for reckoning. */
    Duration first(long from) {
        return scaled(new Random(seed * 31 + from));
    }

    private Duration scaled(Random random) {
        random.nextInt(); // the first numbers of close seeds are alike
        random.nextInt();
        return Duration.ofNanos((long) (unit.toNanos() * law.draw(random)));
    }
}
