package dev.millrace.agents;

import dev.langchain4j.model.anthropic.AnthropicStreamingChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.googleai.GeminiThinkingConfig;
import dev.langchain4j.model.googleai.GoogleAiGeminiStreamingChatModel;
import dev.langchain4j.model.ollama.OllamaStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiResponsesStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * LangChain4j's models, each made once: in making one LangChain4j looks through the class path for those who would make it
 * otherwise, which takes longer than all else between a message and the provider's request. Their HTTP client is whatever
 * exchange the calling thread is bound to, since a model keeps the client that it was made with.
 *
 * <p>Any thread.
 */
final class StreamingModels {
    /** Models that are kept: a message may ask for settings of its own, so there is no end to how many there can be. */
    private static final int KEPT = 64;

    private record Key(ModelConfig config, @Nullable Effort effort) {}

    private final Map<Key, StreamingChatModel> made = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, StreamingChatModel> eldest) {
            return size() > KEPT;
        }
    };

    private final ReentrantLock lock = new ReentrantLock();

    /** Anthropic wants to be told a limit. This is what a long answer with its reasoning takes. */
    private static final int ANTHROPIC_MAX_TOKENS = 32_000;

    /** The least that Anthropic takes as a budget for reasoning. */
    private static final int LEAST_BUDGET = 1024;

    /** Asks the model over this exchange, and delivers what it says to the handler on this thread, until it has ended. */
    void ask(
            ModelConfig config,
            @Nullable Effort effort,
            ModelExchange exchange,
            ChatRequest request,
            StreamingChatResponseHandler handler) {
        StreamingChatModel model = model(config, effort);
        ChatRequest asked = config.provider() == Provider.ANTHROPIC
                ? request.toBuilder()
                        .messages(CacheMarks.on(request.messages()))
                        .build()
                : request;
        ScopedValue.where(BoundClient.EXCHANGE, exchange).run(() -> model.chat(asked, handler));
    }

    private StreamingChatModel model(ModelConfig config, @Nullable Effort effort) {
        var key = new Key(config, effort);
        lock.lock();
        try {
            return made.computeIfAbsent(key, none -> make(config, effort));
        } finally {
            lock.unlock();
        }
    }

    private static StreamingChatModel make(ModelConfig config, @Nullable Effort effort) {
        var client = new BoundClient(config.times());
        return switch (config.provider()) {
            case OPENAI -> openAi(config, effort, client);
            case OPENAI_RESPONSES -> responses(config, effort, client);
            case ANTHROPIC -> anthropic(config, effort, client);
            case GEMINI -> gemini(config, effort, client);
            case OLLAMA -> ollama(config, effort, client);
        };
    }

    private static StreamingChatModel openAi(ModelConfig config, @Nullable Effort effort, BoundClient client) {
        ModelConfig.Options options = config.options();
        // OpenAI's own service takes max_completion_tokens alone for models that reason; others know only max_tokens.
        boolean own = config.baseUrl().equals(Provider.OPENAI.home());
        return OpenAiStreamingChatModel.builder()
                .httpClientBuilder(client)
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

    private static StreamingChatModel responses(ModelConfig config, @Nullable Effort effort, BoundClient client) {
        boolean reasons = effort != null && effort != Effort.NONE;
        return OpenAiResponsesStreamingChatModel.builder()
                .httpClientBuilder(client)
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

    private static StreamingChatModel anthropic(ModelConfig config, @Nullable Effort effort, BoundClient client) {
        ModelConfig.Options options = config.options();
        int maxTokens = options.maxTokens() == null ? ANTHROPIC_MAX_TOKENS : options.maxTokens();
        int budget = Math.min(budget(effort), maxTokens / 2);
        boolean thinks = budget >= LEAST_BUDGET;
        return AnthropicStreamingChatModel.builder()
                .httpClientBuilder(client)
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

    private static StreamingChatModel gemini(ModelConfig config, @Nullable Effort effort, BoundClient client) {
        GeminiThinkingConfig thinking = effort == null
                ? null
                : GeminiThinkingConfig.builder()
                        .includeThoughts(effort != Effort.NONE)
                        .thinkingBudget(budget(effort))
                        .build();
        return GoogleAiGeminiStreamingChatModel.builder()
                .httpClientBuilder(client)
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

    private static StreamingChatModel ollama(ModelConfig config, @Nullable Effort effort, BoundClient client) {
        return OllamaStreamingChatModel.builder()
                .httpClientBuilder(client)
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
