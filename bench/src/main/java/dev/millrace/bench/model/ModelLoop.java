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
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/**
 * One client that streams chat completions, straight from a provider on the loopback interface and from an agent of a whole
 * server (HTTP, the store, the agent's loop) that asks the same provider. The ways take turns in one process; each token of each
 * answer is compared with what was sent. The provider sends its answer at once, so what is measured is work, not waiting.
 */
public final class ModelLoop implements Experiment {
    private static final String FIRST = "model: first token";
    private static final String TOKEN = "model: CPU of a token";
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /** Enough to be a stream, and few enough that the first one does not wait for the others' turn on the cores. */
    private static final int FEW = 8;

    private static final int MANY = 2_000;

    /** What one expects of a server in between: not to be noticed. */
    private static final double MOST_MILLIS = 1;

    private static final double MOST_MICROS = 20;

    private final OperatingSystemMXBean process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    /** When the first token was there, after the request, and what one cost. */
    private record Reading(double firstNanos, double cpuNanosPerToken) {}

    /** Where to ask, for which model, and what must come. */
    private record Place(String variant, URI base, String model, TokenServer provider, int tokens) {}

    @Override
    public void run(Plan plan, Report report) throws Exception {
        int many = plan.load(MANY);
        Path folder = Files.createTempDirectory("millrace-bench");
        try (var few = new TokenServer(FEW);
                var flood = new TokenServer(many);
                HttpClient http = HttpClient.newBuilder()
                        .executor(Executors.newVirtualThreadPerTaskExecutor())
                        .build();
                Millrace memory = server(few, flood).start();
                Millrace sqlite = server(few, flood).data(folder).start()) {
            report.progress("the first of " + FEW + " tokens");
            first(plan, report, http, places(few, FEW, "few", memory, sqlite));
            report.progress(many + " tokens");
            cpu(plan, report, http, many, places(flood, many, "flood", memory, sqlite));
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static Millrace.Builder server(TokenServer few, TokenServer flood) {
        return Millrace.with("few", agent(few)).agent("flood", agent(flood));
    }

    private static ModelAgent agent(TokenServer provider) {
        return new ModelAgent(ModelConfig.of(provider.baseUrl(), null, "m"));
    }

    /** The provider itself comes first. */
    private static List<Place> places(
            TokenServer provider, int tokens, String agent, Millrace memory, Millrace sqlite) {
        return List.of(
                new Place("provider", provider.baseUrl(), "m", provider, tokens),
                new Place("agent, in memory", memory.uri().resolve("/v1"), agent, provider, tokens),
                new Place("agent, SQLite", sqlite.uri().resolve("/v1"), agent, provider, tokens));
    }

    private Map<Place, Samples> measure(
            Plan plan, HttpClient http, List<Place> places, int times, ToDoubleFunction<Reading> figure)
            throws Exception {
        plan.warmUp(() -> {
            for (Place place : places) {
                read(http, place);
            }
        });
        var figures = new LinkedHashMap<Place, Samples>();
        for (int i = 0; i < plan.rounds() * times; i++) {
            for (Place place : places) {
                figures.computeIfAbsent(place, p -> new Samples()).add(figure.applyAsDouble(read(http, place)));
            }
        }
        return figures;
    }

    private void first(Plan plan, Report report, HttpClient http, List<Place> places) throws Exception {
        Map<Place, Samples> figures = measure(plan, http, places, plan.times(100), Reading::firstNanos);
        double bare = Objects.requireNonNull(figures.get(places.getFirst())).median();
        figures.forEach((place, nanos) -> {
            Row row = Row.of("one client", place.variant()).millis("first token", nanos);
            if (!place.equals(places.getFirst())) {
                double added = (nanos.median() - bare) / 1e6;
                row.number("added ms", added).target("added p50 ≤ 1 ms", added <= MOST_MILLIS);
            }
            report.add(FIRST, row);
        });
        report.print(FIRST);
    }

    private void cpu(Plan plan, Report report, HttpClient http, int tokens, List<Place> places) throws Exception {
        Map<Place, Samples> figures = measure(plan, http, places, plan.times(20), Reading::cpuNanosPerToken);
        double bare = Objects.requireNonNull(figures.get(places.getFirst())).median();
        figures.forEach((place, nanos) -> {
            Row row = Row.of(tokens + " tokens", place.variant())
                    .number("us per token", nanos.median() / 1e3)
                    .number("p99", nanos.p99() / 1e3)
                    .percent("spread", nanos.spread());
            if (!place.equals(places.getFirst())) {
                double added = (nanos.median() - bare) / 1e3;
                row.number("added us", added).target("added ≤ 20 us", added <= MOST_MICROS);
            }
            report.add(TOKEN, row);
        });
        report.print(TOKEN);
    }

    /** Reads one answer, and holds it against what was sent. */
    private Reading read(HttpClient http, Place place) throws IOException, InterruptedException {
        String body = "{\"model\":\"" + place.model() + "\",\"stream\":true,\"messages\":[{\"role\":\"user\","
                + "\"content\":\"Count.\"}]}";
        HttpRequest request = HttpRequest.newBuilder(URI.create(place.base() + "/chat/completions"))
                .version(HttpClient.Version.HTTP_1_1)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(body.getBytes(UTF_8)))
                .build();
        long cpu = process.getProcessCpuTime();
        long asked = System.nanoTime();
        long first = 0;
        var text = new StringBuilder();
        try (SseStream stream = SseStream.open(http, request, PATIENCE, SseReader.DEFAULT_LIMIT)) {
            for (SseEvent event = stream.next(); event != null; event = stream.next()) {
                if (event.text().equals("[DONE]")) {
                    break;
                }
                String word = JsonMapper.shared()
                        .readTree(event.data())
                        .at("/choices/0/delta/content")
                        .asString("");
                first = first == 0 && !word.isEmpty() ? System.nanoTime() : first;
                text.append(word);
            }
        }
        double spent = (double) (process.getProcessCpuTime() - cpu);
        if (!text.toString().equals(place.provider().text())) {
            throw new Lost(
                    place.model() + ": the answer's " + place.tokens() + " tokens did not come as they were sent");
        }
        return new Reading((double) (first - asked), spent / place.tokens());
    }
}
