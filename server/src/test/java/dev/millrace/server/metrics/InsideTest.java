package dev.millrace.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.server.Millrace;
import dev.millrace.server.auth.ApiKeys;
import dev.millrace.server.auth.AuthSettings;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class InsideTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final String ALICE = "mr_alice-has-this-key";
    private static final String BOB = "mr_bob-has-that-key";

    private static JsonNode inside(Millrace server, HttpClient client, String key) throws Exception {
        var request = HttpRequest.newBuilder(server.uri().resolve("/api/v1/inside"))
                .header("X-API-Key", key)
                .build();
        return new JsonMapper()
                .readTree(client.send(request, BodyHandlers.ofString()).body());
    }

    private static void send(Millrace server, HttpClient client, String key, String text) throws Exception {
        var request = HttpRequest.newBuilder(server.uri().resolve("/api/v1/chats"))
                .header("Content-Type", "application/json")
                .header("X-API-Key", key)
                .POST(BodyPublishers.ofString("{\"message\":{\"parts\":[{\"text\":\"" + text + "\"}]}}"));
        assertThat(client.send(request.build(), BodyHandlers.ofString()).statusCode())
                .isEqualTo(201);
    }

    @Test
    void an_operator_sees_everybodys_queues_and_all_others_their_own() throws Exception {
        var go = new Semaphore(0);
        var held = new Semaphore(0);
        var auth = AuthSettings.open()
                .withKeys(Map.of(
                        "alice", List.of(ApiKeys.hash(ALICE)),
                        "bob", List.of(ApiKeys.hash(BOB))))
                .withOperators(Set.of("alice"));
        try (var server = Millrace.with("holder", turn -> {
                            held.release();
                            go.acquire();
                        })
                        .settings(settings -> settings.auth(auth))
                        .start();
                var client = HttpClient.newHttpClient()) {
            send(server, client, ALICE, "x");
            send(server, client, BOB, "x");
            send(server, client, BOB, "x");
            held.acquire(3);

            JsonNode all = inside(server, client, ALICE);
            assertThat(all.get("operator").booleanValue()).isTrue();
            assertThat(all.get("queues").toString())
                    .isEqualTo("[{\"owner\":\"alice\",\"agent\":\"holder\",\"running\":1},"
                            + "{\"owner\":\"bob\",\"agent\":\"holder\",\"running\":2}]");
            JsonNode own = inside(server, client, BOB);
            assertThat(own.get("operator").booleanValue()).isFalse();
            assertThat(own.get("queues").toString())
                    .isEqualTo("[{\"owner\":\"bob\",\"agent\":\"holder\",\"running\":2}]");
            assertThat(own.at("/servers/0/here").booleanValue()).isTrue();
            assertThat(own.at("/servers/0/running").intValue()).isEqualTo(3);
            assertThat(own.get("pushes").toString()).isEqualTo("{\"open\":0,\"failing\":0,\"dead\":0}");

            go.release(3);
            await().atMost(PATIENCE)
                    .until(() -> inside(server, client, ALICE).get("queues").isEmpty());
        }
    }

    @Test
    void what_went_wrong_is_told_by_its_kind_and_not_by_what_was_said() throws Exception {
        try (var server = Millrace.with("failing", turn -> {
                            throw new IllegalStateException(
                                    "a secret of " + turn.message().text());
                        })
                        .start();
                var client = HttpClient.newHttpClient()) {
            send(server, client, "", "a secret, too");
            send(server, client, "", "another secret");
            JsonNode latest = await().atMost(PATIENCE)
                    .until(() -> inside(server, client, "").get("errors"), errors -> {
                        JsonNode first = errors.path(0);
                        return first.path("kind").asString("").equals("IllegalStateException")
                                && first.path("times").asInt() >= 2;
                    });
            assertThat(latest.toString()).doesNotContain("secret");
            assertThat(latest.get(0).get("what").stringValue()).isEqualTo("agent {} failed in task {}");
            assertThat(latest.get(0).get("level").stringValue()).isEqualTo("warn");
            assertThat(latest.get(0).get("where").stringValue()).isEqualTo("Turns");
            for (int i = 0; i < 3 * Troubles.MOST; i++) {
                LoggerFactory.getLogger("dev.millrace.of.tests").warn("trouble " + i % 2);
                LoggerFactory.getLogger("org.example.other").error("a secret");
            }
            JsonNode many = inside(server, client, "").get("errors");
            assertThat(many.size()).isEqualTo(Troubles.MOST);
            assertThat(many.toString()).doesNotContain("secret");
        }
    }

    @Test
    void it_tells_where_the_time_of_a_turn_went_and_nothing_of_what_was_said() throws Exception {
        try (var server = Millrace.with("teller", turn -> turn.say("a secret")).start();
                var client = HttpClient.newHttpClient()) {
            var send = HttpRequest.newBuilder(server.uri().resolve("/a2a"))
                    .header("Content-Type", "application/json")
                    .header("A2A-Version", "1.0")
                    .POST(BodyPublishers.ofString("""
                            {"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"message":{"messageId":"m1",
                             "role":"ROLE_USER","parts":[{"text":"a secret, too"}]}}}"""));
            assertThat(client.send(send.build(), BodyHandlers.ofString()).body())
                    .contains("COMPLETED");

            var ask = HttpRequest.newBuilder(server.uri().resolve("/api/v1/inside"))
                    .build();
            // A turn is counted when its end is stored, which is when it may be told.
            String told = await().atMost(PATIENCE)
                    .until(() -> client.send(ask, BodyHandlers.ofString()).body(), body -> body.contains("completed"));
            assertThat(told).doesNotContain("secret");
            JsonNode inside = new JsonMapper().readTree(told);
            assertThat(inside.get("store").stringValue()).isEqualTo("memory");
            assertThat(inside.at("/turns/ended/completed").intValue()).isEqualTo(1);
            assertThat(inside.at("/streams/connections").intValue()).isPositive();
            JsonNode write = inside.at("/stages/1");
            assertThat(write.get("stage").stringValue()).isEqualTo("write");
            assertThat(write.get("count").intValue()).isEqualTo(1);
            JsonNode buckets = write.get("buckets");
            assertThat(buckets.get(buckets.size() - 1).get("count").intValue()).isEqualTo(1);
            for (int i = 1; i < buckets.size(); i++) {
                assertThat(buckets.get(i).get("count").intValue())
                        .isGreaterThanOrEqualTo(buckets.get(i - 1).get("count").intValue());
            }
        }
    }
}
