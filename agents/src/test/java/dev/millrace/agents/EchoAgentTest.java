package dev.millrace.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.ToolResult;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

class EchoAgentTest {
    private final List<Duration> pauses = new ArrayList<>();
    private final EchoAgent echo = new EchoAgent(pauses::add);

    @Test
    void it_echoes_a_word_at_a_time() throws Exception {
        var turn = RecordingTurn.of("hello big  world\n");
        echo.run(turn);
        assertThat(turn.chunks()).containsExactly("Echo: ", "hello ", "big  ", "world\n");
        assertThat(pauses).isEmpty();
    }

    @Test
    void an_empty_text_is_still_answered() throws Exception {
        var turn = RecordingTurn.of("");
        echo.run(turn);
        assertThat(turn.chunks()).containsExactly("Echo: ");
    }

    @Property(tries = 300)
    void the_chunks_together_are_the_answer_exactly(@ForAll String text) throws Exception {
        var turn = RecordingTurn.of(text);
        new EchoAgent(pauses::add).run(turn);
        assertThat(turn.answer()).isEqualTo("Echo: " + text);
        assertThat(turn.chunks()).doesNotContain("");
    }

    @Test
    void it_asks_for_tools_when_told_to_and_echoes_their_results() throws Exception {
        var asking = turn("{\"tools\": [{\"name\":\"now\"}, {\"name\":\"dial\",\"arguments\":{\"to\":1}}]}");
        echo.run(asking);
        assertThat(asking.done).containsExactly("ask:");
        assertThat(asking.asked)
                .extracting(Object::toString)
                .containsExactly(
                        "ToolCall[id=call-1, name=now, arguments={}]",
                        "ToolCall[id=call-2, name=dial, arguments={\"to\":1}]");

        var answered = new RecordingTurn(Message.of(
                "m2",
                Role.USER,
                ToolResult.part(List.of(
                        ToolResult.of("call-1", StringNode.valueOf("12:00")), ToolResult.failed("call-2", "busy")))));
        echo.run(answered);
        assertThat(answered.answer()).isEqualTo("Echo: call-1 \"12:00\", call-2 failed: busy");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "[]", "[1]", "[{}]", "[{\"name\":\"\"}]", "[{\"name\":\"now\",\"arguments\":[]}]"})
    void tools_that_are_none_are_rejected(String tools) throws Exception {
        var turn = turn("{\"tools\": " + tools + "}");
        echo.run(turn);
        assertThat(turn.done).singleElement().asString().startsWith("reject:metadata.tools");
    }

    @Test
    void it_waits_before_each_word_when_asked_to() throws Exception {
        var turn = turn("{\"delayMs\": 40}");
        echo.run(turn);
        assertThat(turn.chunks()).containsExactly("Echo: ", "one ", "two");
        assertThat(pauses).hasSize(3).containsOnly(Duration.ofMillis(40));
    }

    @ParameterizedTest
    @CsvSource({"1, '1'", "3, '1 2 3'", "0, ''", "12, '1 2 3 4 5 6 7 8 9 10 11 12'"})
    void it_counts_when_asked_to_in_as_many_chunks_as_words(int words, String answer) throws Exception {
        var turn = turn("{\"words\": " + words + "}");
        echo.run(turn);
        assertThat(turn.answer()).isEqualTo(answer);
        assertThat(turn.chunks()).hasSize(words);
    }

    @Test
    void a_whole_number_may_look_like_a_fraction_as_protocol_buffers_make_it() throws Exception {
        var turn = turn("{\"words\": 2.0, \"delayMs\": null}");
        echo.run(turn);
        assertThat(turn.answer()).isEqualTo("1 2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "1000001", "1.5", "\"3\"", "true", "[]", "1e300"})
    void metadata_that_is_no_sensible_number_is_rejected_with_its_name_and_value(String value) throws Exception {
        for (String field : List.of("words", "delayMs")) {
            var turn = turn("{\"" + field + "\": " + value + "}");
            echo.run(turn);
            assertThat(turn.done)
                    .singleElement()
                    .asString()
                    .startsWith("reject:metadata." + field + " must be a whole number from 0 to 1000000, but it is ");
        }
    }

    @Test
    void an_interrupt_ends_its_pause() {
        var turn = turn("{\"delayMs\": 1000000}");
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> new EchoAgent().run(turn)).isInstanceOf(InterruptedException.class);
        assertThat(turn.done).isEmpty();
    }

    private static RecordingTurn turn(String metadata) {
        return new RecordingTurn(Message.user("m1", "one two")
                .withMetadata((ObjectNode) JsonMapper.shared().readTree(metadata)));
    }
}
