package dev.millrace.bench.acquire;

import dev.millrace.bench.Experiment;
import dev.millrace.bench.Plan;
import dev.millrace.bench.Report;
import dev.millrace.bench.Row;
import dev.millrace.bench.Samples;
import dev.millrace.bench.house.House;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * How long a message waits for its agent: from the commit of the send to the agent's first instruction (measured in the
 * server), and from the request to the first word of the answer (measured by the client, over a connection that is open).
 */
public final class Acquire implements Experiment {
    private static final String TABLE = "acquire: from a send to its agent";
    private static final String DOORBELL = "doorbell, ";
    private static final String TICKER = "1 s ticker, ";

    /** What a ticker that takes ten a second starts of a large burst while we watch. */
    private static final int PATIENCE_SECONDS = 5;

    @Override
    public void run(Plan plan, Report report) throws Exception {
        try (House memory = House.inMemory(House.Kind.MILLRACE);
                House sqlite = House.onSqlite(House.Kind.MILLRACE);
                House tickerMemory = House.inMemory(House.Kind.TICKER);
                House tickerSqlite = House.onSqlite(House.Kind.TICKER)) {
            var doorbells =
                    List.of(new Chats(DOORBELL + "memory", memory), new Chats(DOORBELL + "SQLite, fsync", sqlite));
            var tickers = List.of(
                    new Chats(TICKER + "memory", tickerMemory), new Chats(TICKER + "SQLite, fsync", tickerSqlite));
            report.progress("warming up");
            for (Chats chats : doorbells) {
                plan.warmUp(() -> {
                    chats.oneAfterTheOther(plan.times(500));
                    chats.atOnce(plan.load(300));
                });
            }
            for (Chats chats : tickers) {
                chats.spread(plan.load(20), 1_000, new Random(plan.seed()));
            }
            one(plan, report, doorbells, tickers);
            many(plan, report, 100, doorbells);
            many(plan, report, 1_000, doorbells);
            burst(plan, report, doorbells, tickers.getLast());
        }
        report.print(TABLE);
    }

    private static void one(Plan plan, Report report, List<Chats> doorbells, List<Chats> tickers) throws Exception {
        var figures = new ArrayList<Figures>();
        doorbells.forEach(chats -> figures.add(new Figures()));
        tickers.forEach(chats -> figures.add(new Figures()));
        var random = new Random(plan.seed());
        for (int round = 1; round <= plan.rounds(); round++) {
            report.progress("1 chat at a time, round " + round);
            for (int i = 0; i < doorbells.size(); i++) {
                figures.get(i).add(doorbells.get(i).oneAfterTheOther(plan.times(200)));
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
            } else {
                row.target("send to word p50 ≤ 1.5 ms", toWord <= 1.5);
            }
            report.add(TABLE, row);
        }
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
            report.add(
                    TABLE,
                    of.row("a burst of 1,500 sends", doorbells.get(i).name())
                            .target("all started within 1 s", of.allStarted.median() <= 1e9));
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
