package dev.millrace.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.agents.ModelFailure.Kind;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.Role;
import dev.millrace.testkit.ModelServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/** Each provider's protocol, in the shapes in which it really streams. */
@Timeout(60)
class ProvidersTest {
    private final ModelServer server = new ModelServer();
    private final List<ModelAgent> agents = new ArrayList<>();
    private final List<Duration> pauses = new ArrayList<>();

    @AfterEach
    void close() {
        agents.forEach(ModelAgent::close);
        server.close();
    }

    /** One answer: a thought, words, a call of the tool {@code mill}, and what it took. */
    private static void callsTool(Provider provider, ModelServer.Call call) throws Exception {
        switch (provider) {
            case OPENAI -> {
                call.stream()
                        .chunk("{\"role\":\"assistant\",\"content\":\"\"}", null)
                        .chunk("{\"reasoning_content\":\"Hm.\"}", null)
                        .words("Let me ")
                        .words("look.")
                        .chunk(
                                "{\"tool_calls\":[{\"index\":0,\"id\":\"call_a\",\"type\":\"function\",\"function\":"
                                        + "{\"name\":\"mill\",\"arguments\":\"\"}}]}",
                                null)
                        .chunk(
                                "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"grain\\\":\"}}]}",
                                null)
                        .chunk("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"\\\"rye\\\"}\"}}]}", null)
                        .chunk("{}", "tool_calls")
                        .data(
                                "{\"id\":\"x\",\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":20,"
                                        + "\"total_tokens\":120,\"prompt_tokens_details\":{\"cached_tokens\":60},"
                                        + "\"completion_tokens_details\":{\"reasoning_tokens\":5}}}",
                                "[DONE]");
            }
            case OPENAI_RESPONSES -> {
                call.stream()
                        .event(
                                "response.created",
                                "{\"type\":\"response.created\",\"response\":{\"id\":\"r1\",\"status\":\"in_progress\",\"output\":[]}}")
                        .event(
                                "response.output_item.added",
                                "{\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"id\":\"rs_1\",\"type\":\"reasoning\",\"summary\":[]}}")
                        .event(
                                "response.reasoning_summary_text.delta",
                                "{\"type\":\"response.reasoning_summary_text.delta\",\"item_id\":\"rs_1\",\"output_index\":0,\"summary_index\":0,\"delta\":\"Hm.\"}")
                        .event(
                                "response.output_item.added",
                                "{\"type\":\"response.output_item.added\",\"output_index\":1,\"item\":{\"id\":\"m_1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[]}}")
                        .event(
                                "response.output_text.delta",
                                "{\"type\":\"response.output_text.delta\",\"item_id\":\"m_1\",\"output_index\":1,\"content_index\":0,\"delta\":\"Let me \"}")
                        .event(
                                "response.output_text.delta",
                                "{\"type\":\"response.output_text.delta\",\"item_id\":\"m_1\",\"output_index\":1,\"content_index\":0,\"delta\":\"look.\"}")
                        .event(
                                "response.output_item.added",
                                "{\"type\":\"response.output_item.added\",\"output_index\":2,\"item\":{\"id\":\"fc_1\",\"type\":\"function_call\",\"call_id\":\"call_a\",\"name\":\"mill\",\"arguments\":\"\"}}")
                        .event(
                                "response.function_call_arguments.delta",
                                "{\"type\":\"response.function_call_arguments.delta\",\"item_id\":\"fc_1\",\"output_index\":2,\"delta\":\"{\\\"grain\\\":\"}")
                        .event(
                                "response.function_call_arguments.delta",
                                "{\"type\":\"response.function_call_arguments.delta\",\"item_id\":\"fc_1\",\"output_index\":2,\"delta\":\"\\\"rye\\\"}\"}")
                        .event(
                                "response.function_call_arguments.done",
                                "{\"type\":\"response.function_call_arguments.done\",\"item_id\":\"fc_1\",\"output_index\":2,\"arguments\":\"{\\\"grain\\\":\\\"rye\\\"}\"}")
                        .event(
                                "response.output_item.done",
                                "{\"type\":\"response.output_item.done\",\"output_index\":2,\"item\":{\"id\":\"fc_1\",\"type\":\"function_call\",\"call_id\":\"call_a\",\"name\":\"mill\",\"arguments\":\"{\\\"grain\\\":\\\"rye\\\"}\",\"status\":\"completed\"}}")
                        .event(
                                "response.completed",
                                "{\"type\":\"response.completed\",\"response\":{\"id\":\"r1\",\"status\":\"completed\",\"model\":\"m\",\"output\":["
                                        + "{\"id\":\"m_1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"Let me look.\",\"annotations\":[]}]},"
                                        + "{\"id\":\"fc_1\",\"type\":\"function_call\",\"call_id\":\"call_a\",\"name\":\"mill\",\"arguments\":\"{\\\"grain\\\":\\\"rye\\\"}\"}],"
                                        + "\"usage\":{\"input_tokens\":100,\"input_tokens_details\":{\"cached_tokens\":60},\"output_tokens\":20,\"output_tokens_details\":{\"reasoning_tokens\":5},\"total_tokens\":120}}}");
            }
            case ANTHROPIC -> {
                call.stream()
                        .event(
                                "message_start",
                                "{\"type\":\"message_start\",\"message\":{\"id\":\"m1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"model\":\"m\",\"stop_reason\":null,\"usage\":{\"input_tokens\":30,\"cache_creation_input_tokens\":10,\"cache_read_input_tokens\":60,\"output_tokens\":1}}}")
                        .event(
                                "content_block_start",
                                "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}")
                        .event("ping", "{\"type\":\"ping\"}")
                        .event(
                                "content_block_delta",
                                "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"Hm.\"}}")
                        .event(
                                "content_block_delta",
                                "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"sig\"}}")
                        .event("content_block_stop", "{\"type\":\"content_block_stop\",\"index\":0}")
                        .event(
                                "content_block_start",
                                "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}")
                        .event(
                                "content_block_delta",
                                "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"Let me \"}}")
                        .event(
                                "content_block_delta",
                                "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"look.\"}}")
                        .event("content_block_stop", "{\"type\":\"content_block_stop\",\"index\":1}")
                        .event(
                                "content_block_start",
                                "{\"type\":\"content_block_start\",\"index\":2,\"content_block\":{\"type\":\"tool_use\",\"id\":\"call_a\",\"name\":\"mill\",\"input\":{}}}")
                        .event(
                                "content_block_delta",
                                "{\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"grain\\\":\"}}")
                        .event(
                                "content_block_delta",
                                "{\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"\\\"rye\\\"}\"}}")
                        .event("content_block_stop", "{\"type\":\"content_block_stop\",\"index\":2}")
                        .event(
                                "message_delta",
                                "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":20}}")
                        .event("message_stop", "{\"type\":\"message_stop\"}");
            }
            case GEMINI ->
                call.stream()
                        .data(
                                "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"Hm.\",\"thought\":true}]},\"index\":0}]}",
                                "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"Let me \"}]},\"index\":0}]}",
                                "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"look.\"}]},\"index\":0}]}",
                                "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"name\":\"mill\",\"args\":{\"grain\":\"rye\"}},\"thoughtSignature\":\"sig\"}]},\"finishReason\":\"STOP\",\"index\":0}],"
                                        + "\"usageMetadata\":{\"promptTokenCount\":100,\"candidatesTokenCount\":15,\"thoughtsTokenCount\":5,\"cachedContentTokenCount\":60,\"totalTokenCount\":120}}");
            case OLLAMA ->
                call.lines()
                        .raw(
                                "{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"Hm.\"},\"done\":false}\n"
                                        + "{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\"Let me \"},\"done\":false}\n"
                                        + "{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\"look.\"},\"done\":false}\n"
                                        + "{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"mill\",\"arguments\":{\"grain\":\"rye\"}}}]},\"done\":false}\n"
                                        + "{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":100,\"eval_count\":20}\n");
        }
    }

    private static void says(Provider provider, ModelServer.Call call, String... words) throws Exception {
        begins(provider, call, words);
        switch (provider) {
            case OPENAI -> call.done();
            case OPENAI_RESPONSES ->
                call.event(
                        "response.completed",
                        "{\"type\":\"response.completed\",\"response\":{\"id\":\"r1\",\"status\":\"completed\",\"model\":\"m\",\"output\":[{\"id\":\"m_1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\""
                                + String.join("", words)
                                + "\",\"annotations\":[]}]}],\"usage\":{\"input_tokens\":1,\"output_tokens\":1,\"total_tokens\":2}}}");
            case ANTHROPIC ->
                call.event("content_block_stop", "{\"type\":\"content_block_stop\",\"index\":0}")
                        .event(
                                "message_delta",
                                "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":1}}")
                        .event("message_stop", "{\"type\":\"message_stop\"}");
            case GEMINI ->
                call.data(
                        "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"\"}]},\"finishReason\":\"STOP\",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":1,\"candidatesTokenCount\":1,\"totalTokenCount\":2}}");
            case OLLAMA ->
                call.raw(
                        "{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":1,\"eval_count\":1}\n");
        }
    }

    private static void begins(Provider provider, ModelServer.Call call, String... words) throws Exception {
        switch (provider) {
            case OPENAI -> call.stream();
            case OPENAI_RESPONSES ->
                call.stream()
                        .event(
                                "response.created",
                                "{\"type\":\"response.created\",\"response\":{\"id\":\"r1\",\"status\":\"in_progress\",\"output\":[]}}");
            case ANTHROPIC ->
                call.stream()
                        .event(
                                "message_start",
                                "{\"type\":\"message_start\",\"message\":{\"id\":\"m1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"model\":\"m\",\"stop_reason\":null,\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}")
                        .event(
                                "content_block_start",
                                "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}");
            case GEMINI -> call.stream();
            case OLLAMA -> call.lines();
        }
        for (String word : words) {
            switch (provider) {
                case OPENAI -> call.words(word);
                case OPENAI_RESPONSES ->
                    call.event(
                            "response.output_text.delta",
                            "{\"type\":\"response.output_text.delta\",\"item_id\":\"m_1\",\"output_index\":0,\"content_index\":0,\"delta\":\""
                                    + word + "\"}");
                case ANTHROPIC ->
                    call.event(
                            "content_block_delta",
                            "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\""
                                    + word + "\"}}");
                case GEMINI ->
                    call.data("{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"" + word
                            + "\"}]},\"index\":0}]}");
                case OLLAMA ->
                    call.raw(
                            "{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\""
                                    + word + "\"},\"done\":false}\n");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void words_thoughts_and_a_call_stream_and_the_result_goes_back(Provider provider) throws Exception {
        server.then(call -> callsTool(provider, call)).then(call -> says(provider, call, "It is ", "flour."));
        var turn = RecordingTurn.of("rye?");
        agent(AgentConfig.of(config(provider).withPrices(new Prices(2, 1, 4, 10)))
                        .withTools(new Mill()))
                .run(turn);

        // What comes together may be said together.
        assertThat(turn.chunks()).first().isIn("Let me ", "Let me look.");
        assertThat(String.join("", turn.chunks())).isEqualTo("Let me look.");
        assertThat(turn.text("answer.s1.reasoning")).isEqualTo("Hm.");
        assertThat(turn.text("answer.s2")).isEqualTo("It is flour.");
        String id = provider == Provider.GEMINI || provider == Provider.OLLAMA ? null : "call_a";
        assertThat(turn.done)
                .anyMatch(
                        entry -> entry.startsWith("answer.s1.call0={\"toolCalls\":[{\"id\":\"" + (id == null ? "" : id))
                                && entry.endsWith("\"name\":\"mill\",\"arguments\":{\"grain\":\"rye\"}}]}"))
                .anyMatch(
                        entry -> entry.startsWith("answer.s1.result0=") && entry.contains("\"result\":\"ground rye\""));
        if (id != null) { // the others give the arguments in one piece, with the call
            assertThat(turn.text("answer.s1.call0")).startsWith("{\"grain\":\"rye\"}");
        }
        // Ollama tells nothing of caches, nor of reasoning; Anthropic nothing of reasoning.
        long cost = provider == Provider.OLLAMA ? 400 : provider == Provider.ANTHROPIC ? 360 : 340;
        assertThat(turn.used.getFirst()).isEqualTo("100 20 " + cost);
        JsonNode usage = turn.annotations.get("answer").at("/millrace/usage");
        assertThat(usage.path("cachedTokens").intValue()).isEqualTo(provider == Provider.OLLAMA ? 0 : 60);
        assertThat(usage.path("reasoningTokens").intValue())
                .isEqualTo(provider == Provider.OLLAMA || provider == Provider.ANTHROPIC ? 0 : 5);
        assertThat(turn.annotations.get("answer").at("/millrace/model").stringValue())
                .isEqualTo("small");

        JsonNode first = Asked.json(server.call());
        JsonNode second = Asked.json(server.call());
        assertThat(first.toString()).contains("mill", "Grinds grain", "\"grain\"");
        assertThat(second.toString()).contains("Let me look.", "ground rye");
        if (provider == Provider.ANTHROPIC) {
            assertThat(second.at("/messages/1/content/0").toString()).contains("Hm.", "sig");
        }
        if (provider == Provider.GEMINI) {
            assertThat(second.toString()).contains("\"thoughtSignature\":\"sig\"");
        }
    }

    @Test
    void anthropic_is_told_to_keep_what_it_read_and_where_it_stopped_the_time_before() throws Exception {
        server.then(call -> callsTool(Provider.ANTHROPIC, call))
                .then(call -> says(Provider.ANTHROPIC, call, "It is flour."));
        agent(AgentConfig.of(config(Provider.ANTHROPIC))
                        .withSystemPrompt("Grind.")
                        .withTools(new Mill()))
                .run(RecordingTurn.of("rye?"));
        JsonNode first = Asked.json(server.call());
        JsonNode second = Asked.json(server.call());
        for (JsonNode request : List.of(first, second)) {
            assertThat(request.at("/system/0/cache_control/type").asString()).isEqualTo("ephemeral");
            assertThat(request.at("/tools/0/cache_control/type").asString()).isEqualTo("ephemeral");
            assertThat(request.at("/messages/0/content/0/cache_control/type").asString())
                    .as("the end of the first request")
                    .isEqualTo("ephemeral");
        }
        assertThat(second.at("/messages/2/content/0/type").asString()).isEqualTo("tool_result");
        assertThat(second.at("/messages/2/content/0/cache_control/type").asString())
                .as("the end of the second")
                .isEqualTo("ephemeral");
        assertThat(second.toString().split("cache_control", -1))
                .as("it takes no more than four marks")
                .hasSize(4 + 1);
    }

    @ParameterizedTest
    @EnumSource
    void a_stream_that_is_cut_is_tried_again_and_its_words_are_replaced(Provider provider) throws Exception {
        server.then(call -> begins(provider, call, "I th"))
                .then(call -> call.error(503, "busy", "x"))
                .then(call -> says(provider, call, "Good ", "day"));
        var turn = RecordingTurn.of("hi");
        agent(AgentConfig.of(config(provider).withRetry(ModelRetry.BACKOFF))).run(turn);
        assertThat(turn.answer()).isEqualTo("Good day");
        // After 1 s, and after 7 s because the server asked for it.
        assertThat(pauses).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(7));
    }

    @ParameterizedTest
    @EnumSource
    void a_provider_that_falls_silent_is_given_up(Provider provider) throws Exception {
        server.then(call -> {
            begins(provider, call, "one");
            call.awaitLeave();
        });
        var turn = RecordingTurn.of("hi");
        ModelConfig hasty = config(provider)
                .with(new ModelConfig.Times(Duration.ofSeconds(10), Duration.ofSeconds(20), Duration.ofMillis(100)));
        assertThat(failure(AgentConfig.of(hasty), turn).kind()).isEqualTo(Kind.SILENT);
        assertThat(turn.answer()).isEqualTo("one");
    }

    @ParameterizedTest
    @EnumSource
    void a_cancel_before_the_first_word_closes_the_connection(Provider provider) throws Exception {
        var here = new CountDownLatch(1);
        var left = new CountDownLatch(1);
        server.then(call -> {
            here.countDown();
            call.awaitLeave();
            left.countDown();
        });
        var turn = RecordingTurn.of("hi");
        ModelAgent agent = agent(AgentConfig.of(config(provider)
                .with(new ModelConfig.Times(Duration.ofHours(1), Duration.ofHours(1), Duration.ofHours(1)))));
        var over = new CompletableFuture<Void>();
        Thread.startVirtualThread(() -> {
            try {
                agent.run(turn);
                over.complete(null);
            } catch (Exception e) {
                over.completeExceptionally(e);
            }
        });
        assertThat(here.await(20, TimeUnit.SECONDS)).isTrue();
        turn.cancel(null);
        over.get(20, TimeUnit.SECONDS);
        assertThat(left.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void a_wrong_key_names_the_variable_to_set(Provider provider) {
        server.then(call -> call.error(401, "bad key", "x"));
        ModelFailure failure = failure(AgentConfig.of(config(provider)), RecordingTurn.of("hi"));
        assertThat(failure.kind()).isEqualTo(Kind.AUTHENTICATION);
        assertThat(failure).hasMessageContaining(provider.keyVariable());
    }

    @Test
    void an_overload_in_the_midst_of_anthropics_stream_is_tried_again() throws Exception {
        server.then(call -> {
                    begins(Provider.ANTHROPIC, call, "I th");
                    call.event(
                            "error",
                            "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}");
                })
                .then(call -> says(Provider.ANTHROPIC, call, "fine"));
        var turn = RecordingTurn.of("hi");
        agent(AgentConfig.of(config(Provider.ANTHROPIC).withRetry(ModelRetry.BACKOFF)))
                .run(turn);
        assertThat(turn.answer()).isEqualTo("fine");
        assertThat(turn.done).anyMatch(entry -> entry.contains("It said: Overloaded"));
    }

    @ParameterizedTest
    @EnumSource
    void files_are_given_as_the_model_takes_them(Provider provider) throws Exception {
        server.then(call -> says(provider, call, "ok"));
        agent(AgentConfig.of(config(provider)))
                .run(new RecordingTurn(Message.of(
                        "m1",
                        Role.USER,
                        Part.text("what is this?"),
                        Part.raw("a,b\n1,2".getBytes(java.nio.charset.StandardCharsets.UTF_8), "text/csv"),
                        Part.raw(new byte[] {1, 2}, "image/png"),
                        Part.raw(new byte[] {3, 4}, "application/pdf"),
                        Part.raw(new byte[] {5, 6}, "audio/ogg"))));
        assertThat(Asked.json(server.call()).toString())
                .contains("a,b\\n1,2", "AQI=")
                .contains(provider == Provider.OLLAMA ? "(application/pdf) was attached" : "AwQ=")
                .contains("(audio/ogg) was attached, and cannot be read here")
                .doesNotContain("BQY=");
    }

    @Test
    void a_message_may_ask_for_less_than_the_model_is_configured_to_and_not_for_more() throws Exception {
        ModelConfig model = config(Provider.OPENAI).with(new ModelConfig.Options(null, 100, null, null, Effort.LOW));
        record Wish(String effort, int maxTokens, String asked, int limit) {}
        for (Wish wish : List.of(new Wish("high", 1_000, "low", 100), new Wish("minimal", 10, "minimal", 10))) {
            server.then(call -> says(Provider.OPENAI, call, "ok"));
            ObjectNode metadata = Marks.object().put("effort", wish.effort()).put("maxTokens", wish.maxTokens());
            agent(AgentConfig.of(model))
                    .run(new RecordingTurn(Message.user("m1", "hi").withMetadata(metadata.put("temperature", 0.5))));
            JsonNode asked = Asked.json(server.call());
            assertThat(asked.path("reasoning_effort").asString()).isEqualTo(wish.asked());
            assertThat(asked.path("max_tokens").intValue()).isEqualTo(wish.limit());
            assertThat(asked.path("temperature").doubleValue()).isEqualTo(0.5);
        }
    }

    @ParameterizedTest
    @EnumSource
    void effort_is_asked_for_in_the_providers_own_way(Provider provider) throws Exception {
        server.then(call -> says(provider, call, "ok"));
        var message = new Message(
                "m1",
                null,
                null,
                Role.USER,
                List.of(Part.text("hi")),
                Marks.object().put("effort", "low"),
                List.of(),
                List.of());
        agent(AgentConfig.of(config(provider))).run(new RecordingTurn(message));
        JsonNode json = Asked.json(server.call());
        switch (provider) {
            case OPENAI ->
                assertThat(json.path("reasoning_effort").stringValue()).isEqualTo("low");
            case OPENAI_RESPONSES -> {
                assertThat(json.at("/reasoning/effort").stringValue()).isEqualTo("low");
                assertThat(json.path("store").booleanValue()).isFalse();
            }
            case ANTHROPIC ->
                assertThat(json.at("/thinking/budget_tokens").intValue()).isEqualTo(2048);
            case GEMINI ->
                assertThat(json.at("/generationConfig/thinkingConfig/thinkingBudget")
                                .intValue())
                        .isEqualTo(2048);
            case OLLAMA -> assertThat(json.path("think").booleanValue()).isTrue();
        }
    }

    private ModelFailure failure(AgentConfig config, RecordingTurn turn) {
        ModelFailure failure =
                catchThrowableOfType(ModelFailure.class, () -> agent(config).run(turn));
        assertThat(failure).isNotNull();
        return failure;
    }

    private ModelAgent agent(AgentConfig config) {
        var agent = new ModelAgent(config, pauses::add);
        agents.add(agent);
        return agent;
    }

    private ModelConfig config(Provider provider) {
        return ModelConfig.of(provider, server.baseUrl(), "sk-test", "small")
                .with(new ModelConfig.Times(Duration.ofSeconds(10), Duration.ofSeconds(20), Duration.ofSeconds(20)));
    }

    /** Grinds what it is given. */
    private static final class Mill implements Tool {
        @Override
        public String name() {
            return "mill";
        }

        @Override
        public String description() {
            return "Grinds grain";
        }

        @Override
        public ObjectNode parameters() {
            return (ObjectNode) JsonMapper.shared()
                    .readTree("{\"type\":\"object\",\"properties\":{\"grain\":{\"type\":\"string\",\"description\":"
                            + "\"which\"}},\"required\":[\"grain\"]}");
        }

        @Override
        public JsonNode call(Call call) {
            return StringNode.valueOf("ground " + call.arguments().path("grain").asString());
        }
    }
}
