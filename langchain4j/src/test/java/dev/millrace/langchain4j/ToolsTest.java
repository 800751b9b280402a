package dev.millrace.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.agent.tool.ToolMemoryId;
import dev.langchain4j.exception.ToolArgumentsException;
import dev.langchain4j.invocation.InvocationParameters;
import dev.millrace.agents.ModelConfig;
import dev.millrace.agents.Tool.Call;
import dev.millrace.engine.Sent;
import dev.millrace.protocol.TaskState;
import dev.millrace.testkit.ModelServer;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@code @Tool} methods as tools of our agents. */
@Timeout(120)
class ToolsTest {
    private static final String BERN = "{\"places\":[{\"town\":\"Bern\",\"country\":\"CH\"}],\"unit\":\"FAHRENHEIT\"}";

    @Test
    void a_model_calls_a_method_with_records_an_enum_and_a_list_and_reads_what_it_gives() throws Exception {
        try (var server = new ModelServer();
                var agent = new RunningAgent(Documented.tools(ModelConfig.of(server.baseUrl(), null, "small")))) {
            server.then(call -> call.stream()
                            .tool(0, "call-1", "temperatures", BERN)
                            .end("tool_calls", 1, 1))
                    .then(call -> call.stream().words("64").done());
            Sent sent = agent.begin("How warm is Bern?");
            assertThat(agent.ended(sent).status().state()).isEqualTo(TaskState.COMPLETED);

            JsonNode function = OpenAi.asked(server).at("/tools/0/function");
            assertThat(function.path("name").asString()).isEqualTo("temperatures");
            assertThat(function.path("description").asString()).isEqualTo("The temperatures in some places, now.");
            JsonNode parameters = function.path("parameters");
            assertThat(parameters.at("/properties/places/type").asString()).isEqualTo("array");
            assertThat(parameters.at("/properties/places/description").asString())
                    .isEqualTo("where");
            assertThat(parameters
                            .at("/properties/places/items/properties/town/type")
                            .asString())
                    .isEqualTo("string");
            assertThat(parameters.at("/properties/unit/enum").toString()).isEqualTo("[\"CELSIUS\",\"FAHRENHEIT\"]");
            assertThat(parameters.path("required").toString()).isEqualTo("[\"places\"]");
            assertThat(OpenAi.asked(server).path("messages").toString()).contains("Bern: 18 FAHRENHEIT");
        }
    }

    @Test
    void what_a_method_throws_is_told_to_the_model_which_goes_on() throws Exception {
        try (var server = new ModelServer();
                var agent = new RunningAgent(Documented.tools(ModelConfig.of(server.baseUrl(), null, "small")))) {
            server.then(call -> call.stream()
                            .tool(0, "call-1", "temperatures", "{\"places\":[]}")
                            .end("tool_calls", 1, 1))
                    .then(call -> call.stream().words("Where?").done());
            Sent sent = agent.begin("How warm is it?");
            assertThat(agent.ended(sent).status().state()).isEqualTo(TaskState.COMPLETED);
            assertThat(agent.said(sent, "answer.s2")).isEqualTo("Where?");
            OpenAi.asked(server);
            assertThat(OpenAi.asked(server).path("messages").toString()).contains("Error: name at least one place");
        }
    }

    /** One tool of each kind of result, and one that wants to know for whom it works. */
    static class Kinds {
        @Tool
        String text() {
            return "{\"not\":\"json\"}";
        }

        @Tool
        void nothing() {}

        @Tool
        int number() {
            return 42;
        }

        @Tool
        Documented.Place record() {
            return new Documented.Place("Bern", "CH");
        }

        @Tool
        String whose(@ToolMemoryId String chat, InvocationParameters call) {
            return chat + " " + call.get(Tools.KEY) + " " + call.get(Tools.OWNER) + " " + call.get(Tools.TASK_ID);
        }

        @Tool
        String broken() throws IOException {
            throw new IOException("the disk is full");
        }

        @Tool
        String overridden() {
            return "above";
        }

        String none() {
            return "not a tool";
        }
    }

    static final class MoreKinds extends Kinds {
        @Tool("Of the lower class.")
        @Override
        String overridden() {
            return "below";
        }
    }

    @Test
    void a_text_stays_a_text_nothing_is_success_and_the_rest_is_its_json() throws Exception {
        var kinds = new Kinds();
        assertThat(call(kinds, "text", "{}").stringValue()).isEqualTo("{\"not\":\"json\"}");
        assertThat(call(kinds, "nothing", "{}").stringValue()).isEqualTo("Success");
        assertThat(call(kinds, "number", "{}").intValue()).isEqualTo(42);
        assertThat(call(kinds, "record", "{}").path("town").asString()).isEqualTo("Bern");
    }

    @Test
    void a_method_can_ask_for_the_chat_and_the_calls_key() throws Exception {
        dev.millrace.agents.Tool whose = tool(new Kinds(), "whose");
        assertThat(whose.parameters().toString()).isEqualTo("{\"type\":\"object\",\"properties\":{}}");
        assertThat(call(new Kinds(), "whose", "{}").stringValue()).isEqualTo("c1 k1 me t1");
    }

    @Test
    void an_exception_comes_as_it_was_thrown() {
        assertThatThrownBy(() -> call(new Kinds(), "broken", "{}"))
                .isExactlyInstanceOf(IOException.class)
                .hasMessage("the disk is full");
    }

    @Test
    void arguments_that_do_not_fit_are_an_error() {
        assertThatThrownBy(() -> call(new Documented.Weather(), "temperatures", "{\"places\":\"Bern\"}"))
                .isInstanceOf(ToolArgumentsException.class);
        assertThatThrownBy(() -> call(
                        new Documented.Weather(),
                        "temperatures",
                        "{\"places\":[{\"town\":\"B\"}],\"unit\":\"KELVIN\"}"))
                .isInstanceOf(ToolArgumentsException.class)
                .hasMessageContaining("KELVIN");
    }

    @Test
    void inherited_methods_are_tools_and_an_overridden_one_is_there_once() throws Exception {
        assertThat(Tools.of(new MoreKinds()))
                .extracting(dev.millrace.agents.Tool::name)
                .containsExactly("broken", "nothing", "number", "overridden", "record", "text", "whose");
        assertThat(call(new MoreKinds(), "overridden", "{}").stringValue()).isEqualTo("below");
        assertThat(tool(new MoreKinds(), "overridden").description()).isEqualTo("Of the lower class.");
    }

    @Test
    void an_object_that_can_be_of_no_use_is_refused_with_a_word_on_what_to_do() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Tools.of("a string"))
                .withMessageContaining("has no method with @Tool");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Tools.of(new Object() {
                    @Tool(name = "say hello")
                    void hello() {}
                }))
                .withMessageContaining("\"say hello\"")
                .withMessageContaining("letters, digits");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Tools.of(new Object() {
                    @Tool
                    void hello() {}

                    @Tool
                    void hello(String to) {}
                }))
                .withMessageContaining("two tools called \"hello\"");
    }

    private static dev.millrace.agents.Tool tool(Object object, String name) {
        return Tools.of(object).stream()
                .filter(tool -> tool.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static JsonNode call(Object object, String name, String arguments) throws Exception {
        return tool(object, name)
                .call(new Call((ObjectNode) JsonMapper.shared().readTree(arguments), "k1", "me", "c1", "t1"));
    }
}
