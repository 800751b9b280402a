package dev.millrace.server.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.millrace.agents.AgentConfig;
import dev.millrace.agents.EchoAgent;
import dev.millrace.agents.ModelAgent;
import dev.millrace.agents.ModelConfig;
import dev.millrace.agents.Models;
import dev.millrace.agents.Prices;
import dev.millrace.server.Millrace;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Chats with models, over HTTP on both sides. */
@Timeout(60)
class ChatModelTest {
    private final List<JsonNode> asked = new CopyOnWriteArrayList<>();
    private HttpServer model;
    private Millrace millrace;

    @BeforeEach
    void start() throws Exception {
        model = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        model.createContext("/v1/chat/completions", exchange -> {
            asked.add(JsonMapper.shared().readTree(exchange.getRequestBody()));
            byte[] answer = ("data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Answer "
                            + asked.size() + ".\"},\"finish_reason\":\"stop\"}]}\n\ndata: {\"id\":\"x\",\"choices\":[],"
                            + "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":2,\"total_tokens\":12}}\n\n"
                            + "data: [DONE]\n\n")
                    .getBytes(UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        model.start();
        ModelConfig small = ModelConfig.of(
                        URI.create("http://127.0.0.1:" + model.getAddress().getPort() + "/v1"), "sk-secret", "tiny-1")
                .withId("small")
                .withPrices(Prices.of(1, 5));
        millrace = Millrace.with(
                        "model",
                        new ModelAgent(AgentConfig.of(small).with(new Models(List.of(small, small.withId("large"))))))
                .agent("echo", new EchoAgent())
                .start();
    }

    @AfterEach
    void stop() throws Exception {
        millrace.close();
        model.stop(0);
    }

    @Test
    void the_models_are_listed_without_their_keys() throws Exception {
        String models = call("GET", "/models", "");
        assertThat(models).doesNotContain("sk-secret").doesNotContain("127.0.0.1");
        JsonNode json = JsonMapper.shared().readTree(models).path("models");
        assertThat(json).hasSize(2);
        assertThat(json.get(0).path("id").stringValue()).isEqualTo("small");
        assertThat(json.get(0).path("default").booleanValue()).isTrue();
        assertThat(json.get(0).at("/prices/output").doubleValue()).isEqualTo(5);
        assertThat(json.get(1).path("default").booleanValue()).isFalse();
    }

    @Test
    void model_effort_prompt_and_tools_are_chosen_with_the_chat() throws Exception {
        String chat = chat(
                "\"effort\":\"high\",\"system\":\"Be brief.\",\"tools\":[{\"name\":\"locate\","
                        + "\"description\":\"where\",\"parameters\":{\"type\":\"object\",\"properties\":{}}}],\"model\":\"large\"");
        assertThat(said(chat)).contains("Answer 1.");
        JsonNode request = asked.getFirst();
        assertThat(request.path("reasoning_effort").stringValue()).isEqualTo("high");
        assertThat(request.at("/messages/0/content").stringValue()).isEqualTo("Be brief.");
        assertThat(request.at("/tools/0/function/name").stringValue()).isEqualTo("locate");
        JsonNode usage = JsonMapper.shared().readTree(call("GET", "/chats/" + chat + "/usage", ""));
        assertThat(usage.path("inputTokens").intValue()).isEqualTo(10);
        assertThat(usage.path("costMicros").intValue()).isEqualTo(20);
    }

    @Test
    void usage_is_told_by_day_and_for_a_chat_with_its_parts() throws Exception {
        String chat = chat("");
        said(chat);
        String part = chat("\"parent\":\"" + chat + "\"");
        said(part);
        JsonNode days = JsonMapper.shared()
                .readTree(call("GET", "/usage?by=day&days=2", ""))
                .path("days");
        assertThat(days.values().stream()
                        .mapToInt(day -> day.path("inputTokens").intValue())
                        .sum())
                .isEqualTo(20);
        assertThat(days.get(0).path("day").stringValue()).matches("\\d{4}-\\d\\d-\\d\\d");
        assertThat(call("GET", "/chats/" + chat + "/usage", "")).contains("\"inputTokens\":10,");
        assertThat(call("GET", "/chats/" + chat + "/usage?parts=true", "")).contains("\"inputTokens\":20,");
        assertThat(call("GET", "/usage?by=week", "")).contains("by: must be day");
    }

    @Test
    void a_chat_is_summed_up_when_it_is_asked_for() throws Exception {
        String chat = chat("");
        assertThat(said(chat)).contains("Answer 1.");
        call("POST", "/chats/" + chat + ":compact", "");
        await().atMost(Duration.ofSeconds(20))
                .until(() -> call("GET", "/chats/" + chat + "/messages", "").contains("\"kind\":\"summary\""));
        call("POST", "/chats/" + chat + "/messages", "{\"message\":{\"parts\":[{\"text\":\"and?\"}]}}");
        await().atMost(Duration.ofSeconds(20)).until(() -> asked.size() == 3);
        assertThat(asked.get(2).path("messages").values())
                .extracting(message -> message.path("content").stringValue())
                .containsExactly("What was said before, summed up:\n\nAnswer 2.", "and?");
    }

    @Test
    void a_choice_of_the_wrong_kind_is_named() throws Exception {
        assertThat(call("POST", "/chats", "{\"message\":{\"parts\":[{\"text\":\"hi\"}]},\"tools\":\"all\"}"))
                .contains("must be an array of tools");
    }

    private String chat(String more) throws Exception {
        String made = call(
                "POST",
                "/chats",
                "{\"message\":{\"parts\":[{\"text\":\"hi\"}]}" + (more.isEmpty() ? "" : "," + more) + "}");
        return JsonMapper.shared().readTree(made).at("/chat/id").stringValue();
    }

    private String said(String chat) throws Exception {
        await().atMost(Duration.ofSeconds(20))
                .until(() -> call("GET", "/chats/" + chat, "").contains("\"status\":\"idle\""));
        return call("GET", "/chats/" + chat + "/messages", "");
    }

    private String call(String method, String path, String body) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(millrace.uri().resolve("/api/v1" + path))
                                .header("Content-Type", "application/json")
                                .method(method, HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }
}
