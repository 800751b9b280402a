package dev.millrace.bench.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.management.OperatingSystemMXBean;
import dev.millrace.agents.ModelAgent;
import dev.millrace.agents.ModelConfig;
import dev.millrace.bench.Experiment;
import dev.millrace.bench.Lost;
import dev.millrace.bench.Plan;
import dev.millrace.bench.Report;
import dev.millrace.bench.Row;
import dev.millrace.bench.Samples;
import dev.millrace.bench.decisions.TokenServer;
import dev.millrace.client.sse.SseEvent;
import dev.millrace.client.sse.SseReader;
import dev.millrace.client.sse.SseStream;
import dev.millrace.server.Millrace;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/**
 * One client that streams chat completions: straight from a provider on the loopback interface, through a relay that only
 * copies bytes, and from an agent of a whole server (HTTP, the store, the agent's loop) that asks the same provider. What is
 * added is the median of a way less that of the provider straight, whose client and provider cost the same.
 *
 * <p>The ways take turns in one process; each token of each answer is compared with what was sent. The CPU is the whole
 * process's, over a block of answers and the moment after them in which servers tidy up.
 */
public final class ModelLoop implements Experiment {
    private static final String FIRST = "model: first token";
    private static final String TURN = "model: CPU of a turn";
    private static final String AT_ONCE = "model: CPU of a token, all at once";
    private static final String ONE_BY_ONE = "model: a token, one by one";
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /** Enough to be a stream, and few enough that the first one does not wait for the others' turn on the cores. */
    private static final int FEW = 8;

    private static final int MANY = 2_000;

    /** Tokens that come one by one. A model that is fast makes 200 in a second; ten such share the server. */
    private static final int SLOW = 500;

    private static final Duration GAP = Duration.ofNanos(500_000);

    /** A server merges what was said a moment (200 ms) after its end: that is a part of what it costs. */
    private static final Duration TIDIED = Duration.ofMillis(300);

    /** What one expects of a server in between: not to be noticed. */
    private static final double MOST_MILLIS = 1;

    private static final double MOST_MICROS = 20;

    private final OperatingSystemMXBean process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private final HttpClient http = HttpClient.newBuilder()
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .build();

    /** When the first token was there after the request; how long each was on its way, where they come one by one. */
    private record Reading(double firstNanos, List<Long> underWay) {}

    /** Where to ask, for which model, and what was measured of it. */
    private record Place(
            String variant,
            URI base,
            String model,
            TokenServer provider,
            int tokens,
            Samples first,
            Samples cpu,
            Samples underWay) {
        Place(String variant, URI base, String model, TokenServer provider, int tokens) {
            this(variant, base, model, provider, tokens, new Samples(), new Samples(), new Samples());
        }

        boolean isServer() {
            return variant.startsWith("agent");
        }
    }

    @Override
    public void run(Plan plan, Report report) throws Exception {
        int many = plan.load(MANY);
        int slow = plan.load(SLOW);
        Path folder = Files.createTempDirectory("millrace-bench");
        try (var few = new TokenServer(FEW);
                var flood = new TokenServer(many);
                var drip = new TokenServer(slow, GAP);
                Relay fewRelay = Relay.open(few.baseUrl());
                Relay floodRelay = Relay.open(flood.baseUrl());
                Relay dripRelay = Relay.open(drip.baseUrl());
                Millrace memory = server(few, flood, drip).start();
                Millrace sqlite = server(few, flood, drip).data(folder).start()) {
            report.progress("the first of " + FEW + " tokens");
            List<Place> places = places(few, FEW, "few", fewRelay, memory, sqlite);
            measure(plan, places, plan.times(50));
            first(report, places);
            report.progress(many + " tokens at once");
            places = places(flood, many, "flood", floodRelay, memory, sqlite);
            measure(plan, places, plan.times(10));
            atOnce(report, many, places);
            report.progress(slow + " tokens one by one");
            places = places(drip, slow, "drip", dripRelay, memory, sqlite);
            measure(plan, places, plan.times(2));
            oneByOne(report, slow, places);
        } finally {
            http.shutdownNow();
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static Millrace.Builder server(TokenServer few, TokenServer flood, TokenServer drip) {
        return Millrace.with("few", agent(few)).agent("flood", agent(flood)).agent("drip", agent(drip));
    }

    private static ModelAgent agent(TokenServer provider) {
        return new ModelAgent(ModelConfig.of(provider.baseUrl(), null, "m"));
    }

    /** The provider itself comes first. */
    private static List<Place> places(
            TokenServer provider, int tokens, String agent, Relay relay, Millrace memory, Millrace sqlite) {
        return List.of(
                new Place("provider", provider.baseUrl(), "m", provider, tokens),
                new Place("relay that copies", relay.baseUrl(), "m", provider, tokens),
                new Place("agent, in memory", memory.uri().resolve("/v1"), agent, provider, tokens),
                new Place("agent, SQLite", sqlite.uri().resolve("/v1"), agent, provider, tokens));
    }

    /** Each place has its block of answers in each round; the place that begins is another one each time. */
    private void measure(Plan plan, List<Place> places, int times) throws Exception {
        plan.warmUp(() -> {
            for (Place place : places) {
                read(place);
            }
        });
        int blocks = plan.rounds() * 3;
        for (int round = 0; round < blocks; round++) {
            for (int i = 0; i < places.size(); i++) {
                block(places.get((round + i) % places.size()), times);
            }
        }
    }

    private void block(Place place, int times) throws Exception {
        long before = process.getProcessCpuTime();
        for (int i = 0; i < times; i++) {
            Reading reading;
            try {
                reading = read(place);
            } catch (IOException e) {
                throw new IOException(place.variant() + ", answer " + (i + 1) + " of a block: " + e.getMessage(), e);
            }
            place.first().add(reading.firstNanos());
            place.underWay().addAll(reading.underWay());
        }
        Thread.sleep(TIDIED);
        place.cpu().add((double) (process.getProcessCpuTime() - before) / times);
    }

    private void first(Report report, List<Place> places) {
        Place bare = places.getFirst();
        for (Place place : places) {
            Row first = Row.of("one client", place.variant()).millis("first token", place.first());
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

    private void atOnce(Report report, int tokens, List<Place> places) {
        for (Place place : places) {
            report.add(AT_ONCE, cpu(tokens + " tokens at once", tokens, place, places.getFirst()));
        }
        report.print(AT_ONCE);
    }

    private void oneByOne(Report report, int tokens, List<Place> places) {
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

    /** Reads one answer to its end, and holds it against what was sent. */
    private Reading read(Place place) throws IOException, InterruptedException {
        String body = "{\"model\":\"" + place.model() + "\",\"stream\":true,\"messages\":[{\"role\":\"user\","
                + "\"content\":\"Count.\"}]}";
        HttpRequest request = HttpRequest.newBuilder(URI.create(place.base() + "/chat/completions"))
                .version(HttpClient.Version.HTTP_1_1)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(body.getBytes(UTF_8)))
                .build();
        var text = new StringBuilder();
        var came = new ArrayList<Long>();
        long asked = System.nanoTime();
        try (SseStream stream = SseStream.open(http, request, PATIENCE, SseReader.DEFAULT_LIMIT)) {
            for (SseEvent event = stream.next(); event != null; event = stream.next()) {
                long now = System.nanoTime();
                String data = event.text();
                if (data.equals("[DONE]")) {
                    continue; // to the end, so that the connection serves the next request
                }
                String word = JsonMapper.shared()
                        .readTree(data)
                        .at("/choices/0/delta/content")
                        .asString("");
                if (!word.isEmpty()) {
                    came.add(now);
                    text.append(word);
                }
            }
        }
        if (!text.toString().equals(place.provider().text()) || came.size() != place.tokens()) {
            throw new Lost(
                    place.variant() + ": the answer's " + place.tokens() + " tokens did not come as they were sent");
        }
        double first = (double) (came.getFirst() - asked);
        long[] sentAt = place.provider().sentAt();
        var underWay = new ArrayList<Long>();
        for (int i = 0; i < came.size() && sentAt[0] != 0; i++) {
            underWay.add(came.get(i) - sentAt[i]);
        }
        return new Reading(first, underWay);
    }
}
