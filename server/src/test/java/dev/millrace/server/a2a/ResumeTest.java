package dev.millrace.server.a2a;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.Agent;
import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.store.sqlite.SqliteStore;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskFold;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.json.JsonText;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A client that was cut gets exactly what it missed. */
class ResumeTest {
    @TempDir
    Path folder;

    @Test
    void resumed_at_any_event_the_rest_comes_and_nothing_else() throws Exception {
        var gate = new Gate();
        try (var house = new A2aHouse(gate);
                Frames whole = house.open("SendStreamingMessage", A2aHouse.say("one two three four"))) {
            var seen = new ArrayList<Frames.Frame>();
            gate.open(4);
            while (seen.size() < 6) { // the task, its start, and four words
                seen.addAll(whole.take(1));
            }
            String id = Objects.requireNonNull(seen.getFirst().event().taskId());
            var resumed = new ArrayList<Frames>();
            for (long after = 0; after <= seen.size(); after++) {
                resumed.add(house.resume(id, after));
            }
            gate.openAll();
            seen.addAll(whole.rest());
            for (int after = 0; after < resumed.size(); after++) {
                try (Frames stream = resumed.get(after)) {
                    assertThat(stream.rest()).as("after %d", after).isEqualTo(seen.subList(after, seen.size()));
                }
            }
        }
    }

    @Test
    void what_was_missed_of_an_ended_task_is_replayed_and_the_text_is_right() throws Exception {
        try (var house = new A2aHouse(turn -> {
            for (String word : turn.message().text().split(" ")) {
                turn.say(word + " ");
            }
        })) {
            List<Frames.Frame> all;
            try (Frames stream = house.open("SendStreamingMessage", A2aHouse.say("one two three four five"))) {
                all = stream.rest();
            }
            String id = Objects.requireNonNull(all.getFirst().event().taskId());
            Task whole = house.get(id);
            for (int seen = 1; seen < all.size(); seen++) {
                var events = new ArrayList<StreamResponse>(
                        all.subList(0, seen).stream().map(Frames.Frame::event).toList());
                try (Frames stream = house.resume(id, all.get(seen - 1).id())) {
                    stream.rest().forEach(frame -> events.add(frame.event()));
                }
                assertThat(TaskFold.fold(events)).as("cut after %d", seen).isEqualTo(whole);
            }
            try (Frames nothing = house.resume(id, all.getLast().id())) {
                assertThat(nothing.json().get("error").get("code").intValue()).isEqualTo(-32004);
            }
        }
    }

    @Test
    void an_offset_that_does_not_exist_yet_is_refused() throws Exception {
        var gate = new Gate();
        try (var house = new A2aHouse(gate)) {
            Task task = house.task(
                    A2aHouse.say("one", "\"metadata\":{}", "\"configuration\":{\"returnImmediately\":true}"));
            for (String after : List.of("1000", "-1", "x", "99999999999999999999")) {
                try (Frames refused =
                        house.open("SubscribeToTask", "{\"id\":\"" + task.id() + "\"}", "Last-Event-ID", after)) {
                    JsonNode error = refused.json().get("error");
                    assertThat(error.get("code").intValue()).as(after).isEqualTo(-32602);
                    assertThat(error.toString()).contains("Last-Event-ID");
                }
            }
            gate.openAll();
        }
    }

    @Test
    void a_client_that_was_cut_by_a_restart_ends_with_the_whole_text() throws Exception {
        var gate = new Gate();
        String id;
        var seen = new ArrayList<Frames.Frame>();
        try (var house = new A2aHouse(SqliteStore.open(folder), agents(gate));
                Frames stream = house.open("SendStreamingMessage", A2aHouse.say("one two three four"))) {
            gate.open(2);
            while (seen.stream().noneMatch(frame -> frame.data().contains("two "))) {
                seen.addAll(stream.take(1));
            }
            id = Objects.requireNonNull(seen.getFirst().event().taskId());
        }
        var again = new Gate();
        try (var house = new A2aHouse(SqliteStore.open(folder), agents(again));
                Frames stream = house.resume(id, seen.getLast().id())) {
            again.openAll();
            List<Frames.Frame> rest = stream.rest();
            assertThat(rest.getFirst().id()).isGreaterThan(seen.getLast().id());
            var events = new ArrayList<StreamResponse>();
            seen.forEach(frame -> events.add(frame.event()));
            rest.forEach(frame -> events.add(frame.event()));
            Task folded = TaskFold.fold(events);
            assertThat(folded.status().state()).isEqualTo(TaskState.COMPLETED);
            assertThat(A2aHouse.answer(folded)).isEqualTo("one two three four ");
            assertThat(folded).isEqualTo(house.get(id));
        }
    }

    private static AgentCatalog agents(Agent agent) {
        return AgentCatalog.of("worker", agent);
    }

    @Test
    void the_error_of_a_subscription_is_plain_json() throws Exception {
        try (var house = new A2aHouse(turn -> turn.say("x"));
                Frames refused = house.subscribe("nope")) {
            assertThat(refused.response.headers().firstValue("Content-Type")).contains("application/json");
            assertThat(JsonText.parse(refused.response.body().readAllBytes())
                            .get("id")
                            .intValue())
                    .isEqualTo(1);
        }
    }
}
