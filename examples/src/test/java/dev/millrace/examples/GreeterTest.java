package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.A2aClient;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.server.Millrace;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class GreeterTest {

    @Test
    void it_greets_over_a2a() throws Exception {
        try (Millrace server = greeter();
                A2aClient client = A2aClient.at(server.uri()).connect()) {
            assertThat(client.send(Message.user("m1", "Ada"))).isInstanceOfSatisfying(Task.class, task -> {
                assertThat(task.status().state()).isEqualTo(TaskState.COMPLETED);
                assertThat(task.artifacts().getFirst().text()).isEqualTo("Hello, Ada!");
            });
        }
    }

    @Test
    void it_greets_over_the_chat_api() throws Exception {
        try (Millrace server = greeter();
                HttpClient client = HttpClient.newHttpClient()) {
            var created = client.send(
                    HttpRequest.newBuilder(server.uri().resolve("/api/v1/chats"))
                            .header("Content-Type", "application/json")
                            .POST(BodyPublishers.ofString("{\"message\":{\"parts\":[{\"text\":\"Ada\"}]}}"))
                            .build(),
                    BodyHandlers.ofString());
            assertThat(created.statusCode()).isEqualTo(201);
            var ids = Pattern.compile("\"id\":\"([^\"]+)\".*\"taskId\":\"([^\"]+)\"")
                    .matcher(created.body());
            assertThat(ids.find()).as(created.body()).isTrue();

            URI chat = server.uri().resolve("/api/v1/chats/" + ids.group(1));
            assertThat(get(client, chat + "/stream?until=" + ids.group(2))).contains("TASK_STATE_COMPLETED");
            assertThat(get(client, chat + "/messages")).contains("\"Hello, Ada!\"");
        }
    }

    private static Millrace greeter() throws Exception {
        return Millrace.with("greeter", new Greeter()).start();
    }

    private static String get(HttpClient client, String uri) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create(uri)).build(), BodyHandlers.ofString())
                .body();
    }
}
