package dev.millrace.bench.decisions;

import dev.millrace.bench.Experiment;
import dev.millrace.bench.Lost;
import dev.millrace.bench.Plan;
import dev.millrace.bench.Report;
import dev.millrace.bench.Row;
import dev.millrace.bench.Samples;
import dev.millrace.core.Cursor;
import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineSettings;
import dev.millrace.engine.Event;
import dev.millrace.engine.Send;
import dev.millrace.engine.Sent;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.json.A2aJson;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What the JSON of one streamed word costs, by the way it is made, and which share of the word's whole cost that is. */
public final class JsonFigures implements Experiment {
    private static final String WRITE = "json: one streamed word, written";
    private static final String READ = "json: one streamed word, read";
    private static final int CALLS = 200_000;
    private static final int WORDS = 1_000;

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .changeDefaultPropertyInclusion(include ->
                    include.withValueInclusion(com.fasterxml.jackson.annotation.JsonInclude.Include.NON_NULL))
            .build();

    /** The same event for Jackson's databind, which finds its way by reflection. */
    record Wrapped(Update artifactUpdate) {}

    record Update(
            String taskId,
            String contextId,
            Piece artifact,
            @Nullable Boolean append) {}

    record Piece(String artifactId, List<Text> parts) {}

    record Text(String text) {}

    private final String taskId = UUID.randomUUID().toString();
    private final String contextId = UUID.randomUUID().toString();

    @Override
    public void run(Plan plan, Report report) throws Exception {
        var event = TaskArtifactUpdateEvent.chunk(taskId, contextId, Artifact.text("answer", "hello "), true);
        byte[] json = A2aJson.STREAM_RESPONSE.write(event);
        Map<String, Supplier<Object>> writers = new LinkedHashMap<>();
        writers.put("our forms, streaming", () -> A2aJson.STREAM_RESPONSE.write(event));
        writers.put("Jackson tree", () -> MAPPER.writeValueAsBytes(tree()));
        writers.put("Jackson databind, records", () -> MAPPER.writeValueAsBytes(mirror()));
        writers.put("strings put together (unsafe)", this::concatenated);
        for (var writer : writers.entrySet()) {
            if (!MAPPER.readTree((byte[]) writer.getValue().get()).equals(MAPPER.readTree(json))) {
                throw new Lost(writer.getKey() + " writes something else");
            }
        }
        double whole = eventNanos(plan);
        Map<String, Figures> written = measure(plan, report, writers);
        written.forEach((name, of) -> report.add(
                WRITE,
                of.row("write, " + json.length + " bytes", name)
                        .percent(
                                "of " + Math.round(whole) + " ns for an event in the engine",
                                of.nanos.median() / whole)));
        report.print(WRITE);

        Map<String, Supplier<Object>> readers = new LinkedHashMap<>();
        readers.put("our forms", () -> A2aJson.STREAM_RESPONSE.read(json));
        readers.put("Jackson tree alone", () -> MAPPER.readTree(json));
        readers.put("Jackson databind, records", () -> MAPPER.readValue(json, Wrapped.class));
        measure(plan, report, readers).forEach((name, of) -> report.add(READ, of.row("read", name)));
        report.print(READ);
    }

    private ObjectNode tree() {
        ObjectNode root = MAPPER.createObjectNode();
        ObjectNode update =
                root.putObject("artifactUpdate").put("taskId", taskId).put("contextId", contextId);
        ObjectNode artifact = update.putObject("artifact").put("artifactId", "answer");
        artifact.putArray("parts").addObject().put("text", "hello ");
        update.put("append", true);
        return root;
    }

    private Wrapped mirror() {
        return new Wrapped(new Update(taskId, contextId, new Piece("answer", List.of(new Text("hello "))), true));
    }

    private byte[] concatenated() {
        return ("{\"artifactUpdate\":{\"taskId\":\"" + taskId + "\",\"contextId\":\"" + contextId
                        + "\",\"artifact\":{\"artifactId\":\"answer\",\"parts\":[{\"text\":\"" + "hello "
                        + "\"}]},\"append\":true}}")
                .getBytes(StandardCharsets.UTF_8);
    }

    private static final class Figures {
        final Samples nanos = new Samples();
        final Samples bytes = new Samples();

        Row row(String scenario, String variant) {
            return Row.of(scenario, variant)
                    .number("ns", nanos.median())
                    .percent("spread", nanos.spread())
                    .number("bytes allocated", bytes.median());
        }
    }

    private static Map<String, Figures> measure(Plan plan, Report report, Map<String, Supplier<Object>> ways) {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        var figures = new LinkedHashMap<String, Figures>();
        int sum = 0;
        int calls = plan.times(CALLS);
        for (int round = -1; round <= plan.rounds(); round++) {
            for (var way : ways.entrySet()) {
                long allocated = threads.getCurrentThreadAllocatedBytes();
                long begin = System.nanoTime();
                for (int i = 0; i < calls; i++) {
                    sum += System.identityHashCode(way.getValue().get().getClass());
                }
                double nanos = System.nanoTime() - begin;
                double bytes = threads.getCurrentThreadAllocatedBytes() - allocated;
                Figures of = figures.computeIfAbsent(way.getKey(), name -> new Figures());
                if (round > 0) { // the first two rounds warm up
                    of.nanos.add(nanos / calls);
                    of.bytes.add(bytes / calls);
                }
            }
        }
        report.progress("json, " + ways.size() + " ways (" + (sum & 1) + ")");
        return figures;
    }

    /** What one word costs from the agent to a reader in the same process: without HTTP, so the least there is. */
    private static double eventNanos(Plan plan) throws InterruptedException {
        var samples = new Samples();
        try (var engine = new Engine(
                new MemoryStore(),
                AgentCatalog.of("count", turn -> {
                    for (int i = 0; i < WORDS; i++) {
                        turn.say("hello ");
                    }
                }),
                EngineSettings.defaults().withTailBytes(2 << 20))) {
            engine.start();
            int runs = plan.times(400);
            for (int run = 0; run < runs; run++) {
                Message message = Message.user(engine.newId(), "count").in(engine.newId(), null);
                try (Cursor<Event> cursor = engine.read(String.valueOf(message.contextId()), 0)) {
                    long begin = System.nanoTime();
                    Sent sent = engine.send(Send.task("bench", null, message));
                    long seen = 0;
                    boolean ended = false;
                    while (!ended) {
                        for (var entry : cursor.take(32)) {
                            seen++;
                            var state = entry.event().state();
                            ended |= state != null
                                    && state.terminal()
                                    && sent.taskId().equals(entry.event().taskId());
                        }
                    }
                    if (run > runs / 2) {
                        samples.add((System.nanoTime() - begin) / (double) seen);
                    }
                }
            }
        }
        return samples.median();
    }
}
