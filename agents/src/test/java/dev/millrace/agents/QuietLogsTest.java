package dev.millrace.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.read.ListAppender;
import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.Context;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineSettings;
import dev.millrace.engine.Send;
import dev.millrace.engine.Sent;
import dev.millrace.engine.store.memory.MemoryStore;
import dev.millrace.protocol.Message;
import dev.millrace.testkit.ModelServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.StringNode;

/** What is said to a model and by it is nobody's business who reads the logs, however much is logged. */
@Timeout(60)
class QuietLogsTest {
    private static final List<String> SECRETS = List.of(
            "secret-prompt", "secret-question", "secret-answer", "secret-argument", "secret-result", "sk-secret-key");

    private final ModelServer model = new ModelServer();
    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final Level before = root.getLevel();

    @BeforeEach
    void listen() {
        logged.start();
        root.addAppender(logged);
        root.setLevel(Level.TRACE);
    }

    @AfterEach
    void close() {
        root.setLevel(before);
        root.detachAppender(logged);
        model.close();
    }

    @Test
    void nothing_that_is_said_is_in_the_logs_even_if_everything_is_logged_and_something_fails() throws Exception {
        model.then(call -> call.error(500, "I did not like secret-question", "x"))
                .then(call -> {
                    call.stream().words("secret-answer").tool(0, "a", "look", "{\"to\":\"secret-argument\"}");
                    call.calls();
                })
                .then(call -> call.stream().words("more of the secret-answer"))
                .then(call -> call.stream().words("secret-answer again").done());
        ModelConfig config = ModelConfig.of(model.baseUrl(), "sk-secret-key", "small")
                .withRetry((failure, attempt) -> Duration.ofMillis(1));
        List<String> lines = logOf(AgentConfig.of(config));
        assertThat(lines).as("the test sees what is logged").anyMatch(line -> line.contains("try 1 of small failed"));
        for (String secret : SECRETS) {
            assertThat(lines).noneMatch(line -> line.contains(secret));
        }
    }

    @Test
    void what_is_told_and_said_is_logged_where_that_is_switched_on_and_the_key_is_not() throws Exception {
        model.then(call -> {
                    call.stream().words("secret-answer").tool(0, "a", "look", "{\"to\":\"secret-argument\"}");
                    call.calls();
                })
                .then(call -> call.stream().words("secret-answer again").done());
        List<String> lines =
                logOf(AgentConfig.of(ModelConfig.of(model.baseUrl(), "sk-secret-key", "small"))
                                .withLogContent(true))
                        .stream()
                        .filter(line -> line.startsWith(ModelCalls.class.getName()))
                        .toList();
        for (String secret : SECRETS.subList(0, 5)) {
            assertThat(lines).anyMatch(line -> line.contains(secret));
        }
        assertThat(lines).noneMatch(line -> line.contains("sk-secret-key"));
    }

    @Test
    void the_model_that_names_chats_is_as_quiet_and_as_talkative_as_the_others() throws Exception {
        assertThat(logOfTitle(false)).noneMatch(line -> line.contains("secret-"));
        assertThat(logOfTitle(true))
                .anyMatch(line -> line.contains("namer is told") && line.contains("secret-question"))
                .anyMatch(line -> line.contains("namer says") && line.contains("secret-title"));
    }

    private List<String> logOfTitle(boolean content) throws Exception {
        logged.list.clear();
        model.then(call -> call.stream().words("secret-answer").done());
        try (var namer = new ModelServer()) {
            namer.then(call -> call.stream().words("secret-title").done());
            var agent = new ModelAgent(AgentConfig.of(ModelConfig.of(model.baseUrl(), null, "small"))
                    .withTitles(ModelConfig.of(namer.baseUrl(), null, "namer"))
                    .withLogContent(content));
            try (var engine =
                    new Engine(new MemoryStore(), AgentCatalog.of("test", agent), EngineSettings.defaults())) {
                engine.start();
                Sent sent = engine.send(Send.chat("me", null, Message.user("m", "secret-question"), "secret-question"));
                await().atMost(Duration.ofSeconds(40))
                        .until(() -> engine.context("me", sent.contextId())
                                .map(Context::title)
                                .orElse("")
                                .equals("secret-title"));
            }
        }
        return new ArrayList<>(logged.list).stream().map(QuietLogsTest::all).toList();
    }

    /** What is logged of a task, all of it. */
    private List<String> logOf(AgentConfig config) throws Exception {
        var agent = new ModelAgent(config.withSystemPrompt("secret-prompt")
                .withTools(ScriptedTool.of("look", call -> StringNode.valueOf("secret-result"))));
        try (var engine = new Engine(new MemoryStore(), AgentCatalog.of("test", agent), EngineSettings.defaults())) {
            engine.start();
            Sent sent = engine.send(Send.chat("me", null, Message.user("m", "secret-question"), null));
            await().atMost(Duration.ofSeconds(40))
                    .until(() -> engine.task("me", sent.taskId())
                            .task()
                            .status()
                            .state()
                            .terminal());
        }
        return new ArrayList<>(logged.list).stream().map(QuietLogsTest::all).toList();
    }

    private static String all(ILoggingEvent event) {
        var all = new StringBuilder(event.getLoggerName()).append(' ').append(event.getFormattedMessage());
        for (IThrowableProxy thrown = event.getThrowableProxy(); thrown != null; thrown = thrown.getCause()) {
            all.append(' ').append(thrown.getMessage());
        }
        return all.toString();
    }
}
