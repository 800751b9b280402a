package dev.millrace.server.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.agents.Tool;
import dev.millrace.agents.remote.RemoteAgent;
import dev.millrace.agents.remote.RemoteConfig;
import dev.millrace.agents.remote.RemoteTool;
import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import dev.millrace.engine.Agent;
import dev.millrace.engine.Event;
import dev.millrace.engine.Send;
import dev.millrace.engine.Sent;
import dev.millrace.engine.Turn;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Role;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.server.Millrace;
import dev.millrace.server.http.Gate;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.JsonNodeFactory;

/** Two whole servers as each other's remote agents, over real connections. */
@Timeout(90)
class RemoteAgentsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    @TempDir
    Path folder;

    private final Semaphore go = new Semaphore(0);
    private final Semaphore working = new Semaphore(0);
    private final Semaphore stopped = new Semaphore(0);
    private final AtomicInteger turns = new AtomicInteger();
    private Millrace there;
    private Millrace here;

    @BeforeEach
    void start() throws Exception {
        there = Millrace.with("worker", (Agent) this::work).start();
        startHere();
    }

    private void startHere() throws Exception {
        here = Millrace.with("far", new RemoteAgent(RemoteConfig.of("worker", there.uri())))
                .data(folder)
                .start();
    }

    @AfterEach
    void stop() {
        here.stop(Duration.ZERO);
        there.stop(Duration.ZERO);
    }

    private void work(Turn turn) throws InterruptedException {
        turns.incrementAndGet();
        switch (turn.message().text()) {
            case "slowly" -> {
                turn.say("one ");
                turn.flush();
                working.release();
                try {
                    go.acquire();
                } catch (InterruptedException e) {
                    stopped.release();
                    throw e;
                }
                turn.say("two");
            }
            case "ask" -> turn.ask("Which one?");
            case "fail" -> throw new IllegalStateException("Not today.");
            default ->
                turn.say("after ["
                        + turn.history().stream()
                                .filter(said -> said.role() == Role.USER)
                                .map(Message::text)
                                .collect(Collectors.joining(","))
                        + "] " + turn.message().text());
        }
    }

    private Sent chat(String text) {
        return here.engine()
                .send(Send.chat(
                        Gate.EVERYBODY, "far", Message.user(here.engine().newId(), text), null));
    }

    private Sent next(Sent chat, String text, boolean answer) {
        return here.engine()
                .send(Send.next(
                        Gate.EVERYBODY,
                        Message.user(here.engine().newId(), text).in(chat.contextId(), answer ? chat.taskId() : null)));
    }

    private Task rested(Sent sent) {
        return await().atMost(PATIENCE)
                .until(
                        () -> here.engine().task(Gate.EVERYBODY, sent.taskId()).task(),
                        task -> task.status().state().terminal()
                                || task.status().state().interrupted());
    }

    private static String text(Task task) {
        return task.artifacts().stream().map(artifact -> artifact.text()).collect(Collectors.joining("|"));
    }

    private void awaitWord(Sent sent, String word) throws InterruptedException {
        try (Cursor<Event> cursor = here.engine().read(sent.contextId(), 0)) {
            while (true) {
                for (Journal.Entry<Event> entry : cursor.take(32)) {
                    if (new String(entry.event().json(), StandardCharsets.UTF_8).contains("\"" + word + "\"")) {
                        return;
                    }
                }
            }
        }
    }

    @Test
    void its_words_are_passed_on_as_they_come() throws Exception {
        Sent sent = chat("slowly");
        awaitWord(sent, "one "); // while the other one can't go on
        go.release();
        Task task = rested(sent);
        assertThat(task.status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(text(task)).isEqualTo("|one two");
    }

    @Test
    void a_chat_here_is_one_conversation_there() throws Exception {
        Sent first = chat("hello");
        assertThat(text(rested(first))).endsWith("after [] hello");
        assertThat(text(rested(next(first, "again", false)))).endsWith("after [hello] again");
    }

    @Test
    void a_question_comes_here_and_its_answer_goes_there() throws Exception {
        Sent asked = chat("ask");
        Task question = rested(asked);
        assertThat(question.status().state()).isEqualTo(TaskState.INPUT_REQUIRED);
        assertThat(question.status().message().text()).isEqualTo("Which one?");
        next(asked, "this", true);
        Task task = await().atMost(PATIENCE)
                .until(
                        () -> here.engine().task(Gate.EVERYBODY, asked.taskId()).task(),
                        each -> each.status().state().terminal());
        assertThat(text(task)).endsWith("this");
        assertThat(turns).hasValue(2);
    }

    @Test
    void who_cancels_here_cancels_there() throws Exception {
        Sent sent = chat("slowly");
        working.acquire();
        awaitWord(sent, "one ");
        here.engine().cancel(Gate.EVERYBODY, sent.taskId());
        assertThat(stopped.tryAcquire(40, TimeUnit.SECONDS)).isTrue();
        assertThat(text(rested(sent))).as("what it has said stays").isEqualTo("|one ");
    }

    @Test
    void after_a_restart_its_task_is_followed_where_it_is() throws Exception {
        Sent sent = chat("slowly");
        awaitWord(sent, "one ");
        here.stop(Duration.ZERO);
        go.release();
        startHere();
        Task task = rested(sent);
        assertThat(task.status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(text(task)).isEqualTo("|one two");
        assertThat(turns).as("nothing was done twice").hasValue(1);
        assertThat(stopped.availablePermits()).as("a restart is no cancel").isZero();
    }

    @Test
    void its_failure_and_its_absence_are_told() throws Exception {
        Task failed = rested(chat("fail"));
        assertThat(failed.status().state()).isEqualTo(TaskState.FAILED);
        assertThat(failed.status().message().text()).isEqualTo("Not today.");
        try (Millrace lonely = Millrace.with(
                        "far", new RemoteAgent(RemoteConfig.of("nobody", URI.create("http://127.0.0.1:1"))))
                .start()) {
            Sent sent = lonely.engine().send(Send.chat(Gate.EVERYBODY, null, Message.user("m", "hi"), null));
            Task task = await().atMost(PATIENCE)
                    .until(
                            () -> lonely.engine()
                                    .task(Gate.EVERYBODY, sent.taskId())
                                    .task(),
                            each -> each.status().state().terminal());
            assertThat(task.status().message().text()).contains("The agent nobody can't be reached");
        }
    }

    @Test
    void two_servers_are_each_others_agents() throws Exception {
        var back = new RemoteAgent(RemoteConfig.of("far", here.uri()));
        try (Millrace third = Millrace.with("back", back).start()) {
            var around = new RemoteAgent(RemoteConfig.of("back", third.uri()));
            try (Millrace fourth = Millrace.with("around", around).start()) {
                Sent sent = fourth.engine().send(Send.chat(Gate.EVERYBODY, null, Message.user("m", "hello"), null));
                Task task = await().atMost(PATIENCE)
                        .until(
                                () -> fourth.engine()
                                        .task(Gate.EVERYBODY, sent.taskId())
                                        .task(),
                                each -> each.status().state().terminal());
                assertThat(text(task)).endsWith("after [] hello");
            }
        }
    }

    @Test
    void it_is_a_tool_as_well() throws Exception {
        try (var tool = new RemoteTool(RemoteConfig.of("worker", there.uri()), "Works.")) {
            var arguments = JsonNodeFactory.instance.objectNode().put("text", "hello");
            var call = new Tool.Call(arguments, "task/key", "me", "c", "t");
            assertThat(tool.name()).isEqualTo("ask_worker");
            assertThat(tool.call(call).stringValue()).isEqualTo("after [] hello");
            assertThat(tool.repeatable()).isTrue();
            assertThat(tool.call(call).stringValue()).isEqualTo("after [] hello");
            assertThat(turns).as("the same call is known again").hasValue(1);
        }
    }

    @Test
    void a_tool_that_is_stopped_is_cancelled_there() throws Exception {
        try (var tool = new RemoteTool(RemoteConfig.of("worker", there.uri()), "Works.")) {
            var arguments = JsonNodeFactory.instance.objectNode().put("text", "slowly");
            Thread thread = Thread.startVirtualThread(() -> {
                try {
                    tool.call(new Tool.Call(arguments, "key", "me", "c", "t"));
                } catch (Exception e) {
                    // it was stopped
                }
            });
            working.acquire();
            thread.interrupt();
            assertThat(stopped.tryAcquire(40, TimeUnit.SECONDS)).isTrue();
        }
    }
}
