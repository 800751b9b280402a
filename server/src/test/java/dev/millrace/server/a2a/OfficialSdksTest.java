package dev.millrace.server.a2a;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.client.A2aClient;
import dev.millrace.client.A2aException;
import dev.millrace.client.Binding;
import dev.millrace.client.TaskStream;
import dev.millrace.engine.Agent;
import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskFold;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.json.JsonText;
import dev.millrace.protocol.operation.ListTasksRequest;
import dev.millrace.protocol.operation.SendMessageConfiguration;
import dev.millrace.protocol.operation.SendMessageRequest;
import dev.millrace.protocol.push.TaskPushNotificationConfig;
import dev.millrace.server.push.PushSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/**
 * The official SDKs for Python (a2a-sdk) and JavaScript (@a2a-js/sdk), at the versions that {@code interop/} pins: their
 * clients with our server, and our client with their servers, over each of the three bindings.
 */
@Timeout(420) // the first run installs them
class OfficialSdksTest {

    /** Does what interop's agents do in the other languages. */
    private static final Agent AGENT = turn -> {
        String text = turn.message().text();
        switch (text) {
            case "wait" -> Thread.sleep(Duration.ofHours(1)); // until it is cancelled
            case "ask" -> turn.ask("which one?");
            default -> {
                for (String word : text.split(" ")) {
                    turn.say(word + " ");
                }
            }
        }
    };

    @ParameterizedTest
    @EnumSource
    void its_client_does_everything_with_our_server(Sdk sdk) throws Exception {
        var push = PushSettings.defaults().withAllowed(Set.of("127.0.0.1"));
        try (var hook = new Hook(count -> 200);
                var house =
                        new A2aHouse(new MemoryStore(), AgentCatalog.of("worker", AGENT), settings -> settings, push)) {
            JsonNode all = JsonText.parse(A2aHouse.bytes(sdk.talk(house.uri("").toString(), hook.url())));
            for (Binding binding : Binding.values()) {
                JsonNode seen = all.get(binding.wireName());
                String task = seen.get("pushed").stringValue();
                Awaitility.await()
                        .atMost(A2aHouse.PATIENCE)
                        .until(() -> hook.taken().stream()
                                .anyMatch(taken -> task.equals(taken.event().taskId())));
                var facts = (tools.jackson.databind.node.ObjectNode) seen.deepCopy();
                facts.remove("pushed");
                JsonNode errors = facts.remove("errors");
                assertThat(facts).as("%s over %s", sdk, binding).isEqualTo(JsonText.parse(A2aHouse.bytes("""
                        {"send":["TASK_STATE_COMPLETED","one two "],
                         "stream":["task","three four ","status_update"],
                         "get":["TASK_STATE_COMPLETED","one two ",1],
                         "list":[1,"one two ",true],
                         "push":[true,1],
                         "subscribe":["task",true,"TASK_STATE_CANCELED"],
                         "cancel":"TASK_STATE_CANCELED",
                         "input":["TASK_STATE_INPUT_REQUIRED","TASK_STATE_COMPLETED",true],
                         "deleted":0}""")));
                assertThat(errors.toString()).as("%s over %s", sdk, binding).isEqualTo("""
                        ["TaskNotFoundError","TaskNotCancelableError","UnsupportedOperationError",\
                        "UnsupportedOperationError"]""");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void our_client_does_everything_with_its_server(Sdk sdk) throws Exception {
        try (var hook = new Hook(count -> 200);
                Sdk.Server server = sdk.serve()) {
            for (Binding binding : Binding.values()) {
                try (A2aClient client =
                        A2aClient.at(server.uri()).bindings(binding).connect()) {
                    assertThat(client.card().orElseThrow().name()).isEqualTo("peer");
                    everything(client, hook, sdk + " over " + binding);
                }
            }
        }
    }

    private static void everything(A2aClient client, Hook hook, String where) {
        Task done = (Task) client.send(say("one two"));
        assertThat(done.status().state()).as(where).isEqualTo(TaskState.COMPLETED);
        assertThat(A2aHouse.answer(done)).as(where).isEqualTo("one two ");

        Message reply = (Message) client.send(say("reply hello"));
        assertThat(reply.text()).as(where).isEqualTo("hello");

        try (TaskStream stream = client.stream(say("three four"))) {
            List<StreamResponse> events = all(stream);
            assertThat(stream.complete()).as(where).isTrue();
            assertThat(A2aHouse.answer(TaskFold.fold(events))).as(where).isEqualTo("three four ");
        }
        try (TaskStream stream = client.stream(say("reply there"))) {
            assertThat(all(stream)).as(where).singleElement().isInstanceOf(Message.class);
        }

        assertThat(A2aHouse.answer(client.getTask(done.id()))).as(where).isEqualTo("one two ");
        assertThat(client.listTasks(new ListTasksRequest(null, done.contextId(), null, null, null, null, null, true))
                        .tasks())
                .as(where)
                .extracting(Task::id)
                .containsExactly(done.id());

        Task waiting = (Task) client.send(new SendMessageRequest(
                null, say("wait"), new SendMessageConfiguration(List.of(), null, null, true), null));
        assertThat(waiting.status().state().terminal()).as(where).isFalse();
        TaskPushNotificationConfig config = client.createPushConfig(
                new TaskPushNotificationConfig(null, null, waiting.id(), hook.url(), "mine", null));
        String id = Objects.requireNonNull(config.id());
        assertThat(client.getPushConfig(waiting.id(), id).url()).as(where).isEqualTo(hook.url());
        assertThat(client.listPushConfigs(waiting.id()).configs()).as(where).hasSize(1);

        try (TaskStream stream = client.subscribe(waiting.id())) {
            assertThat(stream.next()).as(where).isInstanceOf(Task.class);
            assertThat(client.cancel(waiting.id()).status().state()).as(where).isEqualTo(TaskState.CANCELED);
            List<StreamResponse> rest = all(stream);
            assertThat(stream.complete()).as(where).isTrue();
            assertThat(rest.getLast().taskId()).as(where).isEqualTo(waiting.id());
        }
        Awaitility.await()
                .alias(where)
                .atMost(A2aHouse.PATIENCE)
                .until(() -> hook.taken().stream()
                        .anyMatch(push -> waiting.id().equals(push.event().taskId())));
        client.deletePushConfig(waiting.id(), id);
        assertThat(client.listPushConfigs(waiting.id()).configs()).as(where).isEmpty();

        Task asked = (Task) client.send(say("ask"));
        assertThat(asked.status().state()).as(where).isEqualTo(TaskState.INPUT_REQUIRED);
        Task answered = (Task) client.send(say("this").in(asked.contextId(), asked.id()));
        assertThat(answered.id()).as(where).isEqualTo(asked.id());
        assertThat(answered.status().state()).as(where).isEqualTo(TaskState.COMPLETED);

        assertThat(refusal(() -> client.getTask("nope"))).as(where).isEqualTo(-32001);
        assertThat(refusal(() -> client.cancel(done.id()))).as(where).isEqualTo(-32002);
        assertThat(refusal(() -> client.send(say("more").in(done.contextId(), done.id()))))
                .as(where)
                .isEqualTo(-32004);
    }

    private static int refusal(ThrowingCallable call) {
        A2aException refused = catchThrowableOfType(A2aException.class, call);
        assertThat(refused).isNotNull();
        return refused.code();
    }

    private static Message say(String text) {
        return Message.user(UUID.randomUUID().toString(), text);
    }

    private static List<StreamResponse> all(TaskStream stream) {
        var events = new ArrayList<StreamResponse>();
        stream.forEach(events::add);
        return events;
    }
}
