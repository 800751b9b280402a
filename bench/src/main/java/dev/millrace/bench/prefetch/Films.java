package dev.millrace.bench.prefetch;

import dev.millrace.bench.Experiment;
import dev.millrace.bench.Lost;
import dev.millrace.bench.Plan;
import dev.millrace.bench.Report;
import dev.millrace.bench.Row;
import dev.millrace.bench.Samples;
import dev.millrace.files.ByteRange;
import dev.millrace.files.HttpOrigin;
import dev.millrace.files.Pipeline;
import dev.millrace.files.RangeReader;
import dev.millrace.files.SourceFile;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;

/**
 * When a film plays: the whole pipeline of files, lookup included, beside a barrier, a batch drain and one block after the
 * other, at life size, from three origins: a slow pipe, a quick one that is far away, and one with stragglers. What the
 * others lack is their own lookup, which is in their favour.
 */
public final class Films implements Experiment {
    private static final String TITLE = "films: first byte, start of play (2 MiB) and gaps, at life size";
    private static final int MIB = 1 << 20;
    private static final int N = 4;
    private static final Duration ROUND_TRIP = Duration.ofMillis(250);
    /** Where a play takes no second, two of them say little. */
    private static final int SEVERAL = 10;

    private static final double FIRST_BYTE_SHARE = 0.15;
    private static final double GAP_SHARE = 0.4;

    /** An origin, how much of its file is played, and how often in each round. */
    record Place(String title, int mebibytes, int plays, Supplier<Script> script) {}

    /** A way to read the beginning of the file; calls back with each piece, in order. */
    @FunctionalInterface
    private interface Way {
        void read(int bytes, Strategy.Sink sink) throws Exception;
    }

    static final class Run {
        final long start = System.nanoTime();
        private final CountDownLatch begun;
        private long from;
        long first;
        long two;
        long last = start;
        long gap;
        private long bytes;

        Run() {
            this(new CountDownLatch(1));
        }

        /** @param begun counted down when there are 2 MiB; then all wait for each other */
        Run(CountDownLatch begun) {
            this.begun = begun;
        }

        /** So that a crowd's streams are all open at one moment. */
        private void awaitOthers() {
            begun.countDown();
            try {
                begun.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while it waited for other players", e);
            }
        }

        /** Where in the film it begins; a multiple of eight. */
        void from(long offset) {
            from = offset;
        }

        void take(byte[] some) {
            int lead = (int) (bytes % Long.BYTES);
            byte[] expected = Origin.bytes(from + bytes - lead, lead + some.length);
            if (Arrays.mismatch(some, 0, some.length, expected, lead, expected.length) >= 0) {
                throw new IllegalStateException("wrong bytes at " + bytes);
            }
            long now = System.nanoTime();
            bytes += some.length;
            first = first == 0 ? now - start : first;
            if (two == 0 && bytes >= 2L * MIB) {
                two = now - start;
                awaitOthers();
            }
            gap = bytes == some.length ? 0 : Math.max(gap, now - last);
            last = now;
        }
    }

    private static final class Figures {
        final Samples first = new Samples();
        final Samples two = new Samples();
        final Samples total = new Samples();
        final Samples gap = new Samples();
        final Samples sent = new Samples();
    }

    @Override
    public void run(Plan plan, Report report) throws Exception {
        // A trial only has to see that it works.
        double haste = plan.size() == Plan.Size.TRIAL ? 50 : 1;
        List<Place> places = new ArrayList<>();
        places.add(new Place("0.58 MiB/s shared", 4, 1, () -> Script.bandwidth(ROUND_TRIP, haste * 0.58 * MIB)));
        places.add(new Place(
                "12 MiB/s shared, 250 ms away", 24, 1, () -> Script.bandwidth(ROUND_TRIP, haste * 12.0 * MIB)));
        places.add(new Place(
                "100 ms, 3 % stragglers × 10",
                96,
                plan.times(SEVERAL),
                () -> Script.latency(Script.Law.STRAGGLERS, Duration.ofMillis(100), plan.seed())));
        try (var origin = new Origin();
                var client = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .build()) {
            Strategy.Fetcher fetcher = block -> {
                HttpResponse<byte[]> response = client.send(
                        HttpRequest.newBuilder(origin.uri())
                                .header("Range", "bytes=" + block.from() + "-" + (block.from() + block.length() - 1))
                                .build(),
                        HttpResponse.BodyHandlers.ofByteArray());
                if (response.statusCode() != 206) {
                    throw new Lost("the origin answered " + response.statusCode());
                }
                return response.body();
            };
            // The first read of all loads classes, and is nobody's subject.
            origin.follow(Script.none());
            for (Way way : ways(origin, fetcher).values()) {
                way.read(MIB, some -> {});
            }
            for (Place place : places) {
                if (plan.wants(place.title())) {
                    measure(plan, report, origin, fetcher, place);
                }
            }
            report.print(TITLE);
            if (plan.wants("blocks")) {
                FilmClients.run(plan, report, origin);
            }
            // One place shows that it works.
            new FilmServers(plan, report, origin).run(haste > 1 ? places.subList(1, 2) : places);
        }
        String start = "Start of play: ms until 2 MiB are here (less is better)";
        report.draw("films-ways", start, TITLE, "2 MiB ms");
        report.draw("films-start", start, FilmServers.PLAYING, "2 MiB ms");
        report.draw("films-gap", "The worst gap, in ms (less is better)", FilmServers.PLAYING, "worst gap ms");
        report.draw("films-seek", "A seek: ms to its first byte (less is better)", FilmServers.PLAYING, "seek ms");
        report.draw(
                "films-probe", "What a probe of 100 kB costs the origin, in MiB", FilmServers.PLAYING, "probe's MiB");
        report.draw(
                "films-memory",
                "Peak memory of 100 players, in MiB (less is better)",
                FilmServers.CROWD,
                "peak memory MiB");
    }

    private static Map<String, Way> ways(Origin origin, Strategy.Fetcher fetcher) {
        Map<String, Way> ways = new LinkedHashMap<>();
        ways.put("barrier of 4 × 1 MiB", (bytes, sink) -> Strategy.barrier(N).deliver(even(bytes), fetcher, sink));
        ways.put("batch drain (#192)", (bytes, sink) -> Strategy.batchDrain(N).deliver(even(bytes), fetcher, sink));
        ways.put("one after the other, 1 MiB", (bytes, sink) -> {
            for (Strategy.Block block : even(bytes)) {
                sink.take(fetcher.fetch(block));
            }
        });
        ways.put("Millrace", (bytes, sink) -> {
            Pipeline pipeline = new Pipeline(Pipeline.Settings.DEFAULT);
            try (HttpOrigin source = HttpOrigin.at(origin.base()).build();
                    SourceFile file = source.open("film", new ByteRange(0, bytes - 1L));
                    RangeReader reader = pipeline.read(source, file, new ByteRange(0, bytes - 1L))) {
                for (ByteBuffer some; (some = reader.next()) != null; ) {
                    byte[] copy = new byte[some.remaining()];
                    some.get(copy);
                    sink.take(copy);
                }
            }
        });
        return ways;
    }

    private static List<Strategy.Block> even(int bytes) {
        List<Strategy.Block> blocks = new ArrayList<>();
        for (int from = 0; from < bytes; from += MIB) {
            blocks.add(new Strategy.Block(from, Math.min(MIB, bytes - from)));
        }
        return blocks;
    }

    private static void measure(Plan plan, Report report, Origin origin, Strategy.Fetcher fetcher, Place place)
            throws Exception {
        int bytes = Math.max(1, plan.load(place.mebibytes())) * MIB;
        Map<String, Way> ways = ways(origin, fetcher);
        Map<String, Figures> all = new LinkedHashMap<>();
        ways.keySet().forEach(name -> all.put(name, new Figures()));
        // The scripts are the same each time, and so nearly are the figures; a third round would only take longer.
        for (int round = 1; round <= Math.min(plan.rounds(), 2); round++) {
            report.progress(place.title() + ", round " + round);
            for (var way : ways.entrySet()) {
                origin.follow(place.script().get());
                long _ = origin.sent();
                Run run = new Run();
                way.getValue().read(bytes, run::take);
                if (run.bytes != bytes) {
                    throw new Lost(way.getKey() + " gave " + run.bytes + " of " + bytes + " bytes");
                }
                Figures figures = all.getOrDefault(way.getKey(), new Figures());
                figures.first.add((double) run.first);
                figures.two.add((double) run.two);
                figures.total.add((double) (run.last - run.start));
                figures.gap.add((double) run.gap);
                figures.sent.add((double) origin.sent());
            }
        }
        Figures barrier = all.values().iterator().next();
        boolean stragglers = place.title().contains("stragglers");
        boolean slow = place.title().startsWith("0.58");
        for (var each : all.entrySet()) {
            Figures of = each.getValue();
            Row row = Row.of(place.title(), each.getKey())
                    .number("first byte ms", of.first.median() / 1e6)
                    .number("2 MiB ms", of.two.median() / 1e6)
                    .number("total ms", of.total.median() / 1e6)
                    .number("worst gap ms", of.gap.median() / 1e6)
                    .percent("origin bytes", of.sent.median() / bytes);
            if (each.getKey().equals("Millrace") && slow) {
                row.target(
                        "first byte ≤ 0.15 × barrier", of.first.median() <= FIRST_BYTE_SHARE * barrier.first.median());
            }
            if (each.getKey().equals("Millrace") && stragglers) {
                row.target("worst gap ≤ 0.4 × barrier", of.gap.median() <= GAP_SHARE * barrier.gap.median());
            }
            report.add(TITLE, row);
        }
    }
}
