package dev.millrace.agents;

import dev.langchain4j.model.anthropic.AnthropicStreamingChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.googleai.GeminiThinkingConfig;
import dev.langchain4j.model.googleai.GoogleAiGeminiStreamingChatModel;
import dev.langchain4j.model.ollama.OllamaStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiResponsesStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** LangChain4j's models. Each is for one request: it is a few objects, and its HTTP client is the exchange. */
final class StreamingModels {
    /** Anthropic wants to be told a limit. This is what a long answer with its reasoning takes. */
    private static final int ANTHROPIC_MAX_TOKENS = 32_000;

    /** The least that Anthropic takes as a budget for reasoning. */
    private static final int LEAST_BUDGET = 1024;

    private StreamingModels() {}

    static StreamingChatModel of(ModelConfig config, @Nullable Effort effort, ModelExchange exchange) {
        return switch (config.provider()) {
            case OPENAI -> openAi(config, effort, exchange);
            case OPENAI_RESPONSES -> responses(config, effort, exchange);
            case ANTHROPIC -> anthropic(config, effort, exchange);
            case GEMINI -> gemini(config, effort, exchange);
            case OLLAMA -> ollama(config, effort, exchange);
        };
    }

    private static StreamingChatModel openAi(ModelConfig config, @Nullable Effort effort, ModelExchange exchange) {
        ModelConfig.Options options = config.options();
        // OpenAI's own service takes max_completion_tokens alone for models that reason; others know only max_tokens.
        boolean own = config.baseUrl().equals(Provider.OPENAI.home());
        return OpenAiStreamingChatModel.builder()
                .httpClientBuilder(exchange)
                .baseUrl(config.baseUrl().toString())
                .apiKey(config.apiKey())
                .modelName(config.model())
                .temperature(options.temperature())
                .maxTokens(own ? null : options.maxTokens())
                .maxCompletionTokens(own ? options.maxTokens() : null)
                .reasoningEffort(openAiEffort(effort))
                .returnThinking(true)
                .accumulateToolCallId(false)
                .logRequests(false)
                .logResponses(false)
                .build();
    }

    private static StreamingChatModel responses(ModelConfig config, @Nullable Effort effort, ModelExchange exchange) {
        boolean reasons = effort != null && effort != Effort.NONE;
        return OpenAiResponsesStreamingChatModel.builder()
                .httpClientBuilder(exchange)
                .baseUrl(config.baseUrl().toString())
                .apiKey(config.apiKey())
                .modelName(config.model())
                .temperature(config.options().temperature())
                .maxOutputTokens(config.options().maxTokens())
                .reasoningEffort(openAiEffort(effort))
                .reasoningSummary(reasons ? "auto" : null)
                .include(reasons ? List.of("reasoning.encrypted_content") : null)
                .store(false)
                .strictTools(false)
                .logRequests(false)
                .logResponses(false)
                .build();
    }

    private static @Nullable String openAiEffort(@Nullable Effort effort) {
        return effort == null ? null : effort == Effort.MAX ? Effort.XHIGH.wireName() : effort.wireName();
    }

    private static StreamingChatModel anthropic(ModelConfig config, @Nullable Effort effort, ModelExchange exchange) {
        ModelConfig.Options options = config.options();
        int maxTokens = options.maxTokens() == null ? ANTHROPIC_MAX_TOKENS : options.maxTokens();
        int budget = Math.min(budget(effort), maxTokens / 2);
        boolean thinks = budget >= LEAST_BUDGET;
        return AnthropicStreamingChatModel.builder()
                .httpClientBuilder(exchange)
                .baseUrl(config.baseUrl().toString())
                .apiKey(config.apiKey() == null ? "none" : config.apiKey())
                .modelName(config.model())
                .temperature(thinks ? null : options.temperature()) // it takes one of the two only
                .maxTokens(maxTokens)
                .thinkingType(thinks ? "enabled" : null)
                .thinkingBudgetTokens(thinks ? budget : null)
                .returnThinking(true)
                .sendThinking(true)
                .cacheSystemMessages(true)
                .cacheTools(true)
                .logRequests(false)
                .logResponses(false)
                .build();
    }

    private static StreamingChatModel gemini(ModelConfig config, @Nullable Effort effort, ModelExchange exchange) {
        GeminiThinkingConfig thinking = effort == null
                ? null
                : GeminiThinkingConfig.builder()
                        .includeThoughts(effort != Effort.NONE)
                        .thinkingBudget(budget(effort))
                        .build();
        return GoogleAiGeminiStreamingChatModel.builder()
                .httpClientBuilder(exchange)
                .baseUrl(config.baseUrl().toString())
                .apiKey(config.apiKey() == null ? "none" : config.apiKey())
                .modelName(config.model())
                .temperature(config.options().temperature())
                .maxOutputTokens(config.options().maxTokens())
                .thinkingConfig(thinking)
                .returnThinking(true)
                .sendThinking(true)
                .logRequests(false)
                .logResponses(false)
                .build();
    }

    private static StreamingChatModel ollama(ModelConfig config, @Nullable Effort effort, ModelExchange exchange) {
        return OllamaStreamingChatModel.builder()
                .httpClientBuilder(exchange)
                .baseUrl(config.baseUrl().toString())
                .modelName(config.model())
                .temperature(config.options().temperature())
                .numPredict(config.options().maxTokens())
                .numCtx(config.options().contextTokens())
                .think(effort == null ? null : effort != Effort.NONE)
                .returnThinking(true)
                .logRequests(false)
                .logResponses(false)
                .build();
    }

    /** How many tokens of reasoning an effort is, for those who count it so: twice as many for each. */
    private static int budget(@Nullable Effort effort) {
        return switch (effort) {
            case null -> 0;
            case NONE -> 0;
            case MINIMAL -> 1024;
            case LOW -> 2048;
            case MEDIUM -> 8192;
            case HIGH -> 16_384;
            case XHIGH -> 24_576;
            case MAX -> 32_768;
        };
    }
}
