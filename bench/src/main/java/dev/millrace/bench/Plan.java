package dev.millrace.bench;

import java.util.List;

/**
 * How much is measured.
 *
 * @param rounds how often each variant has its turn; the variants of a comparison alternate
 * @param seed of everything that is random in the load: the same seed gives the same load
 * @param only the experiments that can leave out rows measure those whose scenario contains one of these; empty = all
 * @param beside the same for variants
 */
public record Plan(Size size, int rounds, long seed, List<String> only, List<String> beside) {
    /** What the figures are for. */
    public enum Size {
        /** To be quoted. */
        FULL,
        /** For a look: a fifth of the repetitions, and a shorter warm-up. The figures are rougher. */
        QUICK,
        /** To see that everything works: as little as there can be. The figures mean nothing. */
        TRIAL
    }

    public Plan {
        if (rounds < 1) {
            throw new IllegalArgumentException("--rounds must be at least 1, not " + rounds);
        }
    }

    /** All rows. */
    public Plan(Size size, int rounds, long seed) {
        this(size, rounds, seed, List.of(), List.of());
    }

    /** Whether a row is to be measured. */
    public boolean wants(String scenario) {
        return only.isEmpty() || only.stream().anyMatch(scenario::contains);
    }

    /** Whether a variant is to be measured. */
    public boolean compares(String variant) {
        return beside.isEmpty() || beside.stream().anyMatch(variant::contains);
    }

    /** {@code full} repetitions, or fewer by the size; at least one. */
    public int times(int full) {
        return switch (size) {
            case FULL -> full;
            case QUICK -> Math.max(1, full / 5);
            case TRIAL -> Math.max(1, full / 100);
        };
    }

    /** So many clients, words or bytes; the same for every figure that is one. */
    public int load(int full) {
        return size == Size.TRIAL ? Math.max(2, full / 50) : full;
    }

    public boolean quick() {
        return size != Size.FULL;
    }

    /** Something to be measured. */
    @FunctionalInterface
    public interface Run {
        void run() throws Exception;
    }

    /** Does this again and again until the JIT had time to settle: 6 s for figures to be quoted, else less. At least once. */
    public void warmUp(Run run) throws Exception {
        warmUp(6, run);
    }

    /** Something to be measured that says how long it took, in nanoseconds. */
    @FunctionalInterface
    public interface Timed {
        long run() throws Exception;
    }

    /**
     * Does this again and again until it gets no faster: until the median of one second was five times in a row not a
     * thirtieth below the lowest before, for 6 s at least and 40 s at most. What the JIT has yet to compile is no figure
     * of a server that runs; a start has rows of its own. Shorter for a look, and at least once.
     */
    public void settle(Timed run) throws Exception {
        long began = System.nanoTime();
        double lowest = Double.MAX_VALUE;
        int same = 0;
        boolean settled;
        do {
            var second = new Samples();
            long end = System.nanoTime() + (size == Size.TRIAL ? 0 : 1_000_000_000L);
            do {
                second.add((double) run.run());
            } while (System.nanoTime() < end);
            same = second.median() < lowest * 29 / 30 ? 0 : same + 1;
            lowest = Math.min(lowest, second.median());
            long seconds = (System.nanoTime() - began) / 1_000_000_000L;
            settled = switch (size) {
                case FULL -> (same >= 5 && seconds >= 6) || seconds >= 40;
                case QUICK -> seconds >= 2;
                case TRIAL -> true;
            };
        } while (!settled);
    }

    /** The same for code that takes longer: so many seconds for figures to be quoted. */
    public void warmUp(int seconds, Run run) throws Exception {
        long nanos =
                switch (size) {
                    case FULL -> seconds * 1_000_000_000L;
                    case QUICK -> 2_000_000_000L;
                    case TRIAL -> 0;
                };
        long end = System.nanoTime() + nanos;
        do {
            run.run();
        } while (System.nanoTime() < end);
    }
}
