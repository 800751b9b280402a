package dev.millrace.server.metrics;

import dev.millrace.engine.Engine;
import dev.millrace.server.files.FileHouse;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpServer;
import dev.millrace.server.http.Router;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code GET /api/v1/inside}: what goes on inside this server, for an operator's page. It tells what {@code /metrics} tells,
 * to whom {@code /metrics} tells it, as JSON; numbers since the server's start, and nothing of what anybody said. Any
 * thread.
 */
final class Inside {
    private static final JsonMapper JSON = new JsonMapper();

    private final EngineMeters meters;
    private final String store;

    /** What is watched, once it runs. */
    private record Running(Engine engine, HttpServer http) {}

    private volatile @Nullable Running running;
    private volatile @Nullable FileHouse files;

    Inside(EngineMeters meters, String store) {
        this.meters = meters;
        this.store = store;
    }

    void register(Router router) {
        router.get("/api/v1/inside", this::tell);
    }

    void watch(Engine engine, HttpServer http) {
        running = new Running(engine, http);
    }

    void watch(FileHouse house) {
        files = house;
    }

    private void tell(Exchange exchange) throws IOException {
        ObjectNode all = JSON.createObjectNode();
        all.put("store", store);
        process(all.putObject("process"));
        turns(all.putObject("turns"));
        Running now = running;
        if (now != null) {
            all.putObject("streams")
                    .put("journals", now.engine().liveJournals())
                    .put("connections", now.http().open());
        }
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
        exchange.header("Cache-Control", "no-store").respond(200, "application/json", JSON.writeValueAsBytes(all));
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
