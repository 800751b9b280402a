package dev.millrace.agents;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.agents.ModelFailure.Kind;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When a model is asked again, and after how long. */
class ModelRetryTest {
    private static ModelFailure failure(Kind kind, @Nullable Duration retryAfter) {
        return new ModelFailure(kind, "x", retryAfter, null);
    }

    @Test
    void it_waits_twice_as_long_each_time_up_to_a_minute_and_gives_up_after_25_tries() {
        List<Long> waits = new ArrayList<>();
        Duration wait = ModelRetry.BACKOFF.after(failure(Kind.SERVER, null), 1);
        for (int attempt = 2; wait != null; attempt++) {
            waits.add(wait.toSeconds());
            wait = ModelRetry.BACKOFF.after(failure(Kind.SERVER, null), attempt);
        }
        assertThat(waits)
                .hasSize(24)
                .startsWith(1L, 2L, 4L, 8L, 16L, 32L, 60L, 60L)
                .endsWith(60L);
    }

    @Test
    void it_never_comes_sooner_than_it_is_asked_to() {
        assertThat(ModelRetry.BACKOFF.after(failure(Kind.RATE_LIMIT, Duration.ofSeconds(300)), 1))
                .isEqualTo(Duration.ofSeconds(300));
        assertThat(ModelRetry.BACKOFF.after(failure(Kind.RATE_LIMIT, Duration.ofSeconds(3)), 5))
                .isEqualTo(Duration.ofSeconds(16));
    }

    @Test
    void what_no_further_try_would_change_is_not_tried_again() {
        Set<Kind> again = EnumSet.noneOf(Kind.class);
        for (Kind kind : Kind.values()) {
            if (ModelRetry.BACKOFF.after(failure(kind, null), 1) != null) {
                again.add(kind);
            }
        }
        assertThat(again)
                .containsExactlyInAnyOrder(
                        Kind.UNREACHABLE, Kind.RATE_LIMIT, Kind.OVERLOADED, Kind.SERVER, Kind.SILENT, Kind.CUT_OFF);
    }

    /** RFC 9110, 10.2.3: seconds, or a date, which is by the clock of the server that says it. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            7                             | 7000
            1.5                           | 1500
            Sun, 06 Nov 1994 08:50:07 GMT | 30000
            Sun, 06 Nov 1994 08:49:07 GMT | 0
            soon                          |
            """)
    void how_long_it_is_asked_to_wait(String retryAfter, @Nullable Long millis) {
        var headers = HttpHeaders.of(
                Map.of("retry-after", List.of(retryAfter), "date", List.of("Sun, 06 Nov 1994 08:49:37 GMT")),
                (name, value) -> true);
        ModelFailure failure = ModelFailures.of(
                429,
                "{}".getBytes(StandardCharsets.UTF_8),
                headers,
                ModelConfig.of(URI.create("http://127.0.0.1/v1"), null, "m"));
        assertThat(failure.retryAfter()).isEqualTo(millis == null ? null : Duration.ofMillis(millis));
    }
}
