package dev.millrace.bench.chaos;

import dev.millrace.bench.Report;
import dev.millrace.bench.Row;
import dev.millrace.bench.chaos.Tally.Count;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** One run: load and faults, then peace, then the account. */
final class ChaosRun {
    static final String TABLE = "chaos: what was promised, under faults";

    /** How long everything may take to end once all is mended: several leases, and a retry of the longest pause. */
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final ChaosPlan plan;
    private final Tally tally = new Tally();
    private final Findings findings = new Findings();
    private long settled;

    ChaosRun(ChaosPlan plan) {
        this.plan = plan;
    }

    Findings findings() {
        return findings;
    }

    Tally tally() {
        return tally;
    }

    /** @return where the logs are, if something was found; else they are gone */
    Path run(Report report) throws IOException, InterruptedException {
        Cluster cluster = cluster();
        var guard = new Thread(() -> stop(cluster)); // servers must not outlive whoever is interrupted
        Runtime.getRuntime().addShutdownHook(guard);
        try {
            report.progress("starting");
            for (Replica replica : cluster.replicas()) {
                if (!replica.start()) {
                    throw new IOException("a server does not start; its log is in " + cluster.folder());
                }
            }
            trouble(new Trial(cluster, tally, findings), report);
        } finally {
            if (findings.count() == 0) {
                cluster.close();
            } else {
                cluster.stop();
            }
            Runtime.getRuntime().removeShutdownHook(guard);
        }
        report.add(TABLE, row());
        return cluster.folder();
    }

    private Cluster cluster() throws IOException {
        URI url = plan.url();
        if (plan.sqlite()) {
            return Cluster.onSqlite(plan.lease());
        }
        return url == null
                ? Cluster.onPostgres(plan.replicas(), plan.lease())
                : Cluster.onPostgres(url, plan.replicas(), plan.lease());
    }

    private static void stop(Cluster cluster) {
        try {
            cluster.stopServers();
        } catch (IOException | InterruptedException e) {
            System.err.println("servers may still run: " + e);
        }
    }

    private void trouble(Trial trial, Report report) throws InterruptedException {
        var fates = new Fates(trial.cluster(), plan, tally, findings);
        var seeds = new Random(plan.seed());
        var lives = new ArrayList<Thread>();
        String run = Long.toString(System.currentTimeMillis(), 36);
        for (int i = 0; i < plan.chats(); i++) {
            String name = run + "-" + i;
            var seed = new Random(seeds.nextLong());
            lives.add(Thread.ofVirtual().name("life-" + i).start(() -> live(trial, name, seed)));
        }
        fates.start();
        long end = System.nanoTime() + plan.time().toNanos();
        for (long left = plan.time().toSeconds(); left > 0 && findings.count() == 0; ) {
            Thread.sleep(Duration.ofNanos(Math.clamp(end - System.nanoTime(), 0, 5_000_000_000L)));
            left = Math.max(0, Duration.ofNanos(end - System.nanoTime()).toSeconds());
            report.progress(left + " s to go: " + tally.get(Count.SENDS) + " sends, " + tally.get(Count.EVENTS)
                    + " events, " + findings.count() + " violations");
        }
        trial.close();
        fates.end();
        trial.mended(PATIENCE);
        report.progress("everything is mended; what was begun must end");
        long mended = System.nanoTime();
        for (Thread life : lives) {
            life.join();
        }
        settled = System.nanoTime() - mended;
    }

    private static void live(Trial trial, String name, Random seeds) {
        try {
            for (int i = 0; !trial.closing(); i++) {
                new Life(trial, seeds.nextLong(), name + "-" + i).run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            trial.findings()
                    .add(
                            "the test itself failed: " + e,
                            List.of(e.getStackTrace()).toString());
        }
    }

    private Row row() {
        String scenario = plan.time().toSeconds() + " s, seed " + plan.seed();
        Row row = Row.of(scenario, plan.sqlite() ? "1 on SQLite" : plan.replicas() + " on PostgreSQL");
        for (Count each : Count.values()) {
            row.number(each.column(), (double) tally.get(each));
        }
        row.number("take-over s", tally.takeOvers().median() / 1e9)
                .number("its p99", tally.takeOvers().p99() / 1e9);
        row.number("all ended s", settled / 1e9);
        return row.number("violations", findings.count()).target("0 violations", findings.count() == 0);
    }
}
