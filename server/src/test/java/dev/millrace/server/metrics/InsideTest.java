package dev.millrace.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.server.Millrace;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class InsideTest {

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

            String told = client.send(
                            HttpRequest.newBuilder(server.uri().resolve("/api/v1/inside"))
                                    .build(),
                            BodyHandlers.ofString())
                    .body();
            assertThat(told).doesNotContain("secret");
            JsonNode inside = new JsonMapper().readTree(told);
            assertThat(inside.get("store").stringValue()).isEqualTo("memory");
            assertThat(inside.at("/turns/ended/completed").intValue()).isEqualTo(1);
            assertThat(inside.at("/streams/connections").intValue()).isPositive();
            JsonNode commit = inside.at("/stages/1");
            assertThat(commit.get("stage").stringValue()).isEqualTo("commit");
            assertThat(commit.get("count").intValue()).isEqualTo(1);
            JsonNode buckets = commit.get("buckets");
            assertThat(buckets.get(buckets.size() - 1).get("count").intValue()).isEqualTo(1);
            for (int i = 1; i < buckets.size(); i++) {
                assertThat(buckets.get(i).get("count").intValue())
                        .isGreaterThanOrEqualTo(buckets.get(i - 1).get("count").intValue());
            }
        }
    }
}
