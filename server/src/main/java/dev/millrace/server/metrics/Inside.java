package dev.millrace.server.metrics;

import dev.millrace.engine.Engine;
import dev.millrace.engine.OpenTasks;
import dev.millrace.engine.Replica;
import dev.millrace.engine.store.PushStore;
import dev.millrace.server.files.FileHouse;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.HttpServer;
import dev.millrace.server.http.Router;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code GET /api/v1/inside}: what goes on inside this server, for an operator's page. It tells what {@code /metrics} tells,
 * to whom {@code /metrics} tells it, as JSON, and beside it which servers there are, whose tasks wait, and what went wrong
 * lately; numbers since the server's start, and nothing of what anybody said. Any thread.
 */
final class Inside {
    /** RFC 3339 in UTC, always with three digits of a second. */
    private static final DateTimeFormatter TIME =
            new DateTimeFormatterBuilder().appendInstant(3).toFormatter();

    private final EngineMeters meters;
    private final String store;

    /** What is watched, once it runs. */
    private record Running(Engine engine, HttpServer http, PushStore pushes) {}

    private volatile @Nullable Running running;
    private volatile @Nullable FileHouse files;
    private final Troubles troubles;

    Inside(EngineMeters meters, String store, Troubles troubles) {
        this.meters = meters;
        this.store = store;
        this.troubles = troubles;
    }

    /** @param operators whether an owner is told of all owners' queues, and not of its own alone */
    void register(Router router, Predicate<String> operators) {
        router.get("/api/v1/inside", exchange -> tell(exchange, operators));
    }

    void watch(Engine engine, HttpServer http, PushStore pushes) {
        running = new Running(engine, http, pushes);
    }

    void watch(FileHouse house) {
        files = house;
    }

    private void tell(Exchange exchange, Predicate<String> operators) throws HttpProblem, IOException {
        String owner = exchange.guest();
        boolean all = operators.test(owner);
        exchange.header("Cache-Control", "no-store")
                .respond(200, "application/json", JsonMapper.shared().writeValueAsBytes(inside(owner, all)));
    }

    private ObjectNode inside(String owner, boolean operator) {
        ObjectNode all = JsonMapper.shared().createObjectNode();
        all.put("store", store);
        process(all.putObject("process"));
        turns(all.putObject("turns"));
        Running now = running;
        if (now != null) {
            all.putObject("streams")
                    .put("journals", now.engine().liveJournals())
                    .put("connections", now.http().open());
            servers(all.putArray("servers"), now.engine());
            all.put("operator", operator);
            queues(all.putArray("queues"), now.engine(), operator ? null : owner);
            PushStore.Tally pushes = now.pushes().tally();
            all.putObject("pushes")
                    .put("open", pushes.open())
                    .put("failing", pushes.failing())
                    .put("dead", pushes.dead());
        }
        errors(all.putArray("errors"));
        stages(all.putArray("stages"));
        FileHouse house = files;
        if (house != null) {
            all.putObject("files")
                    .put("streams", house.openStreams())
                    .put("bufferBytes", house.bufferBytes())
                    .put("cacheMemoryBytes", house.cache().memoryBytes())
                    .put("cacheDiskBytes", house.cache().diskBytes())
                    .put("servedBytes", house.cache().servedBytes())
                    .put("fetchedBytes", house.cache().fetchedBytes());
        }
        return all;
    }

    private static void servers(ArrayNode json, Engine engine) {
        try {
            for (Replica replica : engine.replicas()) {
                ObjectNode one = json.addObject()
                        .put("id", replica.id())
                        .put("here", replica.here())
                        .put("running", replica.running());
                if (replica.left() != null) {
                    one.put("leaseMs", replica.left().toMillis());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** @param only whose; null = everybody's */
    private static void queues(ArrayNode json, Engine engine, @Nullable String only) {
        record Queue(String owner, String agent) {}
        var queues = new LinkedHashMap<Queue, ObjectNode>();
        for (OpenTasks open : engine.openTasks()) {
            if (only == null || only.equals(open.owner())) {
                queues.computeIfAbsent(
                                new Queue(open.owner(), open.agent()),
                                queue -> json.addObject()
                                        .put("owner", queue.owner())
                                        .put("agent", queue.agent()))
                        .put(
                                switch (open.state()) {
                                    case SUBMITTED -> "queued";
                                    case WORKING -> "running";
                                    case INPUT_REQUIRED -> "asking";
                                    case AUTH_REQUIRED -> "askingForLogin";
                                    default -> throw new IllegalStateException("an open task has not ended: " + open);
                                },
                                open.tasks());
            }
        }
    }

    private void errors(ArrayNode json) {
        for (Troubles.Trouble trouble : troubles.latest()) {
            ObjectNode one = json.addObject()
                    .put("at", TIME.format(trouble.last()))
                    .put("level", trouble.level().toLowerCase(Locale.ROOT))
                    .put("where", trouble.where())
                    .put("times", trouble.times());
            if (trouble.what() != null) {
                one.put("what", trouble.what());
            }
            if (trouble.kind() != null) {
                one.put("kind", trouble.kind());
            }
        }
    }

    private static void process(ObjectNode json) {
        Runtime runtime = Runtime.getRuntime();
        json.put("uptimeMs", ManagementFactory.getRuntimeMXBean().getUptime())
                .put("heapBytes", runtime.totalMemory() - runtime.freeMemory())
                .put("maxHeapBytes", runtime.maxMemory())
                .put("processors", runtime.availableProcessors())
                .put("threads", ManagementFactory.getThreadMXBean().getThreadCount());
    }

    private void turns(ObjectNode json) {
        Running now = running;
        json.put("running", now == null ? 0 : now.engine().runningTurns());
        json.put("recovered", (long) meters.recovered().count());
        ObjectNode ended = json.putObject("ended");
        meters.ended().forEach((state, counter) -> {
            if (counter.count() > 0) {
                ended.put(state.name().toLowerCase(Locale.ROOT), (long) counter.count());
            }
        });
    }

    /** Each with its count, its sum, and how many took at most so long: cumulative, as Prometheus has them. */
    private void stages(ArrayNode json) {
        meters.stages().forEach((stage, timer) -> {
            var snapshot = timer.takeSnapshot();
            ObjectNode one = json.addObject()
                    .put("stage", stage.name().toLowerCase(Locale.ROOT))
                    .put("count", snapshot.count())
                    .put("totalMicros", (long) snapshot.total(TimeUnit.MICROSECONDS));
            ArrayNode buckets = one.putArray("buckets");
            for (CountAtBucket bucket : snapshot.histogramCounts()) {
                buckets.addObject()
                        .put("upToMicros", (long) bucket.bucket(TimeUnit.MICROSECONDS))
                        .put("count", (long) bucket.count());
            }
        });
    }
}
