package dev.millrace.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.engine.Engine;
import dev.millrace.engine.RequestKey;
import dev.millrace.engine.ToolResult;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.testkit.ModelServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.BooleanNode;
import tools.jackson.databind.node.StringNode;

/** The server is killed with {@code kill -9}, and another one takes up its work. */
@Timeout(120)
class CrashTest {
    private final ModelServer server = new ModelServer();
    private final List<String> ran = new CopyOnWriteArrayList<>();

    @TempDir
    private Path folder;

    private Process process;
    private BufferedReader says;
    private Engine engine;

    @AfterEach
    void close() throws Exception {
        if (process != null) {
            process.destroyForcibly().waitFor();
        }
        if (engine != null) {
            engine.close();
        }
        server.close();
    }

    @Test
    void after_a_crash_a_call_is_unknown_unless_its_tool_may_be_run_again() throws Exception {
        server.then(call -> {
                    call.stream()
                            .words("I pay and look.")
                            .tool(0, "a", "pay", "{\"to\":\"bob\"}")
                            .tool(1, "b", "look", "{\"to\":\"ann\"}");
                    call.calls();
                })
                .then(call -> call.stream().words("I will see.").done());
        start();
        String[] task = null;
        var keys = new ArrayList<String>();
        while (task == null || keys.size() < 2) {
            String line = hear();
            if (line.startsWith("task ")) {
                task = line.split(" ", -1);
            } else {
                keys.add(line.substring("runs ".length()));
            }
        }
        kill();
        engine = CrashingProcess.engine(folder, server.baseUrl(), call -> {
            ran.add(call.key());
            return StringNode.valueOf("seen " + call.arguments().path("to").asString());
        });
        engine.start();
        Task ended = ended(task[1]);
        assertThat(ended.status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(ran).singleElement().satisfies(key -> assertThat(keys).contains(key));
        server.call();
        JsonNode messages = Asked.json(server.call()).path("messages");
        assertThat(messages.at("/1/content").stringValue()).isEqualTo("I pay and look.");
        assertThat(messages.at("/2/content").stringValue()).contains("nobody knows whether it was done");
        assertThat(messages.at("/3/content").stringValue()).isEqualTo("seen ann");
        assertThat(ended.artifacts().getFirst().text()).isEqualTo("I pay and look.");
        assertThat(ended.artifacts().getLast().text()).isEqualTo("I will see.");
    }

    @Test
    void words_of_a_step_that_was_not_whole_are_replaced() throws Exception {
        server.then(call -> {
                    call.stream().words("Half a");
                    call.awaitLeave();
                })
                .then(call -> call.stream().words("Whole.").done());
        start();
        String[] task = hear().split(" ", -1);
        server.call();
        // Its words are in the store when the next server reads them: the process is killed once it was asked.
        kill();
        engine = CrashingProcess.engine(folder, server.baseUrl(), call -> StringNode.valueOf(""));
        engine.start();
        assertThat(ended(task[1]).artifacts())
                .singleElement()
                .satisfies(answer -> assertThat(answer.text()).isEqualTo("Whole."));
    }

    @Test
    void leave_that_was_asked_for_before_a_crash_can_be_given_after_it() throws Exception {
        server.then(call -> {
                    call.stream().tool(0, "a", "sign", "{\"to\":\"bob\"}");
                    call.calls();
                })
                .then(call -> call.stream().words("Signed.").done());
        start();
        String[] task = hear().split(" ", -1);
        assertThat(hear()).isEqualTo("asked");
        kill();
        engine = CrashingProcess.engine(folder, server.baseUrl(), call -> {
            ran.add(call.key());
            return StringNode.valueOf("ok");
        });
        engine.start();
        var calls = engine.standing("me", task[2]).orElseThrow().calls();
        engine.chats()
                .answerTools(
                        "me",
                        task[2],
                        null,
                        List.of(ToolResult.of(calls.getFirst().call().id(), BooleanNode.TRUE)),
                        RequestKey.NONE);
        assertThat(ended(task[1]).status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(ran).hasSize(1);
    }

    private void start() throws Exception {
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CrashingProcess.class.getName(),
                        folder.toString(),
                        server.baseUrl().toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        says = process.inputReader();
    }

    /** The next line that is no line of the log. */
    private String hear() throws IOException {
        for (String line = says.readLine(); line != null; line = says.readLine()) {
            if (line.matches("(task |runs |asked).*")) {
                return line;
            }
        }
        throw new AssertionError("the other process ended");
    }

    private void kill() throws Exception {
        process.destroyForcibly().waitFor();
    }

    private Task ended(String taskId) {
        await().atMost(Duration.ofSeconds(40))
                .until(() -> engine.task("me", taskId).task().status().state().terminal());
        return engine.task("me", taskId).task();
    }
}
