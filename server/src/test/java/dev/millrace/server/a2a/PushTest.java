package dev.millrace.server.a2a;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.Agent;
import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.engine.store.sqlite.SqliteStore;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskFold;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import dev.millrace.protocol.json.JsonText;
import dev.millrace.server.push.PushSettings;
import dev.millrace.server.push.PushSigner;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** Every event of a task reaches who asked for it, in order, whatever happens. */
@Timeout(120)
class PushTest {
    private static final Agent WORDS = turn -> {
        for (String word : turn.message().text().split(" ")) {
            turn.say(word + " ");
        }
    };

    @TempDir
    Path folder;

    private static PushSettings quickly() {
        return PushSettings.defaults()
                .withAllowed(Set.of("127.0.0.1"))
                .withPauses(Duration.ofMillis(2), Duration.ofMillis(20), Duration.ofHours(1));
    }

    private static A2aHouse house(Store store, Agent agent, PushSettings push) throws Exception {
        return new A2aHouse(store, AgentCatalog.of("worker", agent), settings -> settings, push);
    }

    private static String withPush(String url, String more) {
        return "\"configuration\":{\"taskPushNotificationConfig\":{\"url\":\"" + url + "\"" + more + "}}";
    }

    private static void awaitEnd(Hook hook) {
        Awaitility.await()
                .atMost(A2aHouse.PATIENCE)
                .until(() -> hook.taken().stream()
                        .anyMatch(push -> push.event() instanceof TaskStatusUpdateEvent update
                                && update.status().state().terminal()));
    }

    /** What a receiver has that takes each delivery once. */
    private static Task folded(Hook hook) {
        var seen = new java.util.LinkedHashMap<String, Hook.Push>();
        hook.taken().forEach(push -> seen.putIfAbsent(push.headers().get("x-a2a-delivery-id"), push));
        return TaskFold.fold(seen.values().stream().map(Hook.Push::event).toList());
    }

    @Test
    void every_event_is_pushed_in_order_with_what_the_configuration_says() throws Exception {
        var signer = PushSigner.withNewKeys(InstantSource.system());
        try (var hook = new Hook(count -> 200);
                var house = house(new MemoryStore(), WORDS, quickly().withSigner(signer))) {
            Task task = house.task(A2aHouse.say(
                    "one two three",
                    "\"metadata\":{}",
                    withPush(
                            hook.url(),
                            ",\"token\":\"mine\",\"authentication\":{\"scheme\":\"Bearer\",\"credentials\":\"abc\"}")));
            awaitEnd(hook);
            assertThat(folded(hook)).isEqualTo(house.get(task.id()));
            assertThat(hook.pushes)
                    .extracting(push -> Long.parseLong(push.headers().get("x-a2a-event-id")))
                    .isSorted();
            assertThat(hook.pushes.getFirst().headers())
                    .containsEntry("authorization", "Bearer abc")
                    .containsEntry("x-a2a-notification-token", "mine")
                    .containsEntry("content-type", "application/a2a+json")
                    .containsKey("x-a2a-notification-signature");
            assertThat(house.fetch("/.well-known/jwks.json").body()).contains("\"kty\":\"EC\"");
        }
    }

    @Test
    void what_is_refused_is_tried_again_under_the_same_id_and_holds_up_what_follows() throws Exception {
        int[] bad = {500, 429, 302};
        try (var hook = new Hook(count -> count <= bad.length ? bad[count - 1] : 204);
                var house = house(new MemoryStore(), WORDS, quickly())) {
            Task task = house.task(A2aHouse.say("one two", "\"metadata\":{}", withPush(hook.url(), "")));
            awaitEnd(hook);
            assertThat(hook.pushes.subList(0, 4))
                    .extracting(push -> push.headers().get("x-a2a-delivery-id"))
                    .containsOnly(hook.pushes.getFirst().headers().get("x-a2a-delivery-id"));
            assertThat(folded(hook)).isEqualTo(house.get(task.id()));
        }
    }

    @Test
    void after_a_restart_the_rest_is_pushed() throws Exception {
        var gate = new Gate();
        try (var hook = new Hook(count -> count == 4 ? 503 : 200)) {
            String id;
            try (var house = house(SqliteStore.open(folder), gate, quickly())) {
                id = house.task(A2aHouse.say(
                                "one two three",
                                "\"metadata\":{}",
                                "\"configuration\":{\"returnImmediately\":true,\"taskPushNotificationConfig\":{\"url\":\""
                                        + hook.url() + "\"}}"))
                        .id();
                gate.open(1);
                Awaitility.await()
                        .atMost(A2aHouse.PATIENCE)
                        .until(() -> hook.taken().size() >= 3);
            }
            gate.openAll();
            try (var house = house(SqliteStore.open(folder), gate, quickly())) {
                house.awaitState(id, TaskState.COMPLETED);
                awaitEnd(hook);
                assertThat(folded(hook).artifacts()).isEqualTo(house.get(id).artifacts());
                assertThat(folded(hook).status()).isEqualTo(house.get(id).status());
            }
        }
    }

    @Test
    void what_is_never_taken_becomes_a_dead_letter_that_can_be_replayed() throws Exception {
        var well = new java.util.concurrent.atomic.AtomicBoolean();
        PushSettings impatient = quickly().withPauses(Duration.ofMillis(1), Duration.ofMillis(2), Duration.ZERO);
        try (var hook = new Hook(count -> well.get() ? 200 : 500);
                var house = house(SqliteStore.open(folder), WORDS, impatient)) {
            house.task(A2aHouse.say("one", "\"metadata\":{}", withPush(hook.url(), "")));
            List<JsonNode> letters = Awaitility.await()
                    .atMost(A2aHouse.PATIENCE)
                    .until(() -> letters(house), found -> found.size() == 4); // the task, its start, a word, its end
            assertThat(letters.getFirst().get("problem").stringValue()).contains("500");
            String path = "/push/dead-letters/" + letters.getFirst().get("id").stringValue() + ":replay";
            assertThat(post(house, path)).isEqualTo(502);
            well.set(true);
            assertThat(post(house, path)).isEqualTo(200);
            assertThat(post(house, path)).isEqualTo(404);
            assertThat(letters(house)).hasSize(3);
            assertThat(house.fetch("/push/dead-letters", "X-Owner", "somebody-else")
                            .body())
                    .contains("\"deadLetters\":[]");
        }
    }

    private static List<JsonNode> letters(A2aHouse house) throws Exception {
        JsonNode answer =
                JsonText.parse(A2aHouse.bytes(house.fetch("/push/dead-letters").body()));
        var letters = new java.util.ArrayList<JsonNode>();
        answer.get("deadLetters").forEach(letters::add);
        return letters;
    }

    private static int post(A2aHouse house, String path) throws Exception {
        return house.send(HttpRequest.newBuilder(house.uri(path))
                        .POST(BodyPublishers.noBody())
                        .build())
                .statusCode();
    }

    @Test
    void a_deleted_configuration_is_told_no_more() throws Exception {
        var gate = new Gate();
        try (var hook = new Hook(count -> 200);
                var house = house(new MemoryStore(), gate, quickly())) {
            Task task = house.task(
                    A2aHouse.say("one two", "\"metadata\":{}", "\"configuration\":{\"returnImmediately\":true}"));
            String config = house.result(
                            "CreateTaskPushNotificationConfig",
                            "{\"taskId\":\"" + task.id() + "\",\"url\":\"" + hook.url() + "\"}")
                    .get("id")
                    .stringValue();
            gate.open(1);
            Awaitility.await()
                    .atMost(A2aHouse.PATIENCE)
                    .until(() -> !hook.taken().isEmpty());
            house.result(
                    "DeleteTaskPushNotificationConfig", "{\"taskId\":\"" + task.id() + "\",\"id\":\"" + config + "\"}");
            gate.openAll();
            house.awaitState(task.id(), TaskState.COMPLETED);
            assertThat(hook.pushes.stream()
                            .filter(push -> push.event() instanceof TaskStatusUpdateEvent update
                                    && update.status().state().terminal()))
                    .isEmpty();
        }
    }

    @Test
    void a_header_can_not_be_split_and_a_private_host_not_be_named() throws Exception {
        try (var house = house(new MemoryStore(), WORDS, PushSettings.defaults())) {
            for (String config : List.of(
                    "\"url\":\"http://127.0.0.1:1/\"",
                    "\"url\":\"http://[::1]/\"",
                    "\"url\":\"https://a.example/\",\"token\":\"a\\r\\nX: y\"",
                    "\"url\":\"https://a.example/\",\"authentication\":{\"scheme\":\"Bearer\",\"credentials\":\"a\\nb\"}",
                    "\"url\":\"https://a.example/\",\"authentication\":{\"scheme\":\"B b\"}",
                    "\"url\":\"ftp://a.example/\"")) {
                JsonNode error = house.call(
                                "SendMessage",
                                A2aHouse.say(
                                        "x",
                                        "\"metadata\":{}",
                                        "\"configuration\":{\"taskPushNotificationConfig\":{" + config + "}}"))
                        .get("error");
                assertThat(error.get("code").intValue()).as(config).isEqualTo(-32602);
                assertThat(error.toString()).contains("configuration.taskPushNotificationConfig.");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void an_id_that_not_every_store_can_keep_is_refused(Tongue tongue) throws Exception {
        var settings = PushSettings.defaults().withAllowed(Set.of("127.0.0.1"));
        try (var house = new A2aHouse(
                new MemoryStore(), AgentCatalog.of("worker", turn -> turn.ask("What?")), chosen -> chosen, settings)) {
            String task = house.task(A2aHouse.say("x")).id();
            String create = "{\"taskId\":\"" + task + "\",\"id\":\"a\\u0000b\",\"url\":\"http://127.0.0.1:1/\"}";
            Tongue.Outcome refused = tongue.call(house, "CreateTaskPushNotificationConfig", create, VERSION);
            assertThat(refused.result()).isNull();
            assertThat(refused.text()).contains("U+0000");
            for (String method : new String[] {"GetTaskPushNotificationConfig", "DeleteTaskPushNotificationConfig"}) {
                if (tongue != Tongue.REST) { // whose paths take no NUL at all
                    Tongue.Outcome found =
                            tongue.call(house, method, "{\"taskId\":\"" + task + "\",\"id\":\"a\\u0000b\"}", VERSION);
                    assertThat(found.text()).contains("U+0000");
                }
            }
            assertThat(house.fetch("/push/dead-letters?after=%00").statusCode()).isEqualTo(400);
        }
    }

    private static final Map<String, String> VERSION = Map.of("A2A-Version", "1.0");
}
