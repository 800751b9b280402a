package dev.millrace.server.tracing;

import dev.millrace.engine.Agent;
import dev.millrace.engine.AgentCatalog.Listing;
import dev.millrace.engine.Span;
import dev.millrace.engine.Spans;
import dev.millrace.server.http.Arrival;
import dev.millrace.server.http.RequestTracer;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * Records requests, turns and what they ask of others, and sends that to a collector (OTLP over HTTP) in the background:
 * a collector that is slow or away costs spans, and nothing else. Close it when nothing is recorded any more: it sends what
 * it still has, for 5 s at most.
 */
public final class Tracing implements Spans, RequestTracer, AutoCloseable {
    private static final long LAST_WORDS_SECONDS = 5;

    private final OpenTelemetrySdk sdk;
    private final Tracer tracer;

    private Tracing(OpenTelemetrySdk sdk, String version) {
        this.sdk = sdk;
        this.tracer = sdk.getTracer("dev.millrace", version);
    }

    /**
     * As the variables of the environment that OpenTelemetry names say ({@code OTEL_…}), else as these properties do.
     *
     * @param properties of OpenTelemetry's configuration
     * @throws IllegalArgumentException if that can't be used; the message says why
     */
    public static Tracing start(Map<String, String> properties, String version) {
        try {
            var configured = AutoConfiguredOpenTelemetrySdk.builder()
                    .addPropertiesSupplier(() -> properties)
                    .disableShutdownHook()
                    .build();
            return new Tracing(configured.getOpenTelemetrySdk(), version);
        } catch (ConfigurationException | IllegalStateException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    @Override
    public Span begin(Span.Kind kind, String name, Function<String, Optional<String>> header) {
        return started(kind, name, header);
    }

    private RecordedSpan started(Span.Kind kind, String name, Function<String, Optional<String>> header) {
        Context parent = W3CTraceContextPropagator.getInstance().extract(Context.root(), header, new TextMapGetter<>() {
            @Override
            public Iterable<String> keys(Function<String, Optional<String>> from) {
                return List.of();
            }

            @Override
            public @Nullable String get(@Nullable Function<String, Optional<String>> from, String key) {
                return from == null ? null : from.apply(key).orElse(null);
            }
        });
        return RecordedSpan.begin(tracer, parent, kind, name);
    }

    @Override
    public void trace(Arrival request, Answering answering) {
        try (RecordedSpan span = started(Span.Kind.SERVER, request.method(), request::header);
                var _ = MDC.putCloseable("trace", span.traceId())) {
            span.note("http.request.method", request.method());
            Answered answered = span.<Answered, RuntimeException>within(answering::answer);
            // Of the path only what is the same for all: the rest of it names people's things.
            if (answered.route() != null) {
                span.rename(request.method() + " " + answered.route());
                span.note("http.route", answered.route());
            }
            span.note("http.response.status_code", answered.status());
            if (answered.status() >= 500) {
                span.failed(Integer.toString(answered.status()));
            }
        }
    }

    /** The same agents, each of whose turns is recorded. */
    public List<Listing> recorded(List<Listing> agents) {
        return agents.stream()
                .map(each -> new Listing(
                        each.name(),
                        each.description(),
                        each.agent().repliesWithMessage()
                                ? Agent.replying(new RecordedAgent(each.name(), each.agent(), this))
                                : new RecordedAgent(each.name(), each.agent(), this)))
                .toList();
    }

    @Override
    public void close() {
        var _ = sdk.getSdkTracerProvider().shutdown().join(LAST_WORDS_SECONDS, TimeUnit.SECONDS);
        sdk.close();
    }
}
