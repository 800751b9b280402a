package dev.millrace.bench.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.bench.Report;
import dev.millrace.bench.chaos.Tally.Count;
import dev.millrace.testkit.LocalPostgres;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Real servers, killed, frozen, cut off and restarted. What it finds is printed with the seed; {@code ./millrace bench
 * chaos --seed N} strikes the same blows.
 */
@Tag("chaos")
@Timeout(300)
class ChaosTest {
    @Test
    void two_servers_on_postgresql_keep_every_promise_while_they_are_killed_frozen_and_cut_off() throws Exception {
        Assumptions.assumeTrue(LocalPostgres.installed(), LocalPostgres.missing());
        ChaosRun run = runs(new ChaosPlan(
                Duration.ofSeconds(30), 2, null, System.nanoTime() % 1_000_000, 8, Duration.ofSeconds(3), false));

        assertThat(run.tally().get(Count.KILLS)
                        + run.tally().get(Count.FREEZES)
                        + run.tally().get(Count.CUTS))
                .as("blows that fell")
                .isPositive();
    }

    @Test
    void a_server_on_sqlite_keeps_every_promise_while_it_is_killed() throws Exception {
        runs(new ChaosPlan(
                Duration.ofSeconds(10), 0, null, System.nanoTime() % 1_000_000, 8, Duration.ofSeconds(3), false));
    }

    private static ChaosRun runs(ChaosPlan plan) throws Exception {
        var run = new ChaosRun(plan);
        run.run(new Report(new PrintStream(new ByteArrayOutputStream(), true, UTF_8)));
        assertThat(run.findings().kept()).as("seed %d", plan.seed()).isEmpty();
        assertThat(run.tally().get(Count.SENDS)).as("sends").isPositive();
        assertThat(run.tally().get(Count.RESUMES)).as("resumes").isPositive();
        return run;
    }
}
