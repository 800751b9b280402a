package dev.millrace.bench;

/** One comparison. */
@FunctionalInterface
public interface Experiment {
    /**
     * Measures and writes rows.
     *
     * @throws Lost if an event or a byte that should have arrived did not, or not in order
     */
    void run(Plan plan, Report report) throws Exception;
}
