package dev.millrace.server.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ConnectException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.Assertions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code millrace serve} as a user starts and stops it. */
class ServeProcessTest {
    @TempDir
    Path folder;

    @Test
    void one_line_on_standard_output_says_that_it_is_ready_and_all_else_is_on_standard_error() throws Exception {
        try (var server = ServerProcess.serve(folder)) {
            for (String path : new String[] {"/", "/healthz", "/readyz"}) {
                assertThat(Web.get(server.uri(path)).statusCode()).as(path).isEqualTo(200);
            }
            assertThat(Web.get(server.uri("/metrics")).body())
                    .contains("millrace_send_seconds_count", "millrace_turn_start_seconds_bucket")
                    .contains("millrace_turns_ended_total{state=\"completed\"}", "millrace_turns_running 0.0")
                    .contains("millrace_journals_live", "millrace_http_open 1.0", "jvm_memory_used_bytes");
            assertThat(Files.isDirectory(folder.resolve("data"))).as("./data").isTrue();

            server.terminate();

            assertThat(server.exitCode()).isEqualTo(143);
            assertThat(server.stdoutLine()).as("a second line").isEmpty();
            assertThat(server.log()).contains("the default agent is echo", "no model is configured", "stopped");
        }
    }

    @Test
    void in_memory_nothing_is_written() throws Exception {
        try (var server = ServerProcess.serve(folder, "--memory")) {
            assertThat(Web.post(server.uri("/api/v1/chats"), "{\"message\":{\"parts\":[{\"text\":\"hello\"}]}}")
                            .statusCode())
                    .isEqualTo(201);
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void a_second_server_on_the_same_folder_is_refused_and_the_first_goes_on() throws Exception {
        try (var first = ServerProcess.serve(folder);
                var second = ServerProcess.start(folder, "serve", "--port", "0")) {
            assertThat(second.exitCode()).isEqualTo(1);
            assertThat(second.stdoutLine()).isEmpty();
            assertThat(second.logLines()).singleElement().asString().contains("in use by another server", "--data");
            assertThat(Web.get(first.uri("/readyz")).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void a_wrong_setting_ends_with_one_sentence() throws Exception {
        try (var server = ServerProcess.start(folder, "serve", "--memory", "--data", "d")) {
            assertThat(server.exitCode()).isEqualTo(2);
            assertThat(server.stdoutLine()).isEmpty();
            assertThat(server.logLines()).containsExactly("millrace: --memory: contradicts --data; choose one of them");
        }
    }

    @Test
    void an_open_address_is_warned_about() throws Exception {
        try (var server = ServerProcess.serve(folder, "--memory", "--host", "0.0.0.0")) {
            assertThat(server.log()).contains("WARN").contains("without authentication");
        }
    }

    @Test
    void a_stop_ends_streams_in_good_order_and_the_next_server_goes_on_with_their_tasks() throws Exception {
        var reader = new ChatReader();
        String stream;
        String task;
        try (var server = ServerProcess.serve(folder)) {
            // Longer than the drain: 3,000 words, 5 ms each.
            JsonNode chat = chat(server, 3000, 5);
            task = chat.get("taskId").stringValue();
            stream = "/api/v1/chats/" + chat.at("/chat/id").stringValue() + "/stream";
            var uri = server.uri(stream);
            var streaming = new CountDownLatch(1);
            var endedInOrder = new AtomicBoolean();
            Thread reading = Thread.ofVirtual().start(() -> {
                try {
                    endedInOrder.set(reader.read(uri, null, streaming::countDown));
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            assertThat(streaming.await(60, TimeUnit.SECONDS)).isTrue();

            server.terminate();
            reading.join();

            assertThat(endedInOrder).as("the stream ended in good order").isTrue();
            Assertions.assertThatThrownBy(() -> Web.get(server.uri("/healthz"))).isInstanceOf(ConnectException.class);
            assertThat(server.exitCode()).isEqualTo(143);
        }
        try (var next = ServerProcess.serve(folder)) {
            assertThat(Web.get(next.uri("/metrics")).body()).contains("millrace_turns_running 1.0");
            assertThat(Web.post(next.uri(stream.replace("/stream", ":interrupt")), "")
                            .body())
                    .contains("true");
            reader.read(next.uri(stream), task, () -> {});
            assertThat(reader.state(task)).isEqualTo("TASK_STATE_CANCELED");
        }
    }

    @Test
    void a_second_signal_ends_it_at_once() throws Exception {
        Files.writeString(folder.resolve("millrace.yaml"), "server: {drain: 10m}\n");
        try (var server = ServerProcess.serve(folder, "--memory", "--config", "millrace.yaml")) {
            chat(server, 1_000_000, 1000);
            server.terminate();
            Awaitility.await()
                    .atMost(60, TimeUnit.SECONDS)
                    .until(() -> server.log().contains("stopping"));

            server.terminate();

            assertThat(server.exitCode()).isEqualTo(143);
            assertThat(server.log()).doesNotContain("stopped");
        }
    }

    private static JsonNode chat(ServerProcess server, int words, int delayMs) throws Exception {
        HttpResponse<String> created = Web.post(
                server.uri("/api/v1/chats"),
                "{\"message\":{\"parts\":[{\"text\":\"count\"}],\"metadata\":{\"words\":%d,\"delayMs\":%d}}}"
                        .formatted(words, delayMs));
        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
        return Web.JSON.readTree(created.body());
    }
}
