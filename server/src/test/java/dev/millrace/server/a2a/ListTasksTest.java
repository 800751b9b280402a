package dev.millrace.server.a2a;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.engine.store.sqlite.SqliteStore;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.operation.ListTasksResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class ListTasksTest {
    @TempDir
    Path folder;

    private A2aHouse house;

    private void start(String store) throws Exception {
        house = new A2aHouse(
                store.equals("sqlite") ? SqliteStore.open(folder) : new MemoryStore(),
                AgentCatalog.of("worker", turn -> {
                    turn.say("made");
                    if (turn.message().text().equals("ask")) {
                        turn.ask("what?");
                    }
                }));
    }

    @AfterEach
    void stop() {
        house.close();
    }

    private ListTasksResponse list(String params) throws Exception {
        return A2aJson.LIST_TASKS_RESPONSE.read(house.result("ListTasks", params));
    }

    @ParameterizedTest
    @ValueSource(strings = {"memory", "sqlite"})
    void pages_give_every_task_once_newest_status_first(String store) throws Exception {
        start(store);
        var made = new ArrayList<String>();
        for (int i = 0; i < 7; i++) {
            made.add(house.task(A2aHouse.say("n" + i)).id());
        }
        var listed = new ArrayList<Task>();
        String token = "";
        int pages = 0;
        do {
            ListTasksResponse page =
                    list("{\"pageSize\":3" + (token.isEmpty() ? "" : ",\"pageToken\":\"" + token + "\"") + "}");
            assertThat(page.totalSize()).isEqualTo(7);
            assertThat(page.pageSize()).isEqualTo(3);
            listed.addAll(page.tasks());
            token = page.nextPageToken();
            pages++;
        } while (!token.isEmpty());
        assertThat(pages).isEqualTo(3);
        assertThat(listed).extracting(Task::id).containsExactlyInAnyOrderElementsOf(made);
        assertThat(listed).extracting(task -> task.status().timestamp()).isSortedAccordingTo(Comparator.reverseOrder());
    }

    @ParameterizedTest
    @ValueSource(strings = {"memory", "sqlite"})
    void filters_narrow_the_list_and_its_total(String store) throws Exception {
        start(store);
        Task asked = house.task(A2aHouse.say("ask", "\"contextId\":\"here\""));
        Task done = house.task(A2aHouse.say("x", "\"contextId\":\"here\""));
        Task elsewhere = house.task(A2aHouse.say("x", "\"contextId\":\"there\""));
        assertThat(ids("{\"contextId\":\"here\"}")).containsExactlyInAnyOrder(asked.id(), done.id());
        assertThat(ids("{\"status\":\"TASK_STATE_INPUT_REQUIRED\"}")).containsExactly(asked.id());
        assertThat(ids("{\"contextId\":\"here\",\"status\":\"TASK_STATE_COMPLETED\"}"))
                .containsExactly(done.id());
        assertThat(ids("{\"contextId\":\"nowhere\"}")).isEmpty();
        Instant last = elsewhere.status().timestamp();
        assertThat(ids("{\"statusTimestampAfter\":\"" + last + "\"}")).contains(elsewhere.id());
        assertThat(ids("{\"statusTimestampAfter\":\"" + last.plusMillis(1) + "\"}"))
                .isEmpty();
        assertThat(ids("{}")).hasSize(3);
    }

    private List<String> ids(String params) throws Exception {
        ListTasksResponse page = list(params);
        assertThat(page.totalSize()).isEqualTo(page.tasks().size());
        assertThat(page.pageSize()).isEqualTo(50);
        return page.tasks().stream().map(Task::id).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"memory", "sqlite"})
    void artifacts_come_only_when_asked_for(String store) throws Exception {
        start(store);
        house.task(A2aHouse.say("x"));
        JsonNode without = house.result("ListTasks", "{}");
        assertThat(without.get("tasks").get(0).has("artifacts")).isFalse();
        assertThat(without.get("tasks").get(0).get("history").size()).isEqualTo(1);
        assertThat(without.get("nextPageToken").stringValue()).isEmpty();
        JsonNode with = house.result("ListTasks", "{\"includeArtifacts\":true,\"historyLength\":0}");
        assertThat(with.get("tasks").get(0).get("artifacts").size()).isEqualTo(1);
        assertThat(with.get("tasks").get(0).has("history")).isFalse();
    }
}
