package dev.millrace.server.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.server.auth.ApiKeys;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
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
    void an_address_that_others_can_reach_is_open_to_everybody_only_if_that_is_meant() throws Exception {
        try (var server = ServerProcess.start(folder, "serve", "--memory", "--port", "0", "--host", "0.0.0.0")) {
            assertThat(server.exitCode()).isEqualTo(2);
            assertThat(server.logLines()).singleElement().asString().contains("--host", "millrace keys", "--insecure");
        }
        try (var server = ServerProcess.serve(folder, "--memory", "--host", "0.0.0.0", "--insecure")) {
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

    @Test
    void a_configuration_that_changes_is_taken_over_as_far_as_that_goes() throws Exception {
        String alice = ApiKeys.newKey(new SecureRandom());
        String bob = ApiKeys.newKey(new SecureRandom());
        Path config = folder.resolve("millrace.yaml");
        String keys = "auth:\n  keys:\n    alice: " + ApiKeys.hash(alice) + "\n";
        Files.writeString(config, keys);
        try (var server = ServerProcess.serve(folder, "--memory", "--config", config.toString())) {
            assertThat(status(server, alice)).isEqualTo(200);
            assertThat(status(server, bob)).isEqualTo(401);

            // As editors and configuration managers do it: a new file in place of the old one.
            Path next = Files.writeString(
                    folder.resolve("next"), keys + "    bob: " + ApiKeys.hash(bob) + "\nserver: {port: 1}\n");
            Files.move(next, config, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            await().until(() -> status(server, bob) == 200);
            assertThat(status(server, alice)).isEqualTo(200);

            // What is wrong changes nothing, and is said; nor does a file that would open the server.
            Files.writeString(config, "auth: {kees: {}}\n");
            await().until(() ->
                    server.log().contains("is not taken over") && server.log().contains("auth.kees"));
            Files.writeString(config, "server: {drain: 1s}\n");
            await().until(() -> server.log().contains("can't be removed while the server runs"));
            assertThat(status(server, "")).isEqualTo(401);
            assertThat(status(server, bob)).isEqualTo(200);

            Files.writeString(
                    config,
                    "auth:\n  keys:\n    bob: " + ApiKeys.hash(bob) + "\nserver: {drain: 1s}\na2a: {tenants: any}\n");
            await().until(() -> status(server, alice) == 401);
            assertThat(status(server, bob)).isEqualTo(200);
            await().until(() -> server.log().contains("only a restart makes these hold: a2a"));
        }
    }

    @Test
    void a_hangup_has_the_configuration_read_again() throws Exception {
        String alice = ApiKeys.newKey(new SecureRandom());
        String bob = ApiKeys.newKey(new SecureRandom());
        // The link's folder is watched, and the file is in another: a change of it is not noticed by itself.
        Path file = Files.createDirectory(folder.resolve("elsewhere")).resolve("real.yaml");
        Files.writeString(file, "auth:\n  keys:\n    alice: " + ApiKeys.hash(alice) + "\n");
        Path config = Files.createSymbolicLink(folder.resolve("millrace.yaml"), file);
        try (var server = ServerProcess.serve(folder, "--memory", "--config", config.toString())) {
            Files.writeString(file, "auth:\n  keys:\n    bob: " + ApiKeys.hash(bob) + "\n");
            assertThat(status(server, alice)).isEqualTo(200);

            server.hangUp();
            await().until(() -> status(server, bob) == 200);
            assertThat(status(server, alice)).isEqualTo(401);
            assertThat(server.log()).contains("SIGHUP");

            Files.writeString(file, "auth: {kees: {}}\n");
            server.hangUp();
            await().until(() -> server.log().contains("is not taken over"));
            assertThat(status(server, bob)).isEqualTo(200);

            server.terminate();
            assertThat(server.exitCode()).isEqualTo(143);
        }
    }

    private static org.awaitility.core.ConditionFactory await() {
        return org.awaitility.Awaitility.await().atMost(java.time.Duration.ofSeconds(60));
    }

    private static int status(ServerProcess server, String key) throws Exception {
        var request = HttpRequest.newBuilder(server.uri("/api/v1/chats"))
                .header("X-API-Key", key)
                .build();
        try (var client = HttpClient.newHttpClient()) {
            return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        }
    }
}
