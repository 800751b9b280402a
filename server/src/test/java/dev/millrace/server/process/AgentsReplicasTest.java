package dev.millrace.server.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.testkit.LocalPostgres;
import dev.millrace.testkit.ModelServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Two servers on one PostgreSQL, a parent's turn on the one and its sub-agent's on the other. */
@Timeout(180)
class AgentsReplicasTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    private final ModelServer boss = new ModelServer();
    private final ModelServer workerHere = new ModelServer();
    private final ModelServer workerThere = new ModelServer();
    private final CountDownLatch taken = new CountDownLatch(1);
    private final CountDownLatch dug = new CountDownLatch(1);

    static boolean postgres() {
        return LocalPostgres.installed();
    }

    @AfterEach
    void stop() {
        taken.countDown();
        dug.countDown();
        boss.close();
        workerHere.close();
        workerThere.close();
    }

    @Test
    @EnabledIf("postgres")
    void a_child_that_ends_while_its_parents_server_is_down_is_not_asked_again() throws Exception {
        boss.then(call -> {
                    call.stream().tool(0, "s1", "spawn", "{\"agent\":\"worker\",\"task\":\"dig\"}");
                    call.calls();
                })
                .then(call -> {
                    taken.await(60, TimeUnit.SECONDS); // or the parent would lend its place to its child
                    call.stream().tool(0, "w1", "wait", "{}");
                    call.calls();
                });
        workerThere.then(call -> {
            taken.countDown();
            call.stream().words("Du");
            dug.await(60, TimeUnit.SECONDS);
            call.words("g.").done();
        });
        try (LocalPostgres postgres = LocalPostgres.start().orElseThrow()) {
            String store = "postgresql://" + LocalPostgres.USER + "@127.0.0.1:" + postgres.port() + "/postgres";
            try (ServerProcess here = server("here", store, workerHere, 1)) {
                JsonNode begun = Web.JSON.readTree(Web.post(
                                here.uri("/api/v1/chats"),
                                "{\"agent\":\"boss\",\"message\":{\"messageId\":\"m1\",\"parts\":[{\"text\":\"dig a hole\"}]}}")
                        .body());
                String chat = begun.at("/chat/id").stringValue();
                String task = begun.path("taskId").stringValue();
                boss.call(); // the parent's turn is here, and takes the only place that there is
                try (ServerProcess there = server("there", store, workerThere, 4)) {
                    workerThere.call(); // its child's is there
                    await().atMost(PATIENCE).until(() -> messages(there, chat).contains("\"wait\""));
                    here.kill();

                    boss.then(call -> call.stream().words("There is a hole.").done());
                    dug.countDown();
                    var reader = new ChatReader();
                    while (!reader.state(task).matches("TASK_STATE_(COMPLETED|FAILED|CANCELED)")) {
                        reader.read(there.uri("/api/v1/chats/" + chat + "/stream"), task, () -> {});
                    }
                    assertThat(reader.state(task)).isEqualTo("TASK_STATE_COMPLETED");
                    assertThat(reader.text(task)).contains("There is a hole.");
                    boss.call();
                    JsonNode told = Web.JSON.readTree(boss.call().body()).path("messages");
                    assertThat(told.get(told.size() - 1).path("content").asString())
                            .contains("Dug.");
                    assertThat(workerHere.callsWaiting() + workerThere.callsWaiting() + boss.callsWaiting())
                            .as("nobody was asked twice")
                            .isZero();
                    assertThat(Web.getJson(there.uri("/api/v1/chats?parent=" + chat))
                                    .path("chats"))
                            .as("and nobody was set to work twice")
                            .hasSize(1);
                }
            }
        }
    }

    private ServerProcess server(String name, String store, ModelServer worker, int turns)
            throws IOException, InterruptedException {
        Path home = Files.createDirectory(folder.resolve(name));
        Path config = Files.writeString(
                home.resolve("millrace.yaml"), """
                engine: {lease: 2s, lookAgain: 1s}
                limits: {turns: %d}
                models:
                  big: {baseUrl: "%s"}
                  small: {baseUrl: "%s"}
                agents:
                  boss: {models: big, spawns: worker}
                  worker: {models: small}
                """.formatted(turns, boss.baseUrl(), worker.baseUrl()));
        return ServerProcess.serve(home, "--store", store, "--config", config.toString());
    }

    private static String messages(ServerProcess server, String chat) throws Exception {
        return Web.get(server.uri("/api/v1/chats/" + chat + "/messages")).body();
    }
}
