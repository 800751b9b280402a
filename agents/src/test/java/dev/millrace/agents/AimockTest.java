package dev.millrace.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.millrace.agents.ModelFailure.Kind;
import dev.millrace.testkit.FreePort;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.node.StringNode;

/** The providers' protocols as somebody else plays them: aimock of npm, at a pinned version, with the answers of {@code interop/aimock}. */
@Timeout(240) // the first run installs it
class AimockTest {
    private static final Path INTEROP =
            Path.of("..", "interop").toAbsolutePath().normalize();

    private static Process process;
    private static int port;

    private final List<Duration> pauses = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        var install = new ProcessBuilder(INTEROP.resolve("install").toString(), "aimock")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String folder = new String(install.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(install.waitFor()).as("interop/install aimock; it needs npm").isZero();
        port = FreePort.find();
        process = new ProcessBuilder(
                        "node",
                        Path.of(folder, "node_modules", "@copilotkit", "aimock", "dist", "cli.js")
                                .toString(),
                        "--port",
                        String.valueOf(port),
                        "--fixtures",
                        INTEROP.resolve("aimock").resolve("fixtures.json").toString(),
                        "--strict",
                        "--log-level",
                        "warn")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .start();
        await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(() -> {
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return socket.isConnected();
            }
        });
    }

    @AfterAll
    static void stop() throws InterruptedException {
        if (process != null) {
            process.destroyForcibly().waitFor();
        }
    }

    private static ModelConfig model(Provider provider) {
        String path =
                switch (provider) {
                    case OPENAI, OPENAI_RESPONSES, ANTHROPIC -> "/v1";
                    case GEMINI -> "/v1beta";
                    case OLLAMA -> "";
                };
        return ModelConfig.of(provider, URI.create("http://127.0.0.1:" + port + path), "sk-test", "small")
                .withRetry(ModelRetry.BACKOFF);
    }

    private RecordingTurn ask(Provider provider, String text) throws Exception {
        var turn = RecordingTurn.of(text);
        var weather = ScriptedTool.of(
                "get_weather",
                call -> StringNode.valueOf(
                        "18 degrees in " + call.arguments().path("town").asString()));
        try (var agent = new ModelAgent(AgentConfig.of(model(provider)).withTools(weather), pauses::add)) {
            agent.run(turn);
        }
        return turn;
    }

    @ParameterizedTest
    @EnumSource
    void it_says_calls_a_tool_and_says_what_came_of_it(Provider provider) throws Exception {
        RecordingTurn turn = ask(provider, "What is the weather in Bern?");
        assertThat(turn.answer()).isEqualTo("Let me look.");
        assertThat(turn.chunks()).hasSizeGreaterThan(1);
        assertThat(turn.done)
                .anyMatch(entry -> entry.startsWith("answer.s1.result0=") && entry.contains("18 degrees in Bern"));
        assertThat(turn.done.stream()
                        .filter(entry -> entry.startsWith("answer.s2=") || entry.startsWith("answer.s2+"))
                        .map(entry -> entry.substring("answer.s2=".length()))
                        .reduce("", String::concat))
                .isEqualTo("It is 18 degrees in Bern, and the mill turns.");
    }

    @ParameterizedTest
    @EnumSource
    void when_it_takes_no_more_it_is_asked_again_when_it_says(Provider provider) throws Exception {
        assertThat(ask(provider, "Is it too many, " + provider.wireName() + "?").answer())
                .isEqualTo("Now it is quiet.");
        assertThat(pauses).containsExactly(Duration.ofSeconds(3));
    }

    @ParameterizedTest
    @EnumSource
    void an_answer_that_is_cut_is_replaced_by_the_next(Provider provider) throws Exception {
        RecordingTurn turn = ask(provider, "You will be cut, " + provider.wireName() + ".");
        assertThat(turn.answer()).isEqualTo("This one is whole.");
        assertThat(turn.done).anyMatch(entry -> entry.startsWith("status:") && entry.contains("Trying again"));
    }

    @ParameterizedTest
    @EnumSource
    void a_key_that_it_refuses_is_named(Provider provider) {
        ModelFailure failure = catchThrowableOfType(ModelFailure.class, () -> ask(provider, "A wrong key?"));
        assertThat(failure.kind()).isEqualTo(Kind.AUTHENTICATION);
        assertThat(failure).hasMessageContaining("No such key.");
    }
}
