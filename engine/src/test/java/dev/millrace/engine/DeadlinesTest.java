package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.TaskState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.node.JsonNodeFactory;

/** What becomes of a question that nobody answers. */
@ParameterizedClass
@EnumSource(Stores.class)
@Timeout(60)
class DeadlinesTest extends WithEngine {
    private static final EngineSettings SOON = EngineSettings.defaults().withAnswerWithin(Duration.ofMillis(30));

    @Parameter
    Stores kind;

    @TempDir
    Path folder;

    private final Acting agent = new Acting();

    @Test
    void a_question_that_nobody_answers_in_time_fails_with_the_reason_and_holds_the_queue() throws Exception {
        store = kind.open(folder);
        start(agent, SOON);
        Sent asked = chat("ask which?");
        readUntil(asked, 0, TaskState.FAILED);

        assertThat(reason(task(asked))).contains("nobody answered in time");
        assertThat(engine.chats().state(ME, asked.contextId())).isEqualTo(ContextState.FAILED);
        Sent again = next(asked, "say it");
        assertThat(answer(ended(again))).as("the user goes on").isEqualTo("on it");
        Consistency.check(store, ME);
    }

    @Test
    void calls_that_may_lapse_are_answered_for_who_lets_the_time_pass_and_the_agent_goes_on() throws Exception {
        store = kind.open(folder);
        start(turn -> {
            List<ToolResult> results = ToolResult.in(turn.message());
            if (results.isEmpty()) {
                turn.ask(
                        "",
                        List.of(new ToolCall("c1", "locate", JsonNodeFactory.instance.objectNode())),
                        Duration.ofMillis(20));
            } else {
                turn.say(results.getFirst().id() + " " + results.getFirst().error());
            }
        });
        Sent asked = chat("where?");
        readToEnd(asked, 0);
        assertThat(state(asked)).isEqualTo(TaskState.COMPLETED);
        assertThat(task(asked).artifacts().getLast().text()).isEqualTo("c1 " + ToolResult.LAPSED);
        assertThat(store.<Integer>read(null, reader -> reader.due(10).size())).isZero();
        Consistency.check(store, ME);
    }

    @Test
    void an_answer_in_time_is_worked_on_and_nothing_is_due_any_more() throws Exception {
        store = kind.open(folder);
        start(agent);
        Sent asked = chat("ask which?");
        readUntil(asked, 0, TaskState.INPUT_REQUIRED);
        assertThat(store.<Integer>read(null, reader -> reader.due(10).size())).isEqualTo(1);
        answer(asked, "say this");
        readToEnd(asked, 0);
        assertThat(store.<Integer>read(null, reader -> reader.due(10).size())).isZero();
        assertThat(state(asked)).isEqualTo(TaskState.COMPLETED);
    }

    @Test
    void what_a_task_took_is_counted_by_stage_with_what_its_agent_told() throws Exception {
        store = kind.open(folder);
        start(turn -> {
            turn.used(100, 20, 7);
            turn.used(1, 2, 3);
            turn.say("x");
        });
        Sent first = chat("one");
        readToEnd(first, 0);
        Sent other = chat("two");
        readToEnd(other, 0);

        Usage usage = engine.chats().usage(ME, first.contextId());
        assertThat(usage.inputTokens()).isEqualTo(101);
        assertThat(usage.outputTokens()).isEqualTo(22);
        assertThat(usage.costMicros()).isEqualTo(10);
        assertThat(engine.chats().usage(ME).inputTokens()).isEqualTo(202);
        assertThat(engine.chats().usage("somebody else")).isEqualTo(Usage.NONE);
        String fork = engine.chats().fork(ME, first.contextId(), null, null, RequestKey.NONE);
        assertThat(engine.chats().usage(ME, fork)).as("a copy took nothing").isEqualTo(Usage.NONE);
    }

    @Test
    void each_stage_has_the_time_between_the_changes_of_state() throws Exception {
        store = kind.open(folder);
        var clock = new java.util.concurrent.atomic.AtomicReference<>(java.time.Instant.parse("2026-01-01T00:00:00Z"));
        Agent slow = turn -> {
            clock.updateAndGet(now -> now.plusSeconds(5));
            if (turn.message().text().equals("ask")) {
                turn.ask("which?");
            }
        };
        start(slow, EngineSettings.defaults().withClock(clock::get));
        Sent asked = chat("ask");
        readUntil(asked, 0, TaskState.INPUT_REQUIRED);
        clock.updateAndGet(now -> now.plusSeconds(60));
        engine.send(Send.next(ME, Message.user(engine.newId(), "this").in(asked.contextId(), asked.taskId())));
        readToEnd(asked, 0);
        assertThat(engine.chats().usage(ME, asked.contextId())).isEqualTo(new Usage(0, 10_000, 60_000, 0, 0, 0));
    }
}
