package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.A2aClient;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskFold;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import dev.millrace.protocol.error.ErrorTable;
import dev.millrace.protocol.operation.SendMessageConfiguration;
import dev.millrace.protocol.operation.SendMessageRequest;
import dev.millrace.protocol.push.TaskPushNotificationConfig;
import dev.millrace.server.Millrace;
import dev.millrace.server.config.A2aConfig;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class PushReceiverTest {
    private static final String EVENT = "{\"statusUpdate\":{\"taskId\":\"t\",\"contextId\":\"c\","
            + "\"status\":{\"state\":\"TASK_STATE_WORKING\"}}}";

    private final List<StreamResponse> taken = new CopyOnWriteArrayList<>();

    @Test
    void it_gets_every_event_of_a_task_once_though_it_fails_at_first() throws Exception {
        var failed = new AtomicBoolean();
        try (var receiver = new PushReceiver(0, "secret", event -> {
                    if (!failed.getAndSet(true)) {
                        throw new IllegalStateException("not now");
                    }
                    taken.add(event);
                });
                Millrace server = Millrace.with("greeter", new Greeter())
                        .settings(
                                settings -> settings.a2a(new A2aConfig(ErrorTable.V1_0_1, false, Set.of("localhost"))))
                        .start();
                A2aClient client = A2aClient.at(server.uri()).connect()) {
            receiver.start();
            var push = new TaskPushNotificationConfig(
                    null, null, null, receiver.uri().toString(), "secret", null);
            Task task = (Task) client.send(new SendMessageRequest(
                    null, Message.user("m1", "Ada"), new SendMessageConfiguration(List.of(), push, null, false), null));

            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> !taken.isEmpty()
                            && taken.getLast() instanceof TaskStatusUpdateEvent last
                            && last.status().state() == TaskState.COMPLETED);
            Task pushed = TaskFold.fold(new ArrayList<>(taken));
            assertThat(pushed.id()).isEqualTo(task.id());
            assertThat(pushed.artifacts().getFirst().text()).isEqualTo("Hello, Ada!");
        }
    }

    @Test
    void what_comes_twice_is_taken_once_and_what_failed_is_taken_when_it_comes_again() throws Exception {
        var failing = new AtomicBoolean(true);
        try (var receiver = new PushReceiver(0, "secret", event -> {
                    if (failing.get()) {
                        throw new IllegalStateException("not now");
                    }
                    taken.add(event);
                });
                HttpClient sender = HttpClient.newHttpClient()) {
            receiver.start();
            assertThat(post(sender, receiver, "secret", "d1")).isEqualTo(500);
            failing.set(false);
            assertThat(post(sender, receiver, "secret", "d1")).isEqualTo(204);
            assertThat(post(sender, receiver, "secret", "d1")).isEqualTo(204);
            assertThat(taken).hasSize(1);
            assertThat(post(sender, receiver, "secret", "d2")).isEqualTo(204);
            assertThat(taken).hasSize(2);
        }
    }

    @Test
    void who_does_not_know_the_token_is_not_heard() throws Exception {
        try (var receiver = new PushReceiver(0, "secret", taken::add);
                HttpClient sender = HttpClient.newHttpClient()) {
            receiver.start();
            assertThat(post(sender, receiver, "guess", "d1")).isEqualTo(401);
            assertThat(taken).isEmpty();
        }
    }

    private static int post(HttpClient sender, PushReceiver receiver, String token, String id) throws Exception {
        return sender.send(
                        HttpRequest.newBuilder(receiver.uri())
                                .header("X-A2A-Notification-Token", token)
                                .header("X-A2A-Delivery-Id", id)
                                .POST(HttpRequest.BodyPublishers.ofString(EVENT))
                                .build(),
                        BodyHandlers.discarding())
                .statusCode();
    }
}
