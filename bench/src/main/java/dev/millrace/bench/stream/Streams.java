package dev.millrace.bench.stream;

import dev.millrace.bench.Experiment;
import dev.millrace.bench.Plan;
import dev.millrace.bench.Report;
import dev.millrace.bench.Row;
import dev.millrace.bench.Samples;
import dev.millrace.bench.house.House;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How fast, how evenly and how completely what an agent says comes to whoever reads. */
public final class Streams implements Experiment {
    private static final String SIZES = "stream: one stream at a time, by its length";
    private static final String CROWDS = "stream: many streams at once, of 252 events each";
    private static final String READERS = "stream: one task of 1,000 words, many readers";
    private static final String SLOW = "stream: a slow reader beside 8 fast ones, 20,000 words";

    private static final int[] LENGTHS = {4, 52, 252, 502};

    @Override
    public void run(Plan plan, Report report) throws Exception {
        try (House memory = House.inMemory(House.Kind.MILLRACE);
                House sqlite = House.onSqlite(House.Kind.MILLRACE);
                House before = House.inMemory(House.Kind.BROADCAST)) {
            var variants = List.of(
                    new Readers("journal, memory", memory, true),
                    new Readers("journal, SQLite", sqlite, true),
                    new Readers("before: broadcast", before, false));
            report.progress("warming up");
            for (Readers readers : variants) {
                plan.warmUp(() -> {
                    for (int i = 0; i < plan.times(100); i++) {
                        readers.stream(52);
                        readers.stream(502);
                    }
                    readers.audience(plan.load(100), plan.load(1_000));
                });
            }
            lengths(plan, report, variants);
            crowds(plan, report, variants);
            audiences(plan, report, variants);
            slow(plan, report, variants);
        }
    }

    private static void lengths(Plan plan, Report report, List<Readers> variants) throws Exception {
        for (int length : LENGTHS) {
            var times = fresh(variants);
            long[] lost = new long[variants.size()];
            for (int round = 1; round <= plan.rounds(); round++) {
                report.progress(length + " events, round " + round);
                for (int v = 0; v < variants.size(); v++) {
                    for (int i = 0; i < plan.times(30); i++) {
                        Readers.Heard heard = variants.get(v).stream(length);
                        times.get(v).add((double) heard.nanos());
                        lost[v] += heard.lost();
                    }
                }
            }
            for (int v = 0; v < variants.size(); v++) {
                Samples of = times.get(v);
                Row row = Row.of(length + " events", variants.get(v).name())
                        .millis("whole stream", of)
                        .number("µs/event", of.median() / 1e3 / length)
                        .percent("lost", lost[v] / (double) (of.size() * length));
                if (length == 502 && v == 0) {
                    row.target("≤ 5 ms, none lost", of.median() <= 5e6 && lost[v] == 0);
                }
                report.add(SIZES, row);
            }
        }
        report.print(SIZES);
    }

    private static void crowds(Plan plan, Report report, List<Readers> variants) throws Exception {
        int length = 252;
        for (int size : new int[] {1, 16, 64}) {
            int count = Math.min(size, plan.load(1_000));
            var times = fresh(variants);
            long[] lost = new long[variants.size()];
            for (int round = 1; round <= plan.rounds(); round++) {
                report.progress(size + " streams at once, round " + round);
                for (int v = 0; v < variants.size(); v++) {
                    for (int i = 0; i < plan.times(10); i++) {
                        Readers.Heard heard = variants.get(v).streams(count, length);
                        times.get(v).add((double) heard.nanos());
                        lost[v] += heard.lost();
                    }
                }
            }
            for (int v = 0; v < variants.size(); v++) {
                Samples of = times.get(v);
                report.add(
                        CROWDS,
                        Row.of(size + " at once", variants.get(v).name())
                                .millis("all streams", of)
                                .number("events/s", count * length / (of.median() / 1e9))
                                .percent("lost", lost[v] / (double) (of.size() * count * length)));
            }
        }
        report.print(CROWDS);
    }

    private static void audiences(Plan plan, Report report, List<Readers> variants) throws Exception {
        int words = plan.load(1_000);
        for (int size : new int[] {1, 100, 1_000}) {
            int count = size == 1 ? 1 : plan.load(size);
            var times = fresh(variants);
            var rates = fresh(variants);
            long[] lost = new long[variants.size()];
            for (int round = 1; round <= plan.rounds(); round++) {
                report.progress(String.format(Locale.ROOT, "%,d readers, round %d", size, round));
                for (int v = 0; v < variants.size(); v++) {
                    for (int i = 0; i < (size >= 1_000 ? 1 : plan.times(5)); i++) {
                        Readers.Heard heard = variants.get(v).audience(count, words);
                        times.get(v).add((double) heard.nanos());
                        rates.get(v).add(heard.written() / (heard.nanos() / 1e9));
                        lost[v] += heard.lost();
                    }
                }
            }
            for (int v = 0; v < variants.size(); v++) {
                Samples of = times.get(v);
                double share = lost[v] / (of.size() * (double) count * words);
                double rate = rates.get(v).median();
                Row row = Row.of(
                                String.format(Locale.ROOT, "%,d readers", size),
                                variants.get(v).name())
                        .millis("last reader done", of)
                        .number("events/s", rate)
                        .percent("lost", share);
                if (size == 1_000 && v == 0) {
                    row.target("≥ 500,000 events/s, none lost", rate >= 500_000 && lost[v] == 0);
                }
                report.add(READERS, row);
            }
        }
        report.print(READERS);
    }

    private static void slow(Plan plan, Report report, List<Readers> variants) throws Exception {
        int words = plan.load(20_000);
        var alone = fresh(variants);
        var beside = fresh(variants);
        long[] fastLost = new long[variants.size()];
        long[] slowLost = new long[variants.size()];
        long[] slowWritten = new long[variants.size()];
        int runs = 0;
        for (int round = 1; round <= plan.rounds(); round++) {
            report.progress("a slow reader, round " + round);
            runs++;
            for (int v = 0; v < variants.size(); v++) {
                alone.get(v).add(variants.get(v).audience(8, words).nanos() * 1.0);
                Readers.Mixed mixed = variants.get(v).mixed(8, words);
                beside.get(v).add((double) mixed.fast().nanos());
                fastLost[v] += mixed.fast().lost();
                slowLost[v] += mixed.slow().lost();
                slowWritten[v] += mixed.slow().written();
            }
        }
        for (int v = 0; v < variants.size(); v++) {
            report.add(
                    SLOW,
                    Row.of("8 fast, 1 slow", variants.get(v).name())
                            .number("fast, no slow one there ms", alone.get(v).median() / 1e6)
                            .millis("fast, beside the slow", beside.get(v))
                            .percent("fast lost", fastLost[v] / (8.0 * words * runs))
                            .number("slow: events written", slowWritten[v] / (double) runs)
                            .percent("slow lost", slowLost[v] / ((double) words * runs)));
        }
        report.print(SLOW);
    }

    private static List<Samples> fresh(List<Readers> variants) {
        var samples = new ArrayList<Samples>();
        variants.forEach(v -> samples.add(new Samples()));
        return samples;
    }
}
