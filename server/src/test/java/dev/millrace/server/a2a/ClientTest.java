package dev.millrace.server.a2a;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.client.A2aClient;
import dev.millrace.client.A2aException;
import dev.millrace.client.Binding;
import dev.millrace.client.CallHead;
import dev.millrace.client.CallInterceptor;
import dev.millrace.client.TaskStream;
import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.engine.store.sqlite.SqliteStore;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskFold;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TextPart;
import dev.millrace.protocol.operation.ListTasksRequest;
import dev.millrace.protocol.operation.SendMessageConfiguration;
import dev.millrace.protocol.operation.SendMessageRequest;
import dev.millrace.protocol.push.TaskPushNotificationConfig;
import dev.millrace.server.push.PushSettings;
import dev.millrace.testkit.BreakableWire;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Our client with our server: each operation is the same over each binding, and so is each refusal. */
@Timeout(120)
class ClientTest {
    @TempDir
    Path folder;

    private static A2aClient client(A2aHouse house, Binding binding) {
        return A2aClient.at(house.uri("")).bindings(binding).connect();
    }

    private static InetSocketAddress address(A2aHouse house) {
        return new InetSocketAddress("127.0.0.1", house.server.port());
    }

    private static Message say(String text) {
        return Message.user(UUID.randomUUID().toString(), text);
    }

    private static SendMessageRequest immediately(Message message) {
        return new SendMessageRequest(null, message, new SendMessageConfiguration(List.of(), null, null, true), null);
    }

    private static String text(Task task) {
        return A2aHouse.answer(task);
    }

    @ParameterizedTest
    @EnumSource
    void every_operation_gives_the_same_over_each_binding(Binding binding) throws Exception {
        var push = PushSettings.defaults().withAllowed(Set.of("127.0.0.1"));
        try (var hook = new Hook(count -> 200);
                var house = new A2aHouse(
                        new MemoryStore(),
                        AgentCatalog.of("worker", turn -> {
                            if (turn.message().text().startsWith("wait")) {
                                Thread.sleep(Duration.ofHours(1)); // until it is cancelled
                            }
                            turn.say("heard " + turn.message().text());
                        }),
                        settings -> settings,
                        push);
                A2aClient client = client(house, binding)) {
            assertThat(client.binding()).isEqualTo(binding);

            Task done = (Task) client.send(say("one"));
            assertThat(text(done)).isEqualTo("heard one");
            assertThat(client.getTask(done.id())).isEqualTo(house.get(done.id()));

            try (TaskStream stream = client.stream(say("two"))) {
                Task folded = TaskFold.fold(all(stream));
                assertThat(folded).isEqualTo(house.get(folded.id()));
            }

            Task waiting = (Task) client.send(immediately(say("wait")));
            assertThat(client.listTasks(ListTasksRequest.all()).totalSize()).isEqualTo(3);
            assertThat(client.listTasks(new ListTasksRequest(
                                    null, done.contextId(), TaskState.COMPLETED, 1, null, null, null, true))
                            .tasks())
                    .containsExactly(client.getTask(done.id()));

            TaskPushNotificationConfig config = client.createPushConfig(
                    new TaskPushNotificationConfig(null, null, waiting.id(), hook.url(), "mine", null));
            String configId = java.util.Objects.requireNonNull(config.id());
            assertThat(client.getPushConfig(waiting.id(), configId).url()).isEqualTo(hook.url());
            assertThat(client.listPushConfigs(waiting.id()).configs())
                    .extracting(TaskPushNotificationConfig::id)
                    .containsExactly(configId);
            client.deletePushConfig(waiting.id(), configId);
            client.deletePushConfig(waiting.id(), configId);
            assertThat(client.listPushConfigs(waiting.id()).configs()).isEmpty();

            try (TaskStream stream = client.subscribe(waiting.id())) {
                assertThat(stream.next()).isInstanceOf(Task.class);
                assertThat(client.cancel(waiting.id()).status().state()).isEqualTo(TaskState.CANCELED);
                assertThat(all(stream).getLast().taskId()).isEqualTo(waiting.id());
                assertThat(stream.complete()).isTrue();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void every_refusal_is_the_same_exception_over_each_binding(Binding binding) throws Exception {
        try (var house = new A2aHouse(turn -> turn.say("x"));
                A2aClient client = client(house, binding)) {
            Task done = (Task) client.send(say("one"));
            assertRefused(() -> client.getTask("nope"), -32001, "TASK_NOT_FOUND");
            assertRefused(() -> client.cancel(done.id()), -32002, "TASK_NOT_CANCELABLE");
            assertRefused(() -> client.listPushConfigs(done.id()), -32003, "PUSH_NOTIFICATION_NOT_SUPPORTED");
            assertRefused(() -> client.send(say("more").in(null, done.id())), -32004, "UNSUPPORTED_OPERATION");
            assertRefused(client::extendedCard, -32004, "UNSUPPORTED_OPERATION");
            assertRefused(
                    () -> client.listTasks(new ListTasksRequest(null, null, null, 5000, null, null, null, false)),
                    -32602,
                    null);
            assertRefused(
                    () -> {
                        try (TaskStream stream = client.subscribe("nope")) {
                            stream.next();
                        }
                    },
                    -32001,
                    "TASK_NOT_FOUND");
        }
    }

    private static void assertRefused(
            org.assertj.core.api.ThrowableAssert.ThrowingCallable call, int code, @Nullable String reason) {
        A2aException refused = catchThrowableOfType(A2aException.class, call);
        assertThat(refused).isNotNull();
        assertThat(refused.code()).as(refused.getMessage()).isEqualTo(code);
        if (reason != null) {
            assertThat(refused.reason()).isEqualTo(reason);
        }
        assertThat(refused.data()).isNotNull();
    }

    @ParameterizedTest
    @EnumSource
    void a_stream_that_is_cut_between_any_two_events_misses_nothing_and_repeats_nothing(Binding binding)
            throws Exception {
        var gate = new Gate();
        int words = 6;
        try (var house = new A2aHouse(gate);
                var wire = new BreakableWire(address(house));
                A2aClient client = A2aClient.atInterface(
                                URI.create("http://127.0.0.1:" + wire.port() + (binding == Binding.GRPC ? "" : "/a2a")))
                        .bindings(binding)
                        .connect();
                TaskStream stream = client.stream(say("w ".repeat(words).strip()))) {
            var events = new ArrayList<StreamResponse>();
            for (int word = 0; word < words; word++) {
                gate.open(1);
                while (chunks(events) <= word) {
                    events.add(java.util.Objects.requireNonNull(stream.next()));
                }
                wire.cut();
            }
            gate.openAll();
            events.addAll(all(stream));
            Task folded = TaskFold.fold(events);
            assertThat(text(folded)).isEqualTo("w ".repeat(words));
            assertThat(folded).isEqualTo(house.get(folded.id()));
            assertThat(events.stream().filter(Task.class::isInstance)).hasSize(1); // resumed, not begun again
        }
    }

    private static int chunks(List<StreamResponse> events) {
        return (int) events.stream()
                .filter(dev.millrace.protocol.TaskArtifactUpdateEvent.class::isInstance)
                .count();
    }

    @ParameterizedTest
    @EnumSource
    void a_stream_outlives_its_server(Binding binding) throws Exception {
        var first = new Gate();
        var before = new A2aHouse(SqliteStore.open(folder), AgentCatalog.of("worker", first));
        try (var wire = new BreakableWire(address(before));
                A2aClient client = A2aClient.atInterface(
                                URI.create("http://127.0.0.1:" + wire.port() + (binding == Binding.GRPC ? "" : "/a2a")))
                        .bindings(binding)
                        .connect();
                TaskStream stream = client.stream(say("one two three"))) {
            var events = new ArrayList<StreamResponse>();
            first.open(2);
            while (chunks(events) < 2) {
                events.add(java.util.Objects.requireNonNull(stream.next()));
            }
            wire.refuse();
            before.close();
            var second = new Gate();
            second.openAll();
            try (var after = new A2aHouse(SqliteStore.open(folder), AgentCatalog.of("worker", second))) {
                wire.leadTo(address(after));
                wire.mend();
                events.addAll(all(stream));
                Task folded = TaskFold.fold(events);
                assertThat(text(folded)).isEqualTo("one two three ");
                assertThat(folded).isEqualTo(after.get(folded.id()));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_question_is_answered_and_the_task_goes_on(Binding binding) throws Exception {
        try (var house = new A2aHouse(turn -> {
                    if (turn.message().text().equals("do it")) {
                        turn.ask("which one?");
                    } else {
                        turn.say("so " + turn.message().text());
                    }
                });
                A2aClient client = client(house, binding)) {
            Task asked = (Task) client.send(say("do it"));
            assertThat(asked.status().state()).isEqualTo(TaskState.INPUT_REQUIRED);
            Task done = (Task) client.send(say("this one").in(null, asked.id()));
            assertThat(done.id()).isEqualTo(asked.id());
            assertThat(done.status().state()).isEqualTo(TaskState.COMPLETED);
            assertThat(((TextPart) done.artifacts().getLast().parts().getLast()).text())
                    .endsWith("so this one");
        }
    }

    @ParameterizedTest
    @EnumSource
    void an_interceptor_stands_around_each_request_and_its_headers_arrive(Binding binding) throws Exception {
        var seen = new CopyOnWriteArrayList<String>();
        var watching = new CallInterceptor() {
            @Override
            public void before(CallHead call) {
                call.header("X-Owner", "somebody");
            }

            @Override
            public void after(CallHead call, @Nullable Exception failure) {
                seen.add(call.operation() + " " + (failure == null ? "ok" : failure.getMessage()));
            }
        };
        try (var house = new A2aHouse(turn -> turn.say("x"));
                A2aClient client = A2aClient.at(house.uri(""))
                        .bindings(binding)
                        .intercept(watching)
                        .connect();
                A2aClient other = client(house, binding)) {
            Task mine = (Task) client.send(say("one"));
            assertThat(client.getTask(mine.id()).id()).isEqualTo(mine.id());
            assertRefused(() -> other.getTask(mine.id()), -32001, "TASK_NOT_FOUND");
            try (TaskStream stream = client.stream(say("two"))) {
                all(stream);
            }
            assertThat(seen).containsExactly("AgentCard ok", "SendMessage ok", "GetTask ok", "SendStreamingMessage ok");
        }
    }

    private static List<StreamResponse> all(TaskStream stream) {
        var events = new ArrayList<StreamResponse>();
        stream.forEach(events::add);
        return events;
    }
}
