package dev.millrace.server.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.agents.ModelAgent;
import dev.millrace.engine.Send;
import dev.millrace.engine.Sent;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.server.Millrace;
import dev.millrace.server.config.ConfigFile;
import dev.millrace.server.config.ModelSettings;
import dev.millrace.server.config.Settings;
import dev.millrace.server.config.StoreSettings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The README's screen of configuration: a model, a tool in Java and an MCP server. */
@Timeout(60)
class ConfiguredAgentTest {
    private static final String CALL =
            "{\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,"
                    + "\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"weather\",\"arguments\":"
                    + "\"{\\\"town\\\":\\\"Ulm\\\"}\"}}]},\"finish_reason\":\"tool_calls\"}]}";
    private static final String ANSWER =
            "{\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Take an umbrella."
                    + "\"},\"finish_reason\":\"stop\"}]}";

    private final List<JsonNode> asked = new CopyOnWriteArrayList<>();
    private HttpServer model;

    @TempDir
    private Path folder;

    @BeforeEach
    void start() throws Exception {
        model = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        model.createContext("/v1/chat/completions", exchange -> {
            asked.add(JsonMapper.shared().readTree(exchange.getRequestBody()));
            byte[] body = ("data: " + (asked.size() == 1 ? CALL : ANSWER) + "\n\ndata: [DONE]\n\n").getBytes(UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        model.start();
    }

    @AfterEach
    void stop() {
        model.stop(0);
    }

    @Test
    void a_model_calls_a_tool_in_java_while_an_mcp_server_is_not_there() throws Exception {
        Path file = Files.writeString(folder.resolve("millrace.yaml"), """
                models:
                  fast: {baseUrl: "http://127.0.0.1:PORT/v1", name: tiny}
                mcp:
                  files: {url: "http://127.0.0.1:1/mcp"}
                agents:
                  helper: {systemPrompt: Help., tools: "weather, files__*"}
                """.replace(
                        "PORT", Integer.toString(model.getAddress().getPort())));
        Settings.Builder builder = Settings.builder();
        var models = new ModelSettings(Map.of());
        ConfigFile.read(file, Map.of()).applyTo(builder, models);
        // What the file does not say, it says by default: a data folder, for one.
        Settings settings = builder.port(0)
                .store(new StoreSettings.Memory())
                .agents(models.build())
                .build();
        try (Agents agents = Agents.of(settings);
                Millrace server = Millrace.start(settings, agents.listings())) {
            assertThat(agents.listings()).extracting(each -> each.name()).containsExactly("helper", "echo");
            Sent sent = server.engine().send(Send.chat("me", null, Message.user("m1", "Ulm?"), null));
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> task(server, sent).status().state().terminal());
            Task task = task(server, sent);
            assertThat(task.status().state()).isEqualTo(TaskState.COMPLETED);
            assertThat(task.artifacts().getLast().text()).isEqualTo("Take an umbrella.");
        }
        assertThat(asked.getFirst().at("/messages/0/content").stringValue()).isEqualTo("Help.");
        assertThat(asked.getFirst().at("/tools/0/function/name").stringValue()).isEqualTo("weather");
        assertThat(asked.getLast().at("/messages/3/content").stringValue()).isEqualTo("rain in Ulm");
    }

    @Test
    void the_readmes_screen_is_taken_as_it_stands_and_a_tool_that_is_nowhere_is_named() throws Exception {
        String readme = Files.readString(Path.of("..", "README.md"));
        String screen = readme.substring(readme.indexOf("```yaml\nmodels:") + "```yaml\n".length());
        // No program is started: the server of the tools is one that is not there.
        Path file = Files.writeString(
                folder.resolve("millrace.yaml"),
                screen.substring(0, screen.indexOf("```"))
                        .replaceAll("command: \"[^\"]*\"", "url: \"http://127.0.0.1:1/mcp\"")
                        .replace("weather", "weather, wether"));
        Settings.Builder builder = Settings.builder();
        var models = new ModelSettings(Map.of("OPENAI_API_KEY", "sk-test", "ANTHROPIC_API_KEY", "sk-test"));
        ConfigFile.read(file, Map.of()).applyTo(builder, models);
        var log = (Logger) LoggerFactory.getLogger(Agents.class);
        var lines = new ListAppender<ILoggingEvent>();
        lines.start();
        log.addAppender(lines);
        try (Agents agents = Agents.of(builder.agents(models.build()).build())) {
            assertThat(agents.listings()).extracting(each -> each.name()).containsExactly("helper", "echo");
            assertThat(((ModelAgent) agents.listings().getFirst().agent()).models())
                    .extracting(model -> model.id())
                    .containsExactly("fast", "deep");
        } finally {
            log.detachAppender(lines);
        }
        assertThat(lines.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .singleElement(as(STRING))
                .startsWith("agents.helper.tools: there is no tool \"wether\"");
    }

    private static Task task(Millrace server, Sent sent) {
        return server.engine().task("me", sent.taskId()).task();
    }
}
