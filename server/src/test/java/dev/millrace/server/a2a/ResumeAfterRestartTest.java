package dev.millrace.server.a2a;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.store.sqlite.SqliteStore;
import dev.millrace.protocol.TaskFold;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.json.A2aJson;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** Who was cut when the server went goes on at the next one, over each binding. */
@Timeout(120)
class ResumeAfterRestartTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource
    void what_was_missed_comes_from_the_next_process(Tongue over) throws Exception {
        var gate = new Gate();
        var seen = new ArrayList<JsonNode>();
        String id;
        try (var house = new A2aHouse(SqliteStore.open(folder), AgentCatalog.of("gate", gate));
                var stream = over.open(
                        house,
                        "SendStreamingMessage",
                        A2aHouse.say("one two three"),
                        "A2A-Extensions",
                        Resumption.URI)) {
            gate.open(2);
            while (seen.stream().noneMatch(event -> event.toString().contains("two "))) {
                seen.add(stream.next());
            }
            id = seen.getFirst().get("task").get("id").stringValue();
        }
        gate.openAll();
        try (var house = new A2aHouse(SqliteStore.open(folder), AgentCatalog.of("gate", gate))) {
            house.awaitState(id, TaskState.COMPLETED);
            // The offsets of a context with one task are its events in their order.
            try (var stream = over.open(
                    house,
                    "SubscribeToTask",
                    "{\"id\":\"" + id + "\"}",
                    "A2A-Extensions",
                    Resumption.URI,
                    "Last-Event-ID",
                    Integer.toString(seen.size()))) {
                List<JsonNode> rest = stream.rest();
                assertThat(rest).isNotEmpty().noneMatch(event -> event.has("task"));
                seen.addAll(rest);
            }
            var folded = TaskFold.fold(
                    seen.stream().map(A2aJson.STREAM_RESPONSE::read).toList());
            assertThat(A2aHouse.answer(folded)).isEqualTo(A2aHouse.answer(house.get(id)));
            assertThat(folded.status()).isEqualTo(house.get(id).status());
        }
    }
}
