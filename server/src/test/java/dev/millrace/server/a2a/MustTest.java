package dev.millrace.server.a2a;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.Agent;
import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.card.AgentExtension;
import dev.millrace.protocol.error.A2aError;
import dev.millrace.protocol.error.ErrorTable;
import dev.millrace.server.push.PushSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** What A2A v1.0 says a server MUST, on each of its three bindings. Each test names the section. */
@Timeout(120)
class MustTest {
    private static final Map<String, String> V1 = Map.of("A2A-Version", "1.0");
    private static A2aHouse house;

    /** Does what it is told: "ask", "auth", "fail", "reject", "wait", or else says the words of its message. */
    private static final Agent OBEDIENT = turn -> {
        switch (turn.message().text()) {
            case "ask" -> turn.ask("which?");
            case "auth" -> turn.askForAuth("who are you?");
            case "fail" -> throw new IllegalStateException("no more paper");
            case "reject" -> turn.reject("not mine");
            case "wait" -> Thread.sleep(60_000);
            default -> {
                for (String word : turn.message().text().split(" ")) {
                    turn.say(word + " ");
                }
            }
        }
    };

    @BeforeAll
    static void open() throws Exception {
        house = new A2aHouse(
                new MemoryStore(),
                AgentCatalog.of("obedient", OBEDIENT),
                settings -> settings.withTenants(Tenants.any()),
                PushSettings.defaults().withAllowed(Set.of("127.0.0.1")));
    }

    @AfterAll
    static void close() {
        house.close();
    }

    private static JsonNode send(Tongue over, String text, String... more) throws Exception {
        return over.call(house, "SendMessage", A2aHouse.say(text, more)).ok().get("task");
    }

    private static String state(JsonNode task) {
        return task.get("status").get("state").stringValue();
    }

    private static String id(JsonNode task) {
        return task.get("id").stringValue();
    }

    private static String of(String taskId) {
        return "{\"id\":\"" + taskId + "\"}";
    }

    private static final String IMMEDIATELY = "\"configuration\":{\"returnImmediately\":true}";

    private static void refused(Tongue.Outcome outcome, A2aError error) {
        refused(outcome, error, ErrorTable.V1_0_1);
    }

    private static void refused(Tongue.Outcome outcome, A2aError error, ErrorTable table) {
        assertThat(outcome.reason()).as(outcome.text()).isEqualTo(error.reason());
        assertThat(outcome.code())
                .as(outcome.text())
                .isIn(
                        Integer.toString(error.code()),
                        Integer.toString(error.httpStatus(table)),
                        error.grpcStatus(table));
    }

    private static void invalid(Tongue.Outcome outcome, String field) {
        assertThat(outcome.reason()).as(outcome.text()).isEqualTo("INVALID_PARAMS");
        assertThat(outcome.code()).isIn("-32602", "400", "INVALID_ARGUMENT");
        assertThat(outcome.text()).contains(field);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("3.1.1, 3.2.2: a send waits for the end and answers with the task and all it made")
    void a_send_answers_with_the_whole_task(Tongue over) throws Exception {
        JsonNode task = send(over, "one two three");
        assertThat(state(task)).isEqualTo("TASK_STATE_COMPLETED");
        assertThat(task.get("artifacts").get(0).get("parts").get(0).get("text").stringValue())
                .isEqualTo("one two three ");
        assertThat(task.get("contextId").stringValue()).isNotBlank();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("3.2.2: it waits no longer than to an interruption, which the same task goes on from (3.4.3, 7.6)")
    void an_interrupted_task_is_answered_and_goes_on(Tongue over) throws Exception {
        JsonNode asked = send(over, "ask");
        assertThat(state(asked)).isEqualTo("TASK_STATE_INPUT_REQUIRED");
        assertThat(asked.get("status").get("message").toString()).contains("which?");
        JsonNode answered = send(over, "that one", "\"taskId\":\"" + id(asked) + "\"");
        assertThat(id(answered)).isEqualTo(id(asked));
        assertThat(answered.get("contextId")).isEqualTo(asked.get("contextId"));
        assertThat(state(answered)).isEqualTo("TASK_STATE_COMPLETED");
        assertThat(state(send(over, "auth"))).isEqualTo("TASK_STATE_AUTH_REQUIRED");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("3.2.2: returnImmediately answers with the task as made, which goes on")
    void return_immediately(Tongue over) throws Exception {
        JsonNode task = send(over, "soon", "\"metadata\":{}", IMMEDIATELY);
        assertThat(state(task)).isIn("TASK_STATE_SUBMITTED", "TASK_STATE_WORKING");
        house.awaitState(id(task), TaskState.COMPLETED);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("3.2.4: historyLength 0 gives no history, n at most n, and less than 0 is refused")
    void history_length(Tongue over) throws Exception {
        JsonNode task = send(over, "hi", "\"metadata\":{}", "\"configuration\":{\"historyLength\":0}");
        assertThat(task.path("history").size()).isZero();
        String get = "{\"id\":\"" + id(task) + "\",\"historyLength\":";
        assertThat(over.call(house, "GetTask", get + "1}").ok().path("history").size())
                .isEqualTo(1);
        assertThat(over.call(house, "GetTask", get + "0}").ok().path("history").size())
                .isZero();
        invalid(over.call(house, "GetTask", get + "-1}"), "historyLength");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("3.1.2: a stream is the task, then its events in their order, and closes at the end")
    void a_stream_begins_with_the_task_and_closes_at_its_end(Tongue over) throws Exception {
        try (var stream = over.open(house, "SendStreamingMessage", A2aHouse.say("one two"))) {
            List<JsonNode> events = stream.rest();
            assertThat(events.getFirst().has("task")).isTrue();
            String text = events.stream()
                    .filter(event -> event.has("artifactUpdate"))
                    .map(event -> event.get("artifactUpdate")
                            .get("artifact")
                            .get("parts")
                            .get(0)
                            .get("text")
                            .stringValue())
                    .reduce("", String::concat);
            assertThat(text).isEqualTo("one two ");
            assertThat(state(events.getLast().get("statusUpdate"))).isEqualTo("TASK_STATE_COMPLETED");
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "3.1.6: a subscription begins with the task as it is; all streams get the same; one that ends harms no other")
    void subscriptions_begin_with_the_task_and_get_the_same_events(Tongue over) throws Exception {
        String id = id(send(over, "wait", "\"metadata\":{}", IMMEDIATELY));
        house.awaitState(id, TaskState.WORKING);
        try (var one = over.open(house, "SubscribeToTask", of(id));
                var other = over.open(house, "SubscribeToTask", of(id))) {
            assertThat(id(one.next().get("task"))).isEqualTo(id);
            assertThat(id(other.next().get("task"))).isEqualTo(id);
            try (var leaves = over.open(house, "SubscribeToTask", of(id))) {
                leaves.next();
            }
            assertThat(state(over.call(house, "CancelTask", of(id)).ok())).isEqualTo("TASK_STATE_CANCELED");
            List<JsonNode> rest = one.rest();
            assertThat(rest).isEqualTo(other.rest());
            assertThat(state(rest.getLast().get("statusUpdate"))).isEqualTo("TASK_STATE_CANCELED");
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("3.1.6, 3.1.5, 3.1.1: an ended task is not subscribed to, cancelled or gone on with")
    void an_ended_task_is_ended(Tongue over) throws Exception {
        String id = id(send(over, "hi"));
        refused(over.call(house, "SubscribeToTask", of(id)), A2aError.UNSUPPORTED_OPERATION);
        refused(over.call(house, "CancelTask", of(id)), A2aError.TASK_NOT_CANCELABLE);
        refused(
                over.call(house, "SendMessage", A2aHouse.say("more", "\"taskId\":\"" + id + "\"")),
                A2aError.UNSUPPORTED_OPERATION);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("3.1.3, 3.1.5, 3.1.6, 3.4.2: a task that is not there, or is somebody else's, is not found")
    void what_is_not_the_callers_does_not_exist(Tongue over) throws Exception {
        String id = id(send(over, "hi"));
        for (String method : List.of("GetTask", "CancelTask", "SubscribeToTask")) {
            refused(over.call(house, method, of("nope")), A2aError.TASK_NOT_FOUND);
            refused(
                    over.call(house, method, of(id), Map.of("A2A-Version", "1.0", "X-Owner", "somebody-else")),
                    A2aError.TASK_NOT_FOUND);
        }
        refused(over.call(house, "SendMessage", A2aHouse.say("x", "\"taskId\":\"nope\"")), A2aError.TASK_NOT_FOUND);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("3.4.3: a context that is not the task's is refused")
    void context_and_task_must_agree(Tongue over) throws Exception {
        String asked = id(send(over, "ask"));
        invalid(
                over.call(
                        house,
                        "SendMessage",
                        A2aHouse.say("x", "\"taskId\":\"" + asked + "\",\"contextId\":\"another\"")),
                "contextId");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("3.3.3, 5.7: what is missing or wrong is named")
    void input_is_validated(Tongue over) throws Exception {
        invalid(over.call(house, "SendMessage", "{}"), "message");
        invalid(
                over.call(house, "SendMessage", "{\"message\":{\"messageId\":\"m\",\"role\":\"ROLE_USER\"}}"),
                "message.parts");
        invalid(
                over.call(
                        house,
                        "SendMessage",
                        "{\"message\":{\"messageId\":\"m\",\"role\":\"ROLE_AGENT\",\"parts\":[{\"text\":\"x\"}]}}"),
                "message.role");
        invalid(over.call(house, "ListTasks", "{\"pageSize\":101}"), "pageSize");
        invalid(over.call(house, "ListTasks", "{\"pageToken\":\"what?\"}"), "pageToken");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("3.6.2: no version is 0.3, which is not spoken; a patch number is of no matter (3.6.1)")
    void versions(Tongue over) throws Exception {
        for (String asked : List.of("", "0.3", "1.1", "2.0")) {
            Map<String, String> headers = asked.isEmpty() ? Map.of() : Map.of("A2A-Version", asked);
            Tongue.Outcome outcome = over.call(house, "ListTasks", "{}", headers);
            refused(outcome, A2aError.VERSION_NOT_SUPPORTED);
            assertThat(outcome.text()).contains("A2A-Version: 1.0");
        }
        over.call(house, "ListTasks", "{}", Map.of("A2A-Version", "1.0.7")).ok();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("3.1.4: lists are newest status first, without artifacts unless asked, with a token and a size always")
    void lists(Tongue over) throws Exception {
        var headers = new HashMap<>(V1);
        headers.put("X-Owner", "lister-" + over);
        var sent = new ArrayList<String>();
        for (int i = 0; i < 5; i++) {
            JsonNode answer =
                    over.call(house, "SendMessage", A2aHouse.say("hi"), headers).ok();
            sent.addFirst(id(answer.get("task")));
        }
        var listed = new ArrayList<String>();
        String token = "";
        do {
            String page = "{\"pageSize\":2" + (token.isEmpty() ? "" : ",\"pageToken\":\"" + token + "\"") + "}";
            JsonNode answer = over.call(house, "ListTasks", page, headers).ok();
            assertThat(answer.get("totalSize").intValue()).isEqualTo(5);
            assertThat(answer.get("pageSize").intValue()).isEqualTo(2);
            answer.get("tasks").forEach(task -> {
                assertThat(task.has("artifacts")).isFalse();
                listed.add(id(task));
            });
            token = answer.path("nextPageToken").asString("");
        } while (!token.isEmpty());
        assertThat(listed).containsExactlyInAnyOrderElementsOf(sent);
        JsonNode whole = over.call(house, "ListTasks", "{\"includeArtifacts\":true}", headers)
                .ok();
        assertThat(whole.get("tasks").get(0).get("artifacts").size()).isEqualTo(1);
        JsonNode none = over.call(house, "ListTasks", "{\"status\":\"TASK_STATE_FAILED\"}", headers)
                .ok();
        assertThat(none.path("tasks").size()).isZero();
        assertThat(none.path("totalSize").asInt(0)).isZero();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("3.1.7 to 3.1.10: push configurations are made, got, listed and deleted, which can be repeated")
    void push_configurations(Tongue over) throws Exception {
        String id = id(send(over, "ask"));
        String task = "{\"taskId\":\"" + id + "\"";
        JsonNode made = over.call(
                        house,
                        "CreateTaskPushNotificationConfig",
                        task + ",\"url\":\"http://127.0.0.1:9/hook\",\"token\":\"t\"}")
                .ok();
        assertThat(made.get("taskId").stringValue()).isEqualTo(id);
        String one = task + ",\"id\":\"" + id(made) + "\"}";
        assertThat(over.call(house, "GetTaskPushNotificationConfig", one).ok()).isEqualTo(made);
        assertThat(over.call(house, "ListTaskPushNotificationConfigs", task + "}")
                        .ok()
                        .get("configs")
                        .get(0))
                .isEqualTo(made);
        for (int i = 0; i < 2; i++) {
            assertThat(over.call(house, "DeleteTaskPushNotificationConfig", one)
                            .ok()
                            .isEmpty())
                    .isTrue();
        }
        refused(over.call(house, "GetTaskPushNotificationConfig", one), A2aError.TASK_NOT_FOUND);
        refused(over.call(house, "ListTaskPushNotificationConfigs", "{\"taskId\":\"nope\"}"), A2aError.TASK_NOT_FOUND);
        invalid(over.call(house, "CreateTaskPushNotificationConfig", task + ",\"url\":\"http://10.0.0.1/\"}"), "url");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("3.3.4: what the card does not offer is refused by its own error, in both editions of the table (5.4)")
    void capabilities_and_both_tables(Tongue over) throws Exception {
        for (ErrorTable table : ErrorTable.values()) {
            try (var plain = new A2aHouse(
                    new MemoryStore(), AgentCatalog.of("plain", OBEDIENT), settings -> settings.withErrors(table))) {
                for (String method : List.of(
                        "CreateTaskPushNotificationConfig",
                        "GetTaskPushNotificationConfig",
                        "ListTaskPushNotificationConfigs",
                        "DeleteTaskPushNotificationConfig")) {
                    refused(
                            over.call(plain, method, "{\"taskId\":\"x\",\"id\":\"y\",\"url\":\"http://a.example\"}"),
                            A2aError.PUSH_NOTIFICATION_NOT_SUPPORTED,
                            table);
                }
                refused(over.call(plain, "GetExtendedAgentCard", "{}"), A2aError.UNSUPPORTED_OPERATION, table);
                refused(
                        over.call(
                                plain,
                                "SendMessage",
                                A2aHouse.say(
                                        "x",
                                        "\"metadata\":{}",
                                        "\"configuration\":{\"acceptedOutputModes\":[\"image/png\"]}")),
                        A2aError.CONTENT_TYPE_NOT_SUPPORTED,
                        table);
                refused(over.call(plain, "ListTasks", "{}", Map.of()), A2aError.VERSION_NOT_SUPPORTED, table);
                invalid(over.call(plain, "GetTask", "{\"tenant\":\"x\",\"id\":\"y\"}"), "tenant");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("4.6.1: who does not declare a required extension is refused; who does is answered")
    void required_extensions(Tongue over) throws Exception {
        String uri = "https://example.org/ext/v1";
        try (var strict = new A2aHouse(
                new MemoryStore(),
                AgentCatalog.of("strict", OBEDIENT),
                settings -> settings.withExtensions(List.of(new AgentExtension(uri, null, true, null))))) {
            refused(over.call(strict, "ListTasks", "{}"), A2aError.EXTENSION_SUPPORT_REQUIRED);
            over.call(
                            strict,
                            "ListTasks",
                            "{}",
                            Map.of("A2A-Version", "1.0", "A2A-Extensions", "https://other.example, " + uri))
                    .ok();
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("3.4, 13.1: one tenant's tasks do not exist under another, nor without one")
    void tenants_are_kept_apart(Tongue over) throws Exception {
        String tenant = "\"tenant\":\"acme\"";
        JsonNode answer = over.call(house, "SendMessage", A2aHouse.say("x", "\"metadata\":{}", tenant))
                .ok();
        String id = id(answer.get("task"));
        over.call(house, "GetTask", "{" + tenant + ",\"id\":\"" + id + "\"}").ok();
        refused(over.call(house, "GetTask", of(id)), A2aError.TASK_NOT_FOUND);
        refused(over.call(house, "GetTask", "{\"tenant\":\"other\",\"id\":\"" + id + "\"}"), A2aError.TASK_NOT_FOUND);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("3.1.1 (MAY): the same messageId again gets the first answer again")
    void a_repeated_send_is_answered_as_the_first(Tongue over) throws Exception {
        String send = "{\"message\":{\"messageId\":\"once-" + over + "\",\"contextId\":\"again-" + over
                + "\",\"role\":\"ROLE_USER\",\"parts\":[{\"text\":\"hi\"}]}}";
        JsonNode first = over.call(house, "SendMessage", send).ok().get("task");
        assertThat(over.call(house, "SendMessage", send).ok().get("task")).isEqualTo(first);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("3.1.1, 3.1.2: an agent may reply with a message: alone, as the answer and as the whole stream")
    void direct_replies(Tongue over) throws Exception {
        try (var direct = new A2aHouse(Agent.replying(OBEDIENT))) {
            JsonNode reply =
                    over.call(direct, "SendMessage", A2aHouse.say("one two")).ok();
            assertThat(reply.has("task")).isFalse();
            assertThat(reply.get("message").get("role").stringValue()).isEqualTo("ROLE_AGENT");
            assertThat(reply.get("message").get("parts").get(0).get("text").stringValue())
                    .isEqualTo("one two ");
            try (var stream = over.open(direct, "SendStreamingMessage", A2aHouse.say("three"))) {
                assertThat(stream.rest())
                        .singleElement()
                        .satisfies(event -> assertThat(event.get("message")
                                        .get("parts")
                                        .get(0)
                                        .get("text")
                                        .stringValue())
                                .isEqualTo("three "));
            }
            JsonNode failed =
                    over.call(direct, "SendMessage", A2aHouse.say("fail")).ok();
            assertThat(state(failed.get("task"))).isEqualTo("TASK_STATE_FAILED");
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("Resume: who was cut at any event gets the rest, and GetTask waits for another generation")
    void resumption(Tongue over) throws Exception {
        String[] declared = {"A2A-Extensions", Resumption.URI};
        List<JsonNode> all;
        try (var stream = over.open(house, "SendStreamingMessage", A2aHouse.say("one two"), declared)) {
            all = stream.rest();
        }
        String id = id(all.getFirst().get("task"));
        try (var again =
                over.open(house, "SubscribeToTask", of(id), "A2A-Extensions", Resumption.URI, "Last-Event-ID", "0")) {
            List<JsonNode> replayed = again.rest();
            assertThat(replayed.getFirst()).isEqualTo(all.getFirst());
            assertThat(replayed.getLast()).isEqualTo(all.getLast());
        }
        String running = id(send(over, "wait", "\"metadata\":{}", IMMEDIATELY));
        house.awaitState(running, TaskState.WORKING);
        var headers = new HashMap<>(V1);
        headers.put("A2A-Extensions", Resumption.URI);
        JsonNode now = over.call(house, "GetTask", of(running), headers).ok();
        long generation =
                now.get("metadata").get(Resumption.URI).get("generation").asLong();
        headers.put("A2A-Known-Generation", Long.toString(generation));
        var waiting = new java.util.concurrent.FutureTask<>(
                () -> over.call(house, "GetTask", of(running), headers).ok());
        Thread.ofVirtual().start(waiting);
        over.call(house, "CancelTask", of(running)).ok();
        JsonNode then = waiting.get(30, java.util.concurrent.TimeUnit.SECONDS);
        assertThat(state(then)).isEqualTo("TASK_STATE_CANCELED");
        assertThat(then.get("metadata").get(Resumption.URI).get("generation").asLong())
                .isGreaterThan(generation);
    }
}
