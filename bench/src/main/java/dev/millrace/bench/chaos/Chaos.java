package dev.millrace.bench.chaos;

import dev.millrace.bench.Report;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code millrace bench chaos}: breaks real servers under load, and proves that nothing was lost. */
@Command(
        name = "chaos",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Kills, freezes, cuts off and restarts real servers under load, and proves that nothing that was"
                + " acknowledged or seen is lost, doubled or mixed up. The exit code is 1 if something is.")
public final class Chaos implements Callable<Integer> {
    /** Where the servers keep everything. */
    enum Store {
        sqlite,
        postgresql
    }

    @Option(names = "--minutes", paramLabel = "N", description = "How long. Default: ${DEFAULT-VALUE}.")
    private double minutes = 1;

    @Option(names = "--replicas", paramLabel = "N", description = "Servers on PostgreSQL. Default: ${DEFAULT-VALUE}.")
    private int replicas = 3;

    @Option(
            names = "--store",
            paramLabel = "STORE",
            description = "sqlite (one server) or postgresql. Default: ${DEFAULT-VALUE}.")
    private Store store = Store.postgresql;

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "postgresql://…: use this one, and do not restart it. Default: start one.")
    private @Nullable URI url;

    @Option(names = "--seed", paramLabel = "N", description = "Of load and faults. Default: another one each time.")
    private @Nullable Long seed;

    @Option(names = "--chats", paramLabel = "N", description = "Conversations at once. Default: ${DEFAULT-VALUE}.")
    private int chats = 16;

    @Option(names = "--lease", paramLabel = "MS", description = "Of the servers. Default: ${DEFAULT-VALUE}.")
    private int lease = 3_000;

    @Option(
            names = "--crashes",
            description = "Crash PostgreSQL, too: it may then lose chunks that were shown (docs/replicas.md).")
    private boolean crashes;

    @Override
    public Integer call() throws IOException, InterruptedException {
        var plan = new ChaosPlan(
                Duration.ofMillis(Math.round(minutes * 60_000)),
                store == Store.sqlite ? 0 : replicas,
                url,
                seed != null ? seed : System.currentTimeMillis() % 1_000_000,
                chats,
                Duration.ofMillis(lease),
                crashes);
        var report = new Report(System.out);
        report.progress("bench chaos --seed " + plan.seed());
        var run = new ChaosRun(plan);
        Path logs = run.run(report);
        report.print(ChaosRun.TABLE);
        int found = run.findings().count();
        System.out.printf("%n%d violations%n", found);
        if (found == 0) {
            return 0;
        }
        run.findings().kept().forEach(System.out::println);
        System.out.println("the servers' logs are in " + logs);
        return 1;
    }
}
