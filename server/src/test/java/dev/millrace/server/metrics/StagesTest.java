package dev.millrace.server.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.Observer;
import dev.millrace.engine.Stage;
import dev.millrace.server.Millrace;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the time of a send goes is told. */
class StagesTest {
    @TempDir
    Path folder;

    private static String get(HttpClient client, URI uri) throws Exception {
        return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString(UTF_8))
                .body();
    }

    @Test
    void each_stage_of_a_chat_that_is_read_along_is_told_once() throws Exception {
        try (HttpClient client = HttpClient.newHttpClient();
                Millrace server = Millrace.with("greeter", turn -> turn.say("Hello"))
                        .data(folder)
                        .start()) {
            HttpResponse<String> created = client.send(
                    HttpRequest.newBuilder(server.uri().resolve("/a2a"))
                            .header("Content-Type", "application/json")
                            .header("A2A-Version", "1.0")
                            .POST(
                                    HttpRequest.BodyPublishers.ofString(
                                            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"SendStreamingMessage\",\"params\":{\"message\":"
                                                    + "{\"messageId\":\"m\",\"role\":\"ROLE_USER\",\"parts\":[{\"text\":\"hi\"}]}}}"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString(UTF_8));
            assertThat(created.body()).contains("Hello").contains("TASK_STATE_COMPLETED");

            String metrics = get(client, server.uri().resolve("/metrics"));
            for (Stage stage : Stage.values()) {
                // The turn may have ended, and be forgotten, before its reader's thread comes to its first word.
                if (stage != Stage.FIRST_FRAME) {
                    assertThat(metrics)
                            .contains("millrace_stage_seconds_count{stage=\""
                                    + stage.name().toLowerCase(Locale.ROOT) + "\",store=\"sqlite\"} 1\n");
                }
            }
            assertThat(metrics)
                    .contains("millrace_stage_seconds_bucket{stage=\"commit\",store=\"sqlite\",le=\"0.0025\"}");
        }
    }

    @Test
    void to_tell_of_a_stage_allocates_nothing() {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (var metrics = new Metrics("memory")) {
            Observer observer = metrics.observer();
            long least = Long.MAX_VALUE;
            for (int round = 0; round < 20; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 10_000; i++) {
                    observer.stage(Stage.COMMIT, 1_000L * i);
                }
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            // The bean's own answer, and whatever is made anew once for many.
            assertThat(least).as("bytes for 10,000 of them").isLessThan(10_000);
        }
    }
}
