package dev.millrace.bench;

/**
 * How much is measured.
 *
 * @param quick a fifth of the work, for a look; the figures are rougher
 * @param rounds how often each variant has its turn; the variants of a comparison alternate
 * @param seed of everything that is random in the load: the same seed gives the same load
 */
public record Plan(boolean quick, int rounds, long seed) {
    public Plan {
        if (rounds < 1) {
            throw new IllegalArgumentException("--rounds must be at least 1, not " + rounds);
        }
    }

    /** {@code full} repetitions, or about a fifth of them when quick; at least one. */
    public int times(int full) {
        return quick ? Math.max(1, full / 5) : full;
    }
}
