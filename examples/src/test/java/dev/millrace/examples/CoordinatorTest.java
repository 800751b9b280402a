package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.A2aClient;
import dev.millrace.client.Binding;
import dev.millrace.client.TaskStream;
import dev.millrace.engine.Agent;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskState;
import dev.millrace.server.Millrace;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class CoordinatorTest {
    private static Millrace server(String name, Agent agent) throws Exception {
        return Millrace.with(name, agent).start();
    }

    private static Coordinator over(Millrace first, Millrace second) {
        return new Coordinator(Map.of(
                "first", A2aClient.at(first.uri()).bindings(Binding.JSONRPC).connect(),
                "second", A2aClient.at(second.uri()).bindings(Binding.GRPC).connect()));
    }

    @Test
    void both_workers_work_at_once_and_what_one_says_does_not_wait_for_the_other() throws Exception {
        var heard = new CountDownLatch(1);
        try (Millrace first = server("first", turn -> {
                    heard.await(); // goes on only when the user has read what the other one said
                    turn.say("slow and sure");
                });
                Millrace second = server("second", turn -> {
                    turn.say("quick ");
                    turn.say("as can be");
                });
                Millrace house = server("coordinator", over(first, second));
                A2aClient client = A2aClient.at(house.uri()).connect();
                TaskStream events = client.stream(Message.user("m1", "go"))) {
            String task = null;
            for (StreamResponse event : events) {
                task = event.taskId();
                if (event instanceof TaskArtifactUpdateEvent update
                        && update.artifact().artifactId().equals("second")) {
                    heard.countDown();
                }
            }
            Task done = client.getTask(task);
            assertThat(done.status().state()).isEqualTo(TaskState.COMPLETED);
            assertThat(done.artifacts())
                    .extracting(Artifact::artifactId, Artifact::text)
                    .containsExactlyInAnyOrder(
                            org.assertj.core.groups.Tuple.tuple("first", "slow and sure"),
                            org.assertj.core.groups.Tuple.tuple("second", "quick as can be"));
        }
    }

    @Test
    void a_worker_that_fails_fails_the_whole() throws Exception {
        try (Millrace first = server("first", turn -> turn.reject("not for me"));
                Millrace second = server("second", turn -> turn.say("done"));
                Millrace house = server("coordinator", over(first, second));
                A2aClient client = A2aClient.at(house.uri()).connect()) {
            Task task = (Task) client.send(Message.user("m1", "go"));
            assertThat(task.status().state()).isEqualTo(TaskState.FAILED);
        }
    }
}
