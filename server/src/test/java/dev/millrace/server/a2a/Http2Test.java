package dev.millrace.server.a2a;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.json.A2aJson;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The same over HTTP/2, where a client that leaves is known at once. */
@Timeout(60)
class Http2Test {

    @Test
    void the_card_names_the_address_that_was_asked() throws Exception {
        try (var house = new A2aHouse(turn -> turn.say("x"));
                var http2 = new Http2(house)) {
            HttpRequest request = HttpRequest.newBuilder(house.uri("/.well-known/agent-card.json"))
                    .build();
            HttpResponse<byte[]> response = http2.client.send(request, BodyHandlers.ofByteArray());
            assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(A2aJson.AGENT_CARD
                            .read(response.body())
                            .supportedInterfaces()
                            .getFirst()
                            .url())
                    .isEqualTo(house.uri("/a2a").toString());
        }
    }

    @Test
    void a_client_that_takes_back_its_send_ends_its_wait_and_not_the_task() throws Exception {
        var gate = new Gate();
        try (var house = new A2aHouse(gate);
                var http2 = new Http2(house)) {
            String body = A2aHouse.rpc("SendMessage", A2aHouse.say("one two", "\"contextId\":\"left\""));
            var waiting = http2.client.sendAsync(house.request("/a2a", body).build(), BodyHandlers.ofString());
            gate.open(1);
            waiting.cancel(true);
            Awaitility.await().atMost(A2aHouse.PATIENCE).until(() -> house.server.open() == 0);
            gate.openAll();
            String id = house.result("ListTasks", "{\"contextId\":\"left\"}")
                    .get("tasks")
                    .get(0)
                    .get("id")
                    .stringValue();
            assertThat(A2aHouse.answer(house.awaitState(id, TaskState.COMPLETED)))
                    .isEqualTo("one two ");
        }
    }

    @Test
    void a_stream_ends_when_its_task_does() throws Exception {
        var gate = new Gate();
        try (var house = new A2aHouse(gate);
                var http2 = new Http2(house)) {
            String body = A2aHouse.rpc("SendStreamingMessage", A2aHouse.say("one two"));
            HttpResponse<InputStream> response =
                    http2.client.send(house.request("/a2a", body).build(), BodyHandlers.ofInputStream());
            assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
            try (var frames = new Frames(response)) {
                gate.openAll();
                assertThat(A2aHouse.answer(A2aHouse.fold(frames.rest()))).isEqualTo("one two ");
            }
        }
    }

    /** A client whose connection speaks HTTP/2 already: a first POST would not be upgraded. */
    private record Http2(HttpClient client) implements AutoCloseable {
        Http2(A2aHouse house) throws Exception {
            this(HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build());
            client.send(
                    HttpRequest.newBuilder(house.uri("/.well-known/agent-card.json"))
                            .build(),
                    BodyHandlers.discarding());
        }

        @Override
        public void close() {
            client.shutdownNow();
        }
    }
}
