package dev.millrace.agents;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.Role;
import dev.millrace.testkit.ModelServer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Each provider's streams, as their documentation shows them, played on a real socket. */
@Timeout(60)
class RecordedStreamsTest {
    private final ModelServer server = new ModelServer();

    @AfterEach
    void close() {
        server.close();
    }

    static Stream<Arguments> streams() throws IOException {
        var all = new ArrayList<Arguments>();
        for (Recorded recorded : Recorded.all()) {
            for (Recorded.Cutting cutting : Recorded.Cutting.values()) {
                all.add(Arguments.of(recorded, cutting));
            }
        }
        assertThat(all).hasSizeGreaterThan(120);
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("streams")
    void a_stream_means_what_its_documentation_says_however_it_is_cut(Recorded recorded, Recorded.Cutting cutting)
            throws Exception {
        server.then(call -> recorded.play(call, cutting));
        // A server that says nothing more is waited for; where none falls silent, nothing depends on the time.
        Duration silence = Duration.ofSeconds(recorded.the("failure").equals("SILENT") ? 2 : 30);
        ModelConfig model = ModelConfig.of(recorded.provider(), server.baseUrl(), "sk-test", "small")
                .with(new ModelConfig.Times(Duration.ofSeconds(30), Duration.ofSeconds(30), silence));
        var turn = new RecordingTurn(new Message(
                "m1", null, null, Role.USER, List.of(Part.text("hi")), clientTools(), List.of(), List.of()));
        String failure = "";
        try (var agent = new ModelAgent(model)) {
            agent.run(turn);
        } catch (ModelFailure thrown) {
            failure = thrown.kind().name();
        }
        assertThat(failure).isEqualTo(recorded.the("failure"));
        assertThat(turn.text("answer.s1.reasoning")).isEqualTo(recorded.the("reasoning"));
        assertThat(turn.answer()).isEqualTo(recorded.the("text"));
        assertThat(turn.asked)
                .extracting(call -> (own(call.id()) ? "? " : call.id() + " ") + call.name() + " " + call.arguments())
                .isEqualTo(recorded.each("call"));
        assertThat(turn.used)
                .extracting(used -> used.substring(0, used.lastIndexOf(' ')))
                .isEqualTo(recorded.each("used"));
        if (!recorded.the("text").isEmpty() && !recorded.the("finish").isEmpty()) {
            JsonNode account = turn.annotations.get("answer").path("millrace");
            assertThat(account.path("finish").asString()).isEqualTo(recorded.the("finish"));
        }
        assertThat(turn.done.stream().anyMatch(entry -> entry.equals("status:" + ModelTurn.CUT_SHORT)))
                .isEqualTo(recorded.the("finish").equals("length"));
    }

    /** An id that the agent gave, since the provider gave none. */
    private static boolean own(String id) {
        return id.matches("call_[0-9a-f]+_1_[01]");
    }

    /** Two tools, so that a call is a question to the client and the turn is over. */
    private static ObjectNode clientTools() {
        ObjectNode metadata = Marks.object();
        for (String tool : List.of("get_weather", "get_time")) {
            metadata.withArray("clientTools")
                    .addObject()
                    .put("name", tool)
                    .put("description", tool)
                    .putObject("parameters")
                    .put("type", "object");
        }
        return metadata;
    }
}
