package dev.millrace.server.tracing;

import dev.millrace.engine.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapPropagator;
import java.util.function.BiConsumer;

/** A span of OpenTelemetry's; of those that were not sampled, too, since other processes have to be told so. */
final class RecordedSpan implements Span {
    private static final TextMapPropagator W3C = W3CTraceContextPropagator.getInstance();

    private final Tracer tracer;
    private final io.opentelemetry.api.trace.Span span;

    /** With the span in it; OpenTelemetry's own notion of what a thread works for is not used. */
    private final Context context;

    private RecordedSpan(Tracer tracer, Context parent, Kind kind, String name) {
        this.tracer = tracer;
        this.span = tracer.spanBuilder(name)
                .setParent(parent)
                .setSpanKind(
                        switch (kind) {
                            case SERVER -> SpanKind.SERVER;
                            case INTERNAL -> SpanKind.INTERNAL;
                            case CLIENT -> SpanKind.CLIENT;
                        })
                .startSpan();
        this.context = parent.with(span);
    }

    static RecordedSpan begin(Tracer tracer, Context parent, Kind kind, String name) {
        return new RecordedSpan(tracer, parent, kind, name);
    }

    @Override
    public Span child(Kind kind, String name) {
        return new RecordedSpan(tracer, context, kind, name);
    }

    /** It is known by now by what it was. */
    void rename(String name) {
        span.updateName(name);
    }

    @Override
    public Span note(String key, String value) {
        span.setAttribute(key, value);
        return this;
    }

    @Override
    public Span note(String key, long value) {
        span.setAttribute(key, value);
        return this;
    }

    @Override
    public Span failed(String type) {
        span.setAttribute("error.type", type);
        span.setStatus(StatusCode.ERROR);
        return this;
    }

    @Override
    public void carry(BiConsumer<String, String> headers) {
        W3C.inject(context, headers, (to, name, value) -> {
            if (to != null) {
                to.accept(name, value);
            }
        });
    }

    @Override
    public String traceId() {
        return span.getSpanContext().getTraceId();
    }

    @Override
    public void close() {
        span.end();
    }
}
