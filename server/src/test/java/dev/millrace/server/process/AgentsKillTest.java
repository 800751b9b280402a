package dev.millrace.server.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.testkit.FreePort;
import dev.millrace.testkit.ModelServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Whole servers are killed while their agents wait for others: sub-agents in the same process, agents of another server. Nothing
 * is lost, and nothing is done twice that was done.
 */
@Timeout(180)
class AgentsKillTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    private final ModelServer boss = new ModelServer();
    private final ModelServer worker = new ModelServer();
    private final List<ServerProcess> servers = new ArrayList<>();
    private final List<CountDownLatch> holds = new ArrayList<>();

    @AfterEach
    void stop() throws Exception {
        holds.forEach(CountDownLatch::countDown);
        for (ServerProcess server : servers) {
            server.close();
        }
        boss.close();
        worker.close();
    }

    /** A server with its own folder, at a port that it keeps. */
    private final class Place {
        private final Path home;
        private final int port = FreePort.find();
        private ServerProcess process;

        Place(String name) throws IOException {
            home = Files.createDirectories(folder.resolve(name));
        }

        URI uri() {
            return URI.create("http://127.0.0.1:" + port);
        }

        Place has(String config) throws IOException {
            Files.writeString(home.resolve("millrace.yaml"), config);
            return this;
        }

        Place start() throws Exception {
            process = ServerProcess.start(
                    home, "serve", "--port", String.valueOf(port), "--data", "data", "--config", "millrace.yaml");
            servers.add(process);
            process.uri();
            return this;
        }

        void kill() throws InterruptedException {
            process.kill();
        }

        /** Sends a message in a new chat; the chat and the task. */
        Begun begin(String agent, String text) throws Exception {
            var answer = Web.post(
                    process.uri("/api/v1/chats"),
                    "{\"agent\":\"" + agent + "\",\"message\":{\"messageId\":\"m1\",\"parts\":[{\"text\":\"" + text
                            + "\"}]}}");
            assertThat(answer.statusCode()).as(answer.body()).isLessThan(300);
            JsonNode json = Web.JSON.readTree(answer.body());
            return new Begun(
                    json.at("/chat/id").stringValue(), json.path("taskId").stringValue());
        }

        /** What the reader of the chat has at the end of the task. */
        ChatReader readToEnd(Begun begun) throws Exception {
            var reader = new ChatReader();
            while (!reader.state(begun.task()).matches("TASK_STATE_(COMPLETED|FAILED|CANCELED)")) {
                reader.read(process.uri("/api/v1/chats/" + begun.chat() + "/stream"), begun.task(), () -> {});
            }
            return reader;
        }
    }

    private record Begun(String chat, String task) {}

    private static String models(ModelServer boss, ModelServer worker) {
        return "models:\n  big: {baseUrl: \"" + boss.baseUrl() + "\"}\n  small: {baseUrl: \"" + worker.baseUrl()
                + "\"}\n";
    }

    /** An answer of which some words come, and the rest when the test lets it. */
    private CountDownLatch inTheMidst(ModelServer model, String words, String rest) {
        var hold = new CountDownLatch(1);
        holds.add(hold);
        model.then(call -> {
            call.stream().words(words);
            hold.await(150, TimeUnit.SECONDS);
            call.words(rest).done();
        });
        return hold;
    }

    private static void awaitWords(Place at, Begun begun, String words) throws Exception {
        var reader = new ChatReader();
        var said = new CountDownLatch(1);
        Thread reading = Thread.startVirtualThread(() -> {
            try {
                reader.read(at.process.uri("/api/v1/chats/" + begun.chat() + "/stream"), null, () -> {
                    if (reader.text(begun.task()).contains(words)) {
                        said.countDown();
                    }
                });
            } catch (InterruptedException e) {
                // enough was seen
            }
        });
        assertThat(said.await(60, TimeUnit.SECONDS)).isTrue();
        reading.interrupt();
    }

    // Sub-agents.

    private Place teamwork() throws Exception {
        boss.then(call -> {
                    call.stream().tool(0, "s1", "spawn", "{\"agent\":\"worker\",\"task\":\"dig\"}");
                    call.calls();
                })
                .then(call -> {
                    call.stream().tool(0, "w1", "wait", "{}");
                    call.calls();
                });
        return new Place("team")
                .has(models(boss, worker)
                        + "agents:\n  boss: {models: big, spawns: worker}\n  worker: {models: small}\n")
                .start();
    }

    private static List<JsonNode> parts(Place place, Begun begun) throws Exception {
        return Stream.of(Web.getJson(place.process.uri("/api/v1/chats?parent=" + begun.chat()))
                        .path("chats"))
                .flatMap(chats -> chats.values().stream())
                .toList();
    }

    private static String lastTold(ModelServer.Call call) {
        JsonNode messages = Web.JSON.readTree(call.body()).path("messages");
        return messages.get(messages.size() - 1).path("content").asString();
    }

    @Test
    void a_parent_that_waits_and_its_child_that_works_both_go_on() throws Exception {
        inTheMidst(worker, "Half", "");
        Place place = teamwork();
        Begun begun = place.begin("boss", "dig a hole");
        boss.call();
        boss.call();
        worker.call(); // the child works
        await().atMost(PATIENCE) // and its parent waits for it: that is on record
                .until(() -> Web.get(place.process.uri("/api/v1/chats/" + begun.chat() + "/messages"))
                        .body()
                        .contains("\"wait\""));
        place.kill();

        worker.then(call -> call.stream().words("Dug.").done());
        boss.then(call -> call.stream().words("There is a hole.").done());
        place.start();
        ChatReader reader = place.readToEnd(begun);
        assertThat(reader.state(begun.task())).isEqualTo("TASK_STATE_COMPLETED");
        assertThat(reader.text(begun.task())).contains("There is a hole.");
        assertThat(lastTold(boss.call())).contains("Dug.").doesNotContain("Half");
        worker.call();
        assertThat(boss.callsWaiting() + worker.callsWaiting())
                .as("nobody was asked twice")
                .isZero();
        assertThat(parts(place, begun)).as("and nobody was set to work twice").hasSize(1);
    }

    @Test
    void what_a_child_has_done_when_its_parent_is_lost_is_not_done_again() throws Exception {
        worker.then(call -> call.stream().words("Dug.").done());
        Place place = teamwork();
        inTheMidst(boss, "There", ""); // the parent knows of it, and is about to say so
        Begun begun = place.begin("boss", "dig a hole");
        boss.call();
        boss.call();
        worker.call();
        boss.call();
        place.kill();

        boss.then(call -> call.stream().words("A hole is there.").done());
        place.start();
        ChatReader reader = place.readToEnd(begun);
        assertThat(reader.text(begun.task())).contains("A hole is there.").doesNotContain("ThereA");
        assertThat(lastTold(boss.call())).contains("Dug.");
        assertThat(worker.callsWaiting()).as("the child is left alone").isZero();
        assertThat(parts(place, begun)).hasSize(1);
    }

    // Agents of another server.

    private Place relayTo(Place there) throws Exception {
        return new Place("here")
                .has("remotes:\n  far: {url: \"" + there.uri() + "\"}\n")
                .start();
    }

    private Place workshop() throws Exception {
        return new Place("there")
                .has(models(boss, worker) + "agents:\n  worker: {models: small}\n")
                .start();
    }

    @Test
    void what_was_asked_for_one_answer_alone_is_not_there_after_its_server_was_killed() throws Exception {
        inTheMidst(boss, "half an ", "answer");
        Place place = new Place("door")
                .has(models(boss, worker) + "agents:\n  boss: {models: big}\n")
                .start();
        URI door = place.process.uri("/v1/chat/completions");
        var said = new CountDownLatch(1);
        Thread asking = Thread.startVirtualThread(() -> {
            var request = HttpRequest.newBuilder(door)
                    .header("Content-Type", "application/json")
                    .POST(BodyPublishers.ofString("{\"model\":\"boss\",\"stream\":true,\"store\":false,"
                            + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"))
                    .build();
            try (HttpClient http = HttpClient.newHttpClient();
                    var lines = http.send(request, BodyHandlers.ofLines()).body()) {
                lines.filter(line -> line.contains("half an ")).forEach(line -> said.countDown());
            } catch (IOException | InterruptedException | java.io.UncheckedIOException cut) {
                // its server was killed
            }
        });
        assertThat(said.await(60, TimeUnit.SECONDS)).isTrue();
        URI chats = place.process.uri("/api/v1/chats");
        assertThat(Web.getJson(chats).path("chats")).hasSize(1);
        place.kill();
        asking.join();
        place.start();
        assertThat(Web.getJson(place.process.uri("/api/v1/chats")).path("chats"))
                .isEmpty();
        assertThat(boss.callsWaiting()).as("the model is not asked again").isLessThan(2);
    }

    @Test
    void a_relay_that_is_killed_goes_on_where_the_other_one_is() throws Exception {
        CountDownLatch hold = inTheMidst(worker, "one ", "two");
        Place there = workshop();
        Place here = relayTo(there);
        Begun begun = here.begin("far", "count");
        awaitWords(here, begun, "one ");
        here.kill();
        hold.countDown();
        here.start();
        ChatReader reader = here.readToEnd(begun);
        assertThat(reader.state(begun.task())).isEqualTo("TASK_STATE_COMPLETED");
        assertThat(reader.text(begun.task())).isEqualTo("one two");
        worker.call();
        assertThat(worker.callsWaiting()).as("nothing was done twice").isZero();
    }

    @Test
    void an_agent_elsewhere_that_is_killed_and_comes_back_is_followed_to_its_end() throws Exception {
        inTheMidst(worker, "Half", "");
        Place there = workshop();
        Place here = relayTo(there);
        Begun begun = here.begin("far", "count");
        awaitWords(here, begun, "Half");
        there.kill();
        worker.then(call -> call.stream().words("All of it.").done());
        there.start();
        ChatReader reader = here.readToEnd(begun);
        assertThat(reader.state(begun.task())).isEqualTo("TASK_STATE_COMPLETED");
        assertThat(reader.text(begun.task())).isEqualTo("All of it.");
    }

    @Test
    void two_servers_that_are_each_others_agents_survive_each_others_death() throws Exception {
        CountDownLatch hold = inTheMidst(worker, "Half", "");
        var there = new Place("there");
        var here = new Place("here");
        // here: far -> there: back -> here: worker
        here.has(models(boss, worker) + "agents:\n  worker: {models: small}\nremotes:\n  far: {url: \"" + there.uri()
                + "\"}\n");
        there.has("remotes:\n  back: {url: \"" + here.uri() + "\"}\n");
        here.start();
        there.start();
        Begun begun = here.begin("far", "count");
        awaitWords(here, begun, "Half");
        there.kill();
        there.start();
        worker.then(call -> call.stream().words("All of it.").done());
        here.kill();
        hold.countDown();
        here.start();
        ChatReader reader = here.readToEnd(begun);
        assertThat(reader.state(begun.task())).isEqualTo("TASK_STATE_COMPLETED");
        assertThat(reader.text(begun.task())).isEqualTo("All of it.");
        await().atMost(PATIENCE).until(() -> worker.callsWaiting() == 2);
    }
}
