package dev.millrace.server.metrics;

import dev.millrace.engine.Engine;
import dev.millrace.engine.Observer;
import dev.millrace.engine.store.PushStore;
import dev.millrace.server.files.FileHouse;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpServer;
import dev.millrace.server.http.Router;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The server's meters and {@code GET /metrics}, in the text format of Prometheus or, if the {@code Accept} header asks for
 * it, of OpenMetrics.
 */
public final class Metrics implements AutoCloseable {
    /** The text format's own media type (prometheus.io, "Exposition formats"). */
    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

    private static final String OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final EngineMeters engine;
    private final ModelMeters models = new ModelMeters(registry);
    private final Inside inside;
    private final Troubles troubles;
    private @Nullable JvmGcMetrics gc;

    /** @param store where the engine keeps everything, as the configuration names it: a label of the stages' times */
    public Metrics(String store) {
        engine = new EngineMeters(registry, store);
        troubles = Troubles.listening();
        inside = new Inside(engine, store, troubles);
    }

    /** To be given to the engine. */
    public Observer observer() {
        return engine;
    }

    /**
     * Adds the routes: {@code /metrics}, and the same as JSON for the web page.
     *
     * @param operators whether an owner is told of all owners' queues
     */
    public Metrics register(Router router, Predicate<String> operators) {
        router.get("/metrics", this::scrape);
        inside.register(router, operators);
        return this;
    }

    /** Watches what is running. To be called once; it takes some ten milliseconds, so call it when all else runs. */
    public void watch(Engine running, HttpServer server, PushStore pushes) {
        inside.watch(running, server, pushes);
        Gauge.builder("millrace.turns.running", running, Engine::runningTurns)
                .description("Turns that run now")
                .register(registry);
        Gauge.builder("millrace.journals.live", running, Engine::liveJournals)
                .description("Contexts that somebody reads now")
                .register(registry);
        Gauge.builder("millrace.http.open", server, HttpServer::open)
                .description("Requests, streams and WebSocket connections that are open now")
                .register(registry);
        models.watch(running);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ClassLoaderMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        gc = new JvmGcMetrics();
        gc.bindTo(registry);
    }

    /** Watches what files cost. To be called once. */
    public void watch(FileHouse files) {
        inside.watch(files);
        Gauge.builder("millrace.files.streams", files, FileHouse::openStreams)
                .description("Ranges of files that are read now")
                .register(registry);
        Gauge.builder("millrace.files.buffers", files, FileHouse::bufferBytes)
                .description("Buffers that these hold now")
                .baseUnit("bytes")
                .register(registry);
        Gauge.builder(
                        "millrace.files.cache.memory",
                        files,
                        house -> house.cache().memoryBytes())
                .description("What the cache of remote files holds in memory")
                .baseUnit("bytes")
                .register(registry);
        Gauge.builder("millrace.files.cache.disk", files, house -> house.cache().diskBytes())
                .description("What the cache of remote files holds in its folder")
                .baseUnit("bytes")
                .register(registry);
        FunctionCounter.builder(
                        "millrace.files.cache.served",
                        files,
                        house -> house.cache().servedBytes())
                .description("What readers got from the cache")
                .baseUnit("bytes")
                .register(registry);
        FunctionCounter.builder(
                        "millrace.files.cache.fetched",
                        files,
                        house -> house.cache().fetchedBytes())
                .description("What had to be fetched, and was then kept in the cache")
                .baseUnit("bytes")
                .register(registry);
    }

    private void scrape(Exchange exchange) throws IOException {
        boolean open = exchange.header("Accept").orElse("").contains("application/openmetrics-text");
        String type = open ? OPEN : TEXT;
        exchange.respond(200, type, registry.scrape(type).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        if (gc != null) {
            gc.close();
        }
        troubles.close();
        registry.close();
    }
}
