package dev.millrace.bench.model;

import com.sun.management.OperatingSystemMXBean;
import dev.millrace.agents.ModelAgent;
import dev.millrace.agents.ModelConfig;
import dev.millrace.bench.Experiment;
import dev.millrace.bench.Plan;
import dev.millrace.bench.Report;
import dev.millrace.bench.Row;
import dev.millrace.bench.decisions.TokenServer;
import dev.millrace.server.Millrace;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * Clients that stream chat completions: straight from a provider on the loopback interface, through a relay that only
 * copies bytes, and from an agent of a whole server (HTTP, the store, the agent's loop) that asks the same provider. What is
 * added is the median of a way less that of the provider straight, whose client and provider cost the same.
 *
 * <p>The ways take turns in one process; each answer is compared with what was sent. The next request follows the answer
 * before. The CPU is the whole process's, over a block of answers and the moment after them in which servers tidy up.
 */
public final class ModelLoop implements Experiment {
    private static final String FIRST = "model: first token";
    private static final String TURN = "model: CPU of a turn";
    private static final String AT_ONCE = "model: CPU of a token, all at once";
    private static final String STREAMS = "model: CPU of a token, many streams";
    private static final String ONE_BY_ONE = "model: a token, one by one";

    /** Enough to be a stream, and few enough that the first one does not wait for the others' turn on the cores. */
    private static final int FEW = 8;

    private static final int MANY = 2_000;

    /** Streams at once, each of a model that makes 100 tokens in a second: a fast one. */
    private static final int CROWD = 20;

    private static final int SAID = 100;
    private static final Duration PACE = Duration.ofMillis(10);

    /** Tokens that come one by one in a single stream, faster than models are. */
    private static final int SLOW = 500;

    private static final Duration GAP = Duration.ofNanos(500_000);

    /** A server merges what was said a moment (200 ms) after its end: that is a part of what it costs. */
    private static final Duration TIDIED = Duration.ofMillis(300);

    /**
     * What a turn costs falls for long, as the JIT goes on: from 6 ms of processor time after half a minute of turns to 2 ms
     * after two. So long, with so many clients at once.
     */
    private static final int WARM_SECONDS = 120;

    private static final int WARM_CLIENTS = 4;

    /** What one expects of a server in between: not to be noticed. */
    private static final double MOST_MILLIS = 1;

    private static final double MOST_MICROS = 20;

    private final OperatingSystemMXBean process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    @Override
    public void run(Plan plan, Report report) throws Exception {
        int many = plan.load(MANY);
        int slow = plan.load(SLOW);
        int said = plan.load(SAID);
        Path folder = Files.createTempDirectory("millrace-bench");
        try (var client = new Client();
                var few = new TokenServer(FEW);
                var flood = new TokenServer(many);
                var crowd = new TokenServer(said, PACE);
                var drip = new TokenServer(slow, GAP);
                Relay fewRelay = Relay.open(few.baseUrl());
                Relay floodRelay = Relay.open(flood.baseUrl());
                Relay crowdRelay = Relay.open(crowd.baseUrl());
                Relay dripRelay = Relay.open(drip.baseUrl());
                Millrace memory = server(few, flood, crowd, drip).start();
                Millrace sqlite = server(few, flood, crowd, drip).data(folder).start()) {
            report.progress("warming up");
            List<Place> places = places(few, "few", fewRelay, memory, sqlite);
            plan.warmUp(WARM_SECONDS, () -> together(client, places, WARM_CLIENTS, plan.times(100)));
            report.progress("the first of " + FEW + " tokens");
            measure(plan, client, places, 1, plan.times(200));
            first(report, places);
            report.progress("cancels");
            new Cancels(client)
                    .measure(
                            plan,
                            report,
                            places.stream().filter(Place::isServer).limit(2).toList());
            report.progress(many + " tokens at once");
            List<Place> floods = places(flood, "flood", floodRelay, memory, sqlite);
            plan.warmUp(15, () -> together(client, floods, 1, 1));
            measure(plan, client, floods, 1, plan.times(10));
            cpu(report, AT_ONCE, many + " tokens at once", many, floods);
            report.progress(CROWD + " streams");
            List<Place> crowds = places(crowd, "crowd", crowdRelay, memory, sqlite);
            plan.warmUp(10, () -> together(client, crowds, CROWD, 1));
            measure(plan, client, crowds, CROWD, 1);
            cpu(report, STREAMS, CROWD + " streams, each a token in " + PACE.toMillis() + " ms", said, crowds);
            report.progress(slow + " tokens one by one");
            List<Place> drips = places(drip, "drip", dripRelay, memory, sqlite);
            plan.warmUp(() -> together(client, drips, 1, 1));
            measure(plan, client, drips, 1, plan.times(2));
            oneByOne(report, slow, drips);
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static Millrace.Builder server(TokenServer few, TokenServer flood, TokenServer crowd, TokenServer drip) {
        return Millrace.with("few", agent(few))
                .agent("flood", agent(flood))
                .agent("crowd", agent(crowd))
                .agent("drip", agent(drip));
    }

    private static ModelAgent agent(TokenServer provider) {
        return new ModelAgent(ModelConfig.of(provider.baseUrl(), null, "m"));
    }

    /** The provider itself comes first. */
    private static List<Place> places(
            TokenServer provider, String agent, Relay relay, Millrace memory, Millrace sqlite) {
        var onDisk = new Place("agent, SQLite", sqlite.uri().resolve("/v1"), agent, provider);
        return List.of(
                new Place("provider", provider.baseUrl(), "m", provider),
                new Place("relay that copies", relay.baseUrl(), "m", provider),
                new Place("agent, in memory", memory.uri().resolve("/v1"), agent, provider),
                onDisk,
                onDisk.storing("agent, SQLite, kept"));
    }

    /** Each place has its block of answers in each round; the place that begins is another one each time. */
    private void measure(Plan plan, Client client, List<Place> places, int clients, int times) throws Exception {
        int blocks = plan.rounds() * 2;
        for (int round = 0; round < blocks; round++) {
            for (int i = 0; i < places.size(); i++) {
                block(client, places.get((round + i) % places.size()), clients, times);
            }
        }
    }

    private void block(Client client, Place place, int clients, int times) throws Exception {
        long before = process.getProcessCpuTime();
        if (clients > 1) {
            together(client, List.of(place), clients, times);
        } else {
            for (int i = 0; i < times; i++) {
                alone(client, place);
            }
        }
        Thread.sleep(TIDIED);
        place.cpu().add((double) (process.getProcessCpuTime() - before) / (times * clients));
    }

    private static void alone(Client client, Place place) throws IOException, InterruptedException {
        Client.Reading reading = client.read(place);
        TokenServer provider = place.provider();
        place.first().add((double) (reading.firstAt() - reading.askedAt()));
        place.there().add((double) (provider.askedAt() - reading.askedAt()));
        place.back().add((double) (reading.firstAt() - provider.answeredAt()));
        long[] sentAt = provider.sentAt();
        if (sentAt[0] != 0 && reading.cameAt().size() == sentAt.length) {
            for (int i = 0; i < sentAt.length; i++) {
                place.underWay().add((double) (reading.cameAt().get(i) - sentAt[i]));
            }
        }
    }

    /** So many clients at once, each of which reads so many answers of each place. */
    private static void together(Client client, List<Place> places, int clients, int times) throws Exception {
        try (ExecutorService crowd = Executors.newVirtualThreadPerTaskExecutor()) {
            var reading = new ArrayList<Future<?>>();
            for (int i = 0; i < clients; i++) {
                reading.add(crowd.submit(() -> {
                    for (Place place : places) {
                        for (int each = 0; each < times; each++) {
                            client.read(place);
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> each : reading) {
                each.get();
            }
        }
    }

    private static void first(Report report, List<Place> places) {
        Place bare = places.getFirst();
        for (Place place : places) {
            Row first = Row.of("one client", place.variant())
                    .millis("first token", place.first())
                    .number("to the provider ms", place.there().median() / 1e6)
                    .number("back ms", place.back().median() / 1e6);
            Row turn = Row.of(FEW + " tokens", place.variant())
                    .number("us per turn", place.cpu().median() / 1e3)
                    .percent("spread", place.cpu().spread());
            if (!place.equals(bare)) {
                double added = (place.first().median() - bare.first().median()) / 1e6;
                first.number("added ms", added);
                if (place.isServer()) {
                    first.target("added p50 ≤ 1 ms", added <= MOST_MILLIS);
                }
                turn.number("added us", (place.cpu().median() - bare.cpu().median()) / 1e3);
            }
            report.add(FIRST, first);
            report.add(TURN, turn);
        }
        report.print(FIRST);
        report.print(TURN);
    }

    private static void cpu(Report report, String table, String scenario, int tokens, List<Place> places) {
        for (Place place : places) {
            Row row = cpu(scenario, tokens, place, places.getFirst());
            report.add(table, row);
        }
        report.print(table);
    }

    private static void oneByOne(Report report, int tokens, List<Place> places) {
        Place bare = places.getFirst();
        for (Place place : places) {
            Row row = cpu("one each " + GAP.toNanos() / 1000 + " us", tokens, place, bare)
                    .number("on its way us", place.underWay().median() / 1e3)
                    .number("its p99", place.underWay().p99() / 1e3);
            if (!place.equals(bare)) {
                row.number(
                        "added to it us",
                        (place.underWay().median() - bare.underWay().median()) / 1e3);
            }
            report.add(ONE_BY_ONE, row);
        }
        report.print(ONE_BY_ONE);
    }

    private static Row cpu(String scenario, int tokens, Place place, Place bare) {
        double each = place.cpu().median() / tokens / 1e3;
        Row row = Row.of(scenario, place.variant())
                .number("us per token", each)
                .percent("spread", place.cpu().spread());
        if (!place.equals(bare)) {
            double added = each - bare.cpu().median() / tokens / 1e3;
            row.number("added us", added);
            if (place.isServer()) {
                row.target("added ≤ 20 us", added <= MOST_MICROS);
            }
        }
        return row;
    }
}
