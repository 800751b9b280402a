package dev.millrace.bench.prefetch;

import dev.millrace.bench.Experiment;
import dev.millrace.bench.Lost;
import dev.millrace.bench.Plan;
import dev.millrace.bench.Report;
import dev.millrace.bench.Row;
import dev.millrace.bench.Samples;
import dev.millrace.bench.prefetch.Strategy.Block;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.LongAdder;

/**
 * How soon and how evenly the blocks of a file come from a slow origin, four at a time, by the way they are fetched. Ten
 * times faster than real life (an ordinary latency of 20 ms stands for 200 ms), so that it ends within minutes.
 */
public final class Prefetching implements Experiment {
    private static final String LATENCY = "prefetch: an origin of independent latencies, 20 ms on average, N = 4";
    private static final String BANDWIDTH =
            "prefetch: an origin behind one shared pipe, 16 MiB, round trip 20 ms, N = 4";

    private static final int N = 4;
    private static final Duration MEAN = Duration.ofMillis(20);
    private static final int BLOCK = 64 << 10;
    private static final int MIB = 1 << 20;

    /** As the files module cuts the beginning of a range; then blocks of 1 MiB. */
    private static final int[] RAMP = {64 << 10, 64 << 10, 128 << 10, 256 << 10, 512 << 10};

    /** Nanoseconds from the start of a run: the first block, 2 MiB, all; and the longest time without a block. */
    private record Run(long first, long twoMebibytes, long total, long worstGap) {}

    @Override
    public void run(Plan plan, Report report) throws Exception {
        try (var origin = new Origin();
                var threads = Executors.newVirtualThreadPerTaskExecutor();
                var client = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .executor(threads)
                        .build()) {
            var overhead = new Overhead();
            Strategy.Fetcher fetcher = block -> {
                long asked = System.nanoTime();
                HttpResponse<byte[]> response = client.send(
                        HttpRequest.newBuilder(origin.uri())
                                .header("Range", "bytes=" + block.from() + "-" + (block.from() + block.length() - 1))
                                .build(),
                        HttpResponse.BodyHandlers.ofByteArray());
                if (response.statusCode() != 206) {
                    throw new Lost("the origin answered " + response.statusCode());
                }
                overhead.add(System.nanoTime() - asked - Origin.latency(response.headers()));
                return response.body();
            };
            report.progress("warming up");
            List<Block> warm = blocks(16L * MIB, new int[0], BLOCK);
            plan.warmUp(() -> {
                measure(Strategy.window(N), warm, fetcher);
                measure(Strategy.mapConcurrent(N), warm, fetcher);
            });
            latencies(plan, report, origin, fetcher, overhead);
            bandwidth(plan, report, origin, fetcher);
        }
    }

    private static void latencies(Plan plan, Report report, Origin origin, Strategy.Fetcher fetcher, Overhead overhead)
            throws Exception {
        Map<String, Strategy> strategies = new LinkedHashMap<>();
        strategies.put("barrier", Strategy.barrier(N));
        strategies.put("batch drain (#192)", Strategy.batchDrain(N));
        strategies.put("Gatherers.mapConcurrent", Strategy.mapConcurrent(N));
        strategies.put("window of 3 N", Strategy.window(N));
        strategies.put("window of 3 N, hedged", Strategy.windowWithHedge(N, MEAN.multipliedBy(3)));
        List<Block> blocks = blocks(plan.load(plan.quick() ? 100 : 200) * (long) BLOCK, new int[0], BLOCK);
        for (Script.Law law : Script.Law.values()) {
            var figures = figures(strategies);
            for (int round = 1; round <= Math.min(plan.rounds(), 3); round++) {
                report.progress(law.title + " latency, round " + round);
                for (var each : strategies.entrySet()) {
                    // A script of the round's own seed: every strategy meets the same latencies, each round others.
                    Script script = Script.latency(law, MEAN, plan.seed() + round);
                    origin.follow(script);
                    overhead.reset();
                    Run run = measure(each.getValue(), blocks, fetcher);
                    double ideal = blocks.stream()
                                    .mapToDouble(
                                            block -> script.first(block.from()).toNanos() + overhead.mean())
                                    .sum()
                            / N;
                    figure(figures, each.getKey()).add(run, ideal);
                }
            }
            for (var each : figures.entrySet()) {
                Figures of = each.getValue();
                Row row = of.row(law.title, each.getKey()).percent("of N/E[L]", of.ideal.median());
                if (law == Script.Law.EXPONENTIAL && each.getKey().endsWith("hedged")) {
                    row.target("≥ 95 % of N/E[L]", of.ideal.median() >= 0.95);
                }
                report.add(LATENCY, row);
            }
        }
        report.print(LATENCY);
    }

    private static void bandwidth(Plan plan, Report report, Origin origin, Strategy.Fetcher fetcher) throws Exception {
        record Way(Strategy strategy, List<Block> blocks) {}
        List<Block> even = blocks(16L * MIB, new int[0], MIB);
        List<Block> ramp = blocks(16L * MIB, RAMP, MIB);
        Map<String, Way> ways = new LinkedHashMap<>();
        ways.put("barrier", new Way(Strategy.barrier(N), even));
        ways.put("batch drain (#192)", new Way(Strategy.batchDrain(N), even));
        ways.put("Gatherers.mapConcurrent", new Way(Strategy.mapConcurrent(N), even));
        ways.put("window of 3 N", new Way(Strategy.window(N), even));
        ways.put("window of 3 N, ramped blocks", new Way(Strategy.window(N), ramp));
        for (int rate : plan.quick() ? new int[] {40} : new int[] {40, 120}) {
            var figures = figures(ways);
            for (int round = 1; round <= Math.min(plan.rounds(), 3); round++) {
                report.progress(rate + " MiB/s, round " + round);
                for (var each : ways.entrySet()) {
                    origin.follow(Script.bandwidth(MEAN, (double) rate * MIB));
                    Run run =
                            measure(each.getValue().strategy(), each.getValue().blocks(), fetcher);
                    figure(figures, each.getKey()).add(run, 16e9 / rate);
                }
            }
            figures.forEach((name, of) ->
                    report.add(BANDWIDTH, of.row(rate + " MiB/s", name).percent("of the pipe", of.ideal.median())));
        }
        report.print(BANDWIDTH);
    }

    private static Run measure(Strategy strategy, List<Block> blocks, Strategy.Fetcher fetcher) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        long total = blocks.getLast().from() + blocks.getLast().length();
        var arrivals = new ArrayList<Arrival>();
        long begin = System.nanoTime();
        strategy.deliver(blocks, fetcher, bytes -> {
            arrivals.add(new Arrival(System.nanoTime() - begin, bytes.length));
            digest.update(bytes);
        });
        if (!MessageDigest.isEqual(digest.digest(), digestOf(total))) {
            throw new Lost("the bytes that came are not those of the file, or not in order");
        }
        long gap = 0;
        long before = 0;
        long two = 0;
        long bytes = 0;
        for (Arrival arrival : arrivals) {
            gap = Math.max(gap, arrival.at() - before);
            before = arrival.at();
            bytes += arrival.length();
            if (two == 0 && bytes >= 2L * MIB) {
                two = arrival.at();
            }
        }
        return new Run(arrivals.getFirst().at(), two, before, gap);
    }

    private record Arrival(long at, int length) {}

    private static byte[] digestOf(long total) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (long from = 0; from < total; from += BLOCK) {
            digest.update(Origin.bytes(from, (int) Math.min(BLOCK, total - from)));
        }
        return digest.digest();
    }

    private static List<Block> blocks(long total, int[] first, int rest) {
        var blocks = new ArrayList<Block>();
        long from = 0;
        while (from < total) {
            int size = blocks.size() < first.length ? first[blocks.size()] : rest;
            int length = (int) Math.min(size, total - from);
            blocks.add(new Block(from, length));
            from += length;
        }
        return blocks;
    }

    private static Map<String, Figures> figures(Map<String, ?> ways) {
        var figures = new LinkedHashMap<String, Figures>();
        ways.keySet().forEach(name -> figures.put(name, new Figures()));
        return figures;
    }

    private static Figures figure(Map<String, Figures> figures, String name) {
        return figures.computeIfAbsent(name, n -> new Figures());
    }

    private static final class Figures {
        final Samples first = new Samples();
        final Samples two = new Samples();
        final Samples total = new Samples();
        final Samples gap = new Samples();
        final Samples ideal = new Samples();

        void add(Run run, double idealNanos) {
            first.add((double) run.first());
            two.add((double) run.twoMebibytes());
            total.add((double) run.total());
            gap.add((double) run.worstGap());
            ideal.add(idealNanos / run.total());
        }

        Row row(String scenario, String variant) {
            return Row.of(scenario, variant)
                    .number("first byte ms", first.median() / 1e6)
                    .number("2 MiB ms", two.median() / 1e6)
                    .number("total ms", total.median() / 1e6)
                    .percent("spread", total.spread())
                    .number("worst gap ms", gap.median() / 1e6);
        }
    }

    /** What a fetch takes beyond the latency that the origin was told: HTTP's own share of L. Any thread. */
    private static final class Overhead {
        private final LongAdder nanos = new LongAdder();
        private final LongAdder fetches = new LongAdder();

        void reset() {
            nanos.reset();
            fetches.reset();
        }

        void add(long more) {
            nanos.add(more);
            fetches.increment();
        }

        double mean() {
            return nanos.doubleValue() / Math.max(1, fetches.sum());
        }
    }
}
