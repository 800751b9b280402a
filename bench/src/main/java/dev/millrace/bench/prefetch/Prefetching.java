package dev.millrace.bench.prefetch;

import dev.millrace.bench.Experiment;
import dev.millrace.bench.Plan;
import dev.millrace.bench.Report;

public final class Prefetching implements Experiment {
    @Override
    public void run(Plan plan, Report report) {}
}
