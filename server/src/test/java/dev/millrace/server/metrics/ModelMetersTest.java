package dev.millrace.server.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.agents.AgentConfig;
import dev.millrace.agents.ModelAgent;
import dev.millrace.agents.ModelConfig;
import dev.millrace.agents.Prices;
import dev.millrace.agents.Tool;
import dev.millrace.agents.ToolChoice;
import dev.millrace.agents.Toolbox;
import dev.millrace.agents.mcp.McpConfig;
import dev.millrace.agents.mcp.McpServer;
import dev.millrace.engine.Send;
import dev.millrace.engine.Sent;
import dev.millrace.protocol.Message;
import dev.millrace.server.Millrace;
import dev.millrace.testkit.ModelServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What agents ask of models and tools is told at /metrics. */
@Timeout(60)
class ModelMetersTest {
    private record Failing(String name) implements Tool {
        @Override
        public String description() {
            return "Fails.";
        }

        @Override
        public ObjectNode parameters() {
            return JsonNodeFactory.instance.objectNode().put("type", "object");
        }

        @Override
        public JsonNode call(Call call) {
            throw new IllegalStateException("no");
        }
    }

    @Test
    void tries_first_words_tokens_cost_tools_and_mcp_servers_are_counted() throws Exception {
        var mcp = new McpServer(McpConfig.of(
                "files",
                new McpConfig.Remote(URI.create("http://127.0.0.1:1/mcp"), McpConfig.Transport.HTTP, Map.of(), null)));
        try (var model = new ModelServer();
                HttpClient client = HttpClient.newHttpClient();
                Millrace server = Millrace.with(
                                "helper",
                                new ModelAgent(AgentConfig.of(ModelConfig.of(model.baseUrl(), null, "small")
                                                .withPrices(new Prices(1, 1, 1, 2))
                                                .withRetry((failure, attempt) -> Duration.ofMillis(1)))
                                        .withToolboxes(List.of(
                                                Toolbox.of(List.of(new Failing("look"))),
                                                new ToolChoice(List.of("*"), List.of()).of(mcp)))))
                        .start()) {
            model.then(call -> call.error(503, "busy", "x"))
                    .then(call -> {
                        call.stream().words("Let me ").tool(0, "a", "look", "{}");
                        call.calls();
                    })
                    .then(call -> call.stream().words("Well.").end("stop", 1_000_000, 500_000));
            Sent sent = server.engine().send(Send.chat("me", null, Message.user("m", "hi"), null));
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> server.engine()
                            .task("me", sent.taskId())
                            .task()
                            .status()
                            .state()
                            .terminal());
            String metrics = client.send(
                            HttpRequest.newBuilder(server.uri().resolve("/metrics"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString(UTF_8))
                    .body();
            assertThat(metrics)
                    .contains("millrace_model_calls_seconds_count{failure=\"overloaded\",model=\"small\"} 1\n")
                    .contains("millrace_model_calls_seconds_count{failure=\"none\",model=\"small\"} 2\n")
                    .contains("millrace_model_first_word_seconds_count{model=\"small\"} 2\n")
                    .contains("millrace_model_first_word_seconds_bucket{model=\"small\",le=\"0.5\"}")
                    .contains("millrace_model_tokens_total{kind=\"input\",model=\"small\"} 1000000.0\n")
                    .contains("millrace_model_tokens_total{kind=\"output\",model=\"small\"} 500000.0\n")
                    .contains("millrace_model_cost_total{model=\"small\"} 2.0\n")
                    .contains("millrace_tool_calls_seconds_count{failed=\"true\",tool=\"look\"} 1\n")
                    .contains("millrace_mcp_connected{server=\"files\"} 0.0\n")
                    .contains("millrace_mcp_tools{server=\"files\"} 0.0\n");
        }
    }
}
