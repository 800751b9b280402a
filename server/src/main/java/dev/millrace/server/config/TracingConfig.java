package dev.millrace.server.config;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * Whether, where to and how much is traced. What OpenTelemetry's variables ({@code OTEL_…}) of the process say comes before
 * all of this.
 *
 * @param on whether anything is traced
 * @param endpoint the collector's OTLP/HTTP endpoint, to which {@code /v1/traces} is added; null = OpenTelemetry's default,
 *     http://localhost:4318
 * @param service the name that traces show
 * @param ratio which share of the traces that begin here is recorded, from 0 to 1; one that a client began is recorded if
 *     the client says that it is
 */
public record TracingConfig(boolean on, @Nullable URI endpoint, String service, double ratio) {

    /** What names a place to send to, or a way; any of them switches traces on. */
    private static final String[] SWITCHES = {
        "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER"
    };

    /** No traces. */
    public static TracingConfig off() {
        return new TracingConfig(false, null, "millrace", 1);
    }

    /** Every trace, to this collector. */
    public static TracingConfig to(URI endpoint) {
        return new TracingConfig(true, endpoint, "millrace", 1);
    }

    static TracingConfig read(Section section) {
        TracingConfig off = off();
        var endpoint = section.text("endpoint");
        String service = section.text("service").orElse(off.service);
        OptionalDouble share = section.number("ratio");
        double ratio = share.orElse(off.ratio);
        if (!(ratio >= 0 && ratio <= 1)) {
            throw new BadSetting(section.at("ratio"), "must be from 0 to 1, not " + ratio);
        }
        section.done();
        return new TracingConfig(
                endpoint.isPresent(),
                endpoint.map(text -> ConfigFile.url(section.at("endpoint"), text))
                        .orElse(null),
                service,
                ratio);
    }

    /** The same, and on or off where the environment says so. */
    public TracingConfig in(Map<String, String> environment) {
        if ("true".equalsIgnoreCase(environment.get("OTEL_SDK_DISABLED"))
                || "none".equals(environment.get("OTEL_TRACES_EXPORTER"))) {
            return new TracingConfig(false, endpoint, service, ratio);
        }
        for (String name : SWITCHES) {
            if (!environment.getOrDefault(name, "").isBlank()) {
                return new TracingConfig(true, endpoint, service, ratio);
            }
        }
        return this;
    }

    /** As OpenTelemetry's own configuration has it. */
    public Map<String, String> properties() {
        var properties = new LinkedHashMap<String, String>();
        properties.put("otel.service.name", service);
        properties.put("otel.traces.exporter", "otlp");
        properties.put("otel.exporter.otlp.protocol", "http/protobuf");
        // Metrics are Prometheus's, logs are on standard error.
        properties.put("otel.metrics.exporter", "none");
        properties.put("otel.logs.exporter", "none");
        properties.put("otel.traces.sampler", "parentbased_traceidratio");
        properties.put("otel.traces.sampler.arg", Double.toString(ratio));
        if (endpoint != null) {
            properties.put("otel.exporter.otlp.endpoint", endpoint.toString());
        }
        return properties;
    }
}
