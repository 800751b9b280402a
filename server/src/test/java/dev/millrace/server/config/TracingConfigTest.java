package dev.millrace.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TracingConfigTest {
    @ParameterizedTest
    @CsvSource({
        "OTEL_EXPORTER_OTLP_ENDPOINT, http://localhost:4318, true",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, http://localhost:4318/v1/traces, true",
        "OTEL_TRACES_EXPORTER, otlp, true",
        "OTEL_TRACES_EXPORTER, none, false",
        "OTEL_EXPORTER_OTLP_ENDPOINT, '', false",
        "OTEL_SERVICE_NAME, millrace, false"
    })
    void the_environment_switches_traces_on(String name, String value, boolean on) {
        assertThat(TracingConfig.off().in(Map.of(name, value)).on()).isEqualTo(on);
    }

    @ParameterizedTest
    @CsvSource({"OTEL_SDK_DISABLED, true", "OTEL_SDK_DISABLED, TRUE", "OTEL_TRACES_EXPORTER, none"})
    void and_off_whatever_else_says_to_trace(String name, String value) {
        TracingConfig file = TracingConfig.to(URI.create("http://localhost:4318"));
        assertThat(file.in(Map.of(name, value, "OTEL_EXPORTER_OTLP_ENDPOINT", "http://elsewhere:4318"))
                        .on())
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({"OTEL_SDK_DISABLED, false", "OTEL_SERVICE_NAME, other"})
    void what_says_nothing_of_it_leaves_it_as_the_file_has_it(String name, String value) {
        TracingConfig file = TracingConfig.to(URI.create("http://localhost:4318"));
        assertThat(file.in(Map.of(name, value))).isEqualTo(file);
        assertThat(TracingConfig.off().in(Map.of(name, value))).isEqualTo(TracingConfig.off());
    }
}
