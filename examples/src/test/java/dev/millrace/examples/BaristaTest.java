package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.A2aClient;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.server.Millrace;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BaristaTest {
    @TempDir
    Path folder;

    private Millrace barista() throws Exception {
        return Millrace.with("barista", new Barista()).data(folder).start();
    }

    private static Task send(A2aClient client, Message message) {
        return (Task) client.send(message);
    }

    @Test
    void it_asks_until_it_knows_the_size_and_still_knows_the_order_after_a_restart() throws Exception {
        Task asked;
        try (Millrace server = barista();
                A2aClient client = A2aClient.at(server.uri()).connect()) {
            asked = send(client, Message.user("m1", "a flat white"));
            assertThat(asked.status().state()).isEqualTo(TaskState.INPUT_REQUIRED);
            assertThat(asked.status().message().text()).isEqualTo("Small or large?");

            Task again = send(client, Message.user("m2", "yes please").in(asked.contextId(), asked.id()));
            assertThat(again.status().state()).isEqualTo(TaskState.INPUT_REQUIRED);
        }
        try (Millrace server = barista();
                A2aClient client = A2aClient.at(server.uri()).connect()) {
            Task done = send(client, Message.user("m3", "large").in(asked.contextId(), asked.id()));
            assertThat(done.status().state()).isEqualTo(TaskState.COMPLETED);
            assertThat(done.artifacts().getLast().text()).isEqualTo("One large one: a flat white.");
        }
    }

    @Test
    void it_asks_nothing_that_it_was_told() throws Exception {
        try (Millrace server = barista();
                A2aClient client = A2aClient.at(server.uri()).connect()) {
            Task done = send(client, Message.user("m1", "a small tea"));
            assertThat(done.artifacts().getFirst().text()).isEqualTo("One small one: a small tea.");
        }
    }
}
