package dev.millrace.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.agents.Budgets.Budget;
import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineSettings;
import dev.millrace.engine.RequestKey;
import dev.millrace.engine.Send;
import dev.millrace.engine.Sent;
import dev.millrace.engine.Standing;
import dev.millrace.engine.ToolCall;
import dev.millrace.engine.ToolResult;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.testkit.ModelServer;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.node.ObjectNode;

/** A model's agent that has spent what it may: each answer of the model here takes one token in and one out. */
@Timeout(60)
class BudgetsTest {
    private static final String ME = "me";

    private final ModelServer model = new ModelServer();
    private Engine engine;

    @AfterEach
    void close() {
        if (engine != null) {
            engine.close();
        }
        model.close();
    }

    private void start(Budgets budgets) throws Exception {
        ModelConfig small = ModelConfig.of(model.baseUrl(), null, "small").withPrices(Prices.of(100, 100));
        var agent = new ModelAgent(AgentConfig.of(small)
                .with(budgets)
                .withTools(ScriptedTool.of("look", call -> Marks.object().put("seen", true))));
        engine = new Engine(new MemoryStore(), AgentCatalog.of("test", agent), EngineSettings.defaults());
        engine.start();
    }

    private void answers(String... all) {
        for (String each : all) {
            model.then(call -> call.stream().words(each).done());
        }
    }

    private Sent chat(String text) {
        return engine.send(Send.chat(ME, null, Message.user(engine.newId(), text), null));
    }

    private Sent next(Sent chat, String text) {
        return engine.send(Send.next(ME, Message.user(engine.newId(), text).in(chat.contextId(), null)));
    }

    private Task rested(Sent sent) {
        return await().atMost(Duration.ofSeconds(40))
                .until(
                        () -> engine.task(ME, sent.taskId()).task(),
                        task -> task.status().state().terminal()
                                || task.status().state().interrupted());
    }

    private ToolCall question(Sent sent) {
        assertThat(rested(sent).status().state()).isEqualTo(TaskState.INPUT_REQUIRED);
        Standing.OpenCall open =
                engine.standing(ME, sent.contextId()).orElseThrow().calls().getFirst();
        assertThat(open.call().name()).isEqualTo("millrace.approve");
        return open.call();
    }

    private Task decide(Sent sent, boolean yes) {
        String id = question(sent).id();
        ObjectNode answer = Marks.object().put("approved", yes);
        engine.chats()
                .answerTools(ME, sent.contextId(), sent.taskId(), List.of(ToolResult.of(id, answer)), RequestKey.NONE);
        return await().atMost(Duration.ofSeconds(40))
                .until(
                        () -> engine.task(ME, sent.taskId()).task(),
                        task -> task.status().state().terminal()
                                || (task.status().state().interrupted()
                                        && !question(sent).id().equals(id)));
    }

    private static String text(Task task) {
        return task.artifacts().stream().map(Artifact::text).collect(Collectors.joining("|"));
    }

    @Test
    void a_chat_that_has_spent_its_budget_asks_and_each_yes_is_good_for_as_much_again() throws Exception {
        start(new Budgets(null, new Budget(2, 0), null));
        answers("one", "two", "three");
        Sent first = chat("a");
        assertThat(text(rested(first))).as("within the budget").isEqualTo("one");
        Sent second = next(first, "b");
        assertThat(question(second).arguments().path("call").path("arguments").toString())
                .isEqualTo("{\"budget\":\"chat\",\"tokens\":2,\"allowedTokens\":2}");
        Task allowed = decide(second, true);
        assertThat(allowed.status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(text(allowed)).isEqualTo("two");
        assertThat(question(next(first, "c"))
                        .arguments()
                        .path("call")
                        .path("arguments")
                        .path("allowedTokens")
                        .asInt())
                .isEqualTo(4);
    }

    @Test
    void a_no_ends_the_task_and_the_model_is_not_called() throws Exception {
        start(new Budgets(null, new Budget(0, 200), null));
        answers("one");
        Sent first = chat("a");
        rested(first);
        Sent second = next(first, "b");
        Task stopped = decide(second, false);
        assertThat(stopped.status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(text(stopped)).isEmpty();
        model.call();
        assertThat(model.callsWaiting()).isZero();
    }

    @Test
    void a_turn_asks_in_the_midst_of_its_steps_and_goes_on_where_it_was() throws Exception {
        start(new Budgets(new Budget(2, 0), null, null));
        model.then(call -> {
            call.stream().tool(0, "l", "look", "{}").chunk("{}", "tool_calls");
            call.raw("data: {\"id\":\"x\",\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,"
                    + "\"total_tokens\":2}}\n\ndata: [DONE]\n\n");
        });
        answers("seen");
        Sent sent = chat("a");
        Task done = decide(sent, true);
        assertThat(done.status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(text(done)).contains("seen");
        model.call();
        assertThat(Asked.json(model.call()).path("messages").values().stream()
                        .map(message -> message.path("role").asString()))
                .containsExactly("user", "assistant", "tool");
    }

    @Test
    void an_owners_day_is_counted_over_all_of_its_chats() throws Exception {
        start(new Budgets(null, null, new Budget(3, 0)));
        answers("one", "two");
        rested(chat("a"));
        assertThat(text(rested(chat("b")))).isEqualTo("two");
        assertThat(question(chat("c")).arguments().path("target").asString()).isEqualTo("the budget of the day");
    }
}
