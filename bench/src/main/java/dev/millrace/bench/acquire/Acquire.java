package dev.millrace.bench.acquire;

import dev.millrace.bench.Experiment;
import dev.millrace.bench.Plan;
import dev.millrace.bench.Report;
import dev.millrace.bench.Row;
import dev.millrace.bench.Samples;
import dev.millrace.bench.house.House;
import dev.millrace.testkit.LocalPostgres;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * How long a message waits for its agent: from the commit of the send to the agent's first instruction (measured in the
 * server), and from the request to the first word of the answer (measured by the client, over a connection that is open).
 */
public final class Acquire implements Experiment {
    private static final String TABLE = "acquire: from a send to its agent";
    private static final String STAGES = "acquire: the stages of a send, p50 and p99";
    private static final String ELSEWHERE = "acquire: from the commit of a first word to its reader, on PostgreSQL";
    private static final String DOORBELL = "doorbell, ";
    private static final String TICKER = "1 s ticker, ";

    private static final int WARM_SECONDS = 25;

    /** What a ticker that takes ten a second starts of a large burst while we watch. */
    private static final int PATIENCE_SECONDS = 5;

    @Override
    public void run(Plan plan, Report report) throws Exception {
        if (!LocalPostgres.installed()) {
            report.progress(LocalPostgres.missing() + "; without it");
        }
        try (LocalPostgres postgres = LocalPostgres.start().orElse(null);
                House memory = House.inMemory(House.Kind.MILLRACE);
                House sqlite = House.onSqlite(House.Kind.MILLRACE);
                House tickerMemory = House.inMemory(House.Kind.TICKER);
                House tickerSqlite = House.onSqlite(House.Kind.TICKER)) {
            var doorbells = new ArrayList<>(
                    List.of(new Chats(DOORBELL + "memory", memory), new Chats(DOORBELL + "SQLite, fsync", sqlite)));
            var tickers = List.of(
                    new Chats(TICKER + "memory", tickerMemory), new Chats(TICKER + "SQLite, fsync", tickerSqlite));
            if (postgres == null) {
                run(plan, report, doorbells, tickers);
                return;
            }
            try (House alone = House.onPostgres(url(postgres, "alone"));
                    House one = House.onPostgres(url(postgres, "shared"));
                    House other = House.onPostgres(url(postgres, "shared"))) {
                doorbells.add(new Chats(DOORBELL + "PostgreSQL, fsync", alone));
                doorbells.add(new Chats(DOORBELL + "PostgreSQL, 2 servers", one));
                run(plan, report, doorbells, tickers);
                elsewhere(
                        plan,
                        report,
                        new Elsewhere("reader at the same server", one, one),
                        new Elsewhere("reader at another server", one, other));
            }
        }
    }

    private static String url(LocalPostgres postgres, String schema) {
        return "postgresql://" + LocalPostgres.USER + "@127.0.0.1:" + postgres.port() + "/postgres?schema=" + schema;
    }

    private static void run(Plan plan, Report report, List<Chats> doorbells, List<Chats> tickers) throws Exception {
        report.progress("warming up");
        for (Chats chats : doorbells) {
            // As they are measured, and long: what a chat costs still falls after 20,000 of them, as the JIT goes on.
            plan.warmUp(WARM_SECONDS, () -> {
                chats.oneAfterTheOther(plan.times(500));
                chats.atOnce(plan.load(1_500));
            });
        }
        for (Chats chats : tickers) {
            chats.spread(plan.load(20), 1_000, new Random(plan.seed()));
        }
        one(plan, report, doorbells, tickers);
        many(plan, report, 100, doorbells);
        many(plan, report, 1_000, doorbells);
        burst(plan, report, doorbells, tickers.getLast());
        report.print(TABLE);
        report.print(STAGES);
    }

    private static void elsewhere(Plan plan, Report report, Elsewhere... ways) throws Exception {
        for (Elsewhere way : ways) {
            report.progress("a " + way.name());
            way.firstWords(plan.times(200)); // warm
            Samples times = way.firstWords(plan.times(200));
            Row row = Row.of("1 chat at a time", way.name()).millis("commit to reader", times);
            if (way.here() != way.there()) {
                row.target("p50 ≤ 5 ms", times.median() <= 5e6);
            }
            report.add(ELSEWHERE, row);
        }
        report.print(ELSEWHERE);
    }

    /** The medians of the stages of the chats since the last call. */
    private static void stages(Report report, Chats chats, Figures figures) throws Exception {
        Row row = Row.of("1 chat at a time", chats.name());
        double toAgent = 0;
        for (House.Stage stage : chats.house().stages()) {
            row.number(stage.name() + " ms", stage.median() / 1e6).number(stage.name() + " p99", stage.p99() / 1e6);
            if (!stage.name().startsWith("first") && !stage.name().equals("commit")) {
                toAgent += stage.median() / 1e6;
            }
        }
        row.number("to agent ms", toAgent).number("CPU ms a chat", figures.processor / 1e6 / figures.toStart.size());
        if (chats.name().contains("SQLite")) {
            row.target("send to agent ≤ 0.5 ms", toAgent <= 0.5);
        } else if (chats.name().contains("PostgreSQL")) {
            row.target("send to agent ≤ 3 ms", toAgent <= 3);
        }
        report.add(STAGES, row);
    }

    private static void one(Plan plan, Report report, List<Chats> doorbells, List<Chats> tickers) throws Exception {
        var figures = new ArrayList<Figures>();
        doorbells.forEach(chats -> figures.add(new Figures()));
        tickers.forEach(chats -> figures.add(new Figures()));
        var random = new Random(plan.seed());
        for (Chats chats : doorbells) {
            chats.house().stages(); // of the warm-up
        }
        var bare = new Samples();
        for (int round = 1; round <= plan.rounds(); round++) {
            report.progress("1 chat at a time, round " + round);
            for (int i = 0; i < doorbells.size(); i++) {
                Duration before = doorbells.get(i).house().processorTime();
                figures.get(i).add(doorbells.get(i).oneAfterTheOther(plan.times(200)));
                figures.get(i).processor +=
                        doorbells.get(i).house().processorTime().minus(before).toNanos();
            }
            try (BareDisk disk = BareDisk.open()) {
                disk.measure(plan.times(200), bare);
            }
            for (int i = 0; i < tickers.size(); i++) {
                // At most ten a second, at random moments: each has a tick to itself, as a lone message would.
                figures.get(doorbells.size() + i).add(tickers.get(i).spread(plan.load(10), 1_000, random));
            }
        }
        for (int i = 0; i < doorbells.size(); i++) {
            Row row = figures.get(i).row("1 chat at a time", doorbells.get(i).name());
            double toStart = figures.get(i).toStart.median() / 1e6;
            double toWord = figures.get(i).toWord.median() / 1e6;
            if (i == 0) {
                row.target("commit to agent p50 ≤ 0.2 ms", toStart <= 0.2);
            } else if (i == 1) {
                row.target("send to word p50 ≤ 1.5 ms", toWord <= 1.5);
            }
            report.add(TABLE, row);
            stages(report, doorbells.get(i), figures.get(i));
        }
        report.add(
                STAGES,
                Row.of("1 chat at a time", "the disk alone, 40 KiB")
                        .number("commit ms", bare.median() / 1e6)
                        .number("commit p99", bare.p99() / 1e6));
        for (int i = 0; i < tickers.size(); i++) {
            report.add(
                    TABLE,
                    figures.get(doorbells.size() + i)
                            .row("1 chat at a time", tickers.get(i).name()));
        }
    }

    private static void many(Plan plan, Report report, int count, List<Chats> doorbells) throws Exception {
        var figures = new ArrayList<Figures>();
        doorbells.forEach(chats -> figures.add(new Figures()));
        for (int round = 1; round <= plan.rounds(); round++) {
            report.progress(count + " chats at once, round " + round);
            for (int i = 0; i < doorbells.size(); i++) {
                figures.get(i).add(doorbells.get(i).atOnce(plan.load(count)));
            }
        }
        for (int i = 0; i < doorbells.size(); i++) {
            report.add(
                    TABLE,
                    figures.get(i)
                            .row(
                                    String.format(java.util.Locale.ROOT, "%,d chats at once", count),
                                    doorbells.get(i).name()));
        }
    }

    private static void burst(Plan plan, Report report, List<Chats> doorbells, Chats ticker) throws Exception {
        int count = 1_500;
        var figures = new ArrayList<Figures>();
        doorbells.forEach(chats -> figures.add(new Figures()));
        for (int round = 1; round <= plan.rounds(); round++) {
            report.progress("a burst of 1,500 sends, round " + round);
            for (int i = 0; i < doorbells.size(); i++) {
                figures.get(i).add(doorbells.get(i).atOnce(plan.load(count)));
            }
        }
        for (int i = 0; i < doorbells.size(); i++) {
            Figures of = figures.get(i);
            Row row = of.row("a burst of 1,500 sends", doorbells.get(i).name());
            if (i < 2) {
                row.target("all started within 1 s", of.allStarted.median() <= 1e9);
            }
            report.add(TABLE, row);
        }
        int seconds = plan.times(PATIENCE_SECONDS);
        report.progress("a burst of 1,500 sends to the ticker, watched for " + seconds + " s");
        int started = ticker.startedWithin(plan.load(count), seconds);
        report.add(
                TABLE,
                Row.of("a burst of 1,500 sends", ticker.name())
                        .text("all started ms", started + " of 1,500 in " + seconds + " s"));
    }

    /** What one variant did in all rounds of a scenario. */
    private static final class Figures {
        final Samples toStart = new Samples();
        final Samples toWord = new Samples();
        final Samples allStarted = new Samples();

        /** Nanoseconds of the server's processors. */
        long processor;

        void add(Chats.Batch batch) {
            toStart.addAll(batch.toStart());
            toWord.addAll(batch.toWord());
            allStarted.add((double) batch.allStarted());
        }

        Row row(String scenario, String variant) {
            Row row = Row.of(scenario, variant)
                    .number("commit to agent ms", toStart.median() / 1e6)
                    .number("its p99", toStart.p99() / 1e6)
                    .number("send to word ms", toWord.median() / 1e6)
                    .number("p99", toWord.p99() / 1e6)
                    .percent("spread", toWord.spread());
            return scenario.startsWith("1 ") ? row : row.number("all started ms", allStarted.median() / 1e6);
        }
    }
}
