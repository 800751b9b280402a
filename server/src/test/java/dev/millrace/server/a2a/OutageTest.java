package dev.millrace.server.a2a;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.store.sqlite.SqliteStore;
import dev.millrace.server.store.UnreadableEvents;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class OutageTest {
    private static final AgentCatalog AGENTS =
            AgentCatalog.of("echo", turn -> turn.say(turn.message().text()));

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource
    void a_stream_whose_events_cannot_be_read_now_is_worth_another_try(Tongue over) throws Exception {
        String id;
        try (var house = new A2aHouse(SqliteStore.open(folder), AGENTS)) {
            id = house.task(A2aHouse.say("one")).id();
        }
        try (var house = new A2aHouse(new UnreadableEvents(SqliteStore.open(folder)), AGENTS)) {
            Tongue.Outcome outcome = over.call(
                    house,
                    "SubscribeToTask",
                    "{\"id\":\"" + id + "\"}",
                    Map.of("A2A-Version", "1.0", "A2A-Extensions", Resumption.URI, "Last-Event-ID", "1"));
            assertThat(outcome.reason()).as(outcome.text()).isEqualTo("UNAVAILABLE");
            assertThat(outcome.code())
                    .isEqualTo(
                            switch (over) {
                                case JSONRPC -> "-32000";
                                case REST -> "503";
                                case GRPC -> "UNAVAILABLE";
                            });
        }
    }
}
