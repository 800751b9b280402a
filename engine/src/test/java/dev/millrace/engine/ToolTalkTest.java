package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.Role;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/** Talk in which each tool call has its result. */
class ToolTalkTest {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    @Provide
    Arbitrary<List<String>> talk() {
        // Few ids, so that they are used again.
        Arbitrary<String> ids = Arbitraries.of("a", "b", "c");
        return Arbitraries.oneOf(
                        ids.set().ofMinSize(1).map(set -> "calls " + String.join(" ", set)),
                        ids.set().ofMinSize(1).map(set -> "results " + String.join(" ", set)),
                        Arbitraries.of("words"))
                .list()
                .ofMaxSize(8);
    }

    private static Message message(int index, String what) {
        List<String> words = List.of(what.split(" ", -1));
        List<String> ids = words.subList(1, words.size());
        return switch (words.getFirst()) {
            case "calls" ->
                Message.of(
                        "m" + index,
                        Role.AGENT,
                        ToolCall.part(ids.stream()
                                .map(id -> new ToolCall(id, "tool", JSON.objectNode()))
                                .toList()));
            case "results" ->
                Message.of(
                        "m" + index,
                        Role.USER,
                        ToolResult.part(ids.stream()
                                .map(id -> ToolResult.of(id, JSON.nullNode()))
                                .toList()));
            default -> Message.user("m" + index, what);
        };
    }

    @Property
    void what_was_said_stays_and_each_call_has_a_result_before_its_id_is_used_again(@ForAll("talk") List<String> talk) {
        var said = new ArrayList<Message>();
        for (String each : talk) {
            said.add(message(said.size(), each));
        }
        List<Message> whole = ToolTalk.whole(said, null);

        assertThat(whole.stream().filter(said::contains)).isEqualTo(said);
        var open = new HashSet<String>();
        for (Message each : whole) {
            ToolResult.in(each).forEach(result -> open.remove(result.id()));
            for (ToolCall call : ToolCall.in(each)) {
                assertThat(open.add(call.id())).as(whole.toString()).isTrue();
            }
        }
        assertThat(open).isEmpty();
        assertThat(ToolTalk.whole(whole, null)).as("whole talk is left alone").isEqualTo(whole);
        var ids = new HashSet<String>();
        assertThat(whole)
                .allSatisfy(each -> assertThat(ids.add(each.messageId())).isTrue());
    }

    @Test
    void what_comes_next_may_answer_the_last_calls() {
        List<Message> said = List.of(message(0, "calls a b"));
        assertThat(ToolTalk.whole(said, message(1, "results a b"))).isEqualTo(said);
        assertThat(ToolResult.in(ToolTalk.whole(said, message(1, "results a")).getLast()))
                .containsExactly(ToolResult.failed("b", ToolResult.INTERRUPTED));
    }

    @Test
    void a_users_data_that_looks_like_calls_calls_nothing() {
        Message user = Message.of("m", Role.USER, ToolCall.part(List.of(new ToolCall("a", "tool", JSON.objectNode()))));
        assertThat(ToolTalk.whole(List.of(user), null)).containsExactly(user);
    }

    @Test
    void parts_that_are_no_calls_or_results_are_passed_over() {
        for (String data : List.of(
                "1",
                "[]",
                "{\"toolCalls\":1,\"toolResults\":{\"a\":{\"id\":\"a\",\"result\":1}}}",
                "{\"toolCalls\":[1,{\"id\":\"\",\"name\":\"x\"},{\"id\":\"a\"}],\"toolResults\":[1,{\"id\":\"a\"}]}")) {
            Message odd = Message.of("m", Role.AGENT, dev.millrace.protocol.Part.data(new JsonMapper().readTree(data)));
            assertThat(ToolCall.in(odd)).isEmpty();
            assertThat(ToolResult.in(odd)).isEmpty();
        }
    }
}
