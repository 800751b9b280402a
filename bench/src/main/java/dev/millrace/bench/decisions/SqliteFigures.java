package dev.millrace.bench.decisions;

import dev.millrace.bench.Experiment;
import dev.millrace.bench.Plan;
import dev.millrace.bench.Report;

public final class SqliteFigures implements Experiment {
    @Override
    public void run(Plan plan, Report report) {}
}
