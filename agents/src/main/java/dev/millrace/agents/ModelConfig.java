package dev.millrace.agents;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Which chat model to talk to, and how.
 *
 * @param baseUrl where the OpenAI-compatible API is, such as {@code https://api.openai.com/v1}; {@code
 *     /chat/completions} is added to it
 * @param apiKey sent as a bearer token; null for a server that needs none
 * @param model the model's name, as the API knows it
 * @param systemPrompt what the model is told before each conversation, or null
 * @param temperature how freely it chooses words, or null for the model's default
 * @param maxTokens the most tokens of one answer, or null for the model's default
 * @param connectTimeout how long a connection may take
 * @param firstByte how long the server may take to begin its response
 * @param silence how long the server may send nothing at all in the middle of a response. Long by default: a model that
 *     reasons may be silent for minutes
 * @param retry when to try again after a failure
 */
public record ModelConfig(
        URI baseUrl,
        @Nullable String apiKey,
        String model,
        @Nullable String systemPrompt,
        @Nullable Double temperature,
        @Nullable Integer maxTokens,
        Duration connectTimeout,
        Duration firstByte,
        Duration silence,
        ModelRetry retry) {

    public ModelConfig {
        String scheme = baseUrl.getScheme();
        if (baseUrl.getHost() == null || !("http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme))) {
            throw new IllegalArgumentException("the model's base URL must be an http or https URL such as "
                    + "https://api.openai.com/v1, but it is \"" + baseUrl + "\"");
        }
        if (model.isBlank()) {
            throw new IllegalArgumentException("the model's name must not be blank");
        }
        if (temperature != null && !(temperature >= 0 && temperature <= 2)) {
            throw new IllegalArgumentException("the model's temperature must be from 0 to 2, not " + temperature);
        }
        if (maxTokens != null && maxTokens < 1) {
            throw new IllegalArgumentException("the model's maxTokens must be at least 1, not " + maxTokens);
        }
        positive("connectTimeout", connectTimeout);
        positive("firstByte", firstByte);
        positive("silence", silence);
        apiKey = apiKey == null || apiKey.isBlank() ? null : apiKey.strip();
    }

    /** This model with no system prompt and the default times: 10 s to connect, 60 s to begin, 10 min of silence. */
    public static ModelConfig of(URI baseUrl, @Nullable String apiKey, String model) {
        return new ModelConfig(
                baseUrl,
                apiKey,
                model,
                null,
                null,
                null,
                Duration.ofSeconds(10),
                Duration.ofSeconds(60),
                Duration.ofMinutes(10),
                ModelRetry.NEVER);
    }

    public ModelConfig withSystemPrompt(@Nullable String prompt) {
        return new ModelConfig(
                baseUrl, apiKey, model, prompt, temperature, maxTokens, connectTimeout, firstByte, silence, retry);
    }

    public ModelConfig withTemperature(@Nullable Double value) {
        return new ModelConfig(
                baseUrl, apiKey, model, systemPrompt, value, maxTokens, connectTimeout, firstByte, silence, retry);
    }

    public ModelConfig withMaxTokens(@Nullable Integer most) {
        return new ModelConfig(
                baseUrl, apiKey, model, systemPrompt, temperature, most, connectTimeout, firstByte, silence, retry);
    }

    public ModelConfig withTimeouts(Duration connect, Duration first, Duration silent) {
        return new ModelConfig(
                baseUrl, apiKey, model, systemPrompt, temperature, maxTokens, connect, first, silent, retry);
    }

    public ModelConfig withRetry(ModelRetry policy) {
        return new ModelConfig(
                baseUrl,
                apiKey,
                model,
                systemPrompt,
                temperature,
                maxTokens,
                connectTimeout,
                firstByte,
                silence,
                policy);
    }

    /** Without the key and the prompt: a configuration ends up in logs. */
    @Override
    public String toString() {
        return "ModelConfig[" + model + " at " + baseUrl + (apiKey == null ? ", no key" : ", with a key") + "]";
    }

    private static void positive(String name, Duration time) {
        if (!time.isPositive()) {
            throw new IllegalArgumentException("the model's " + name + " must be longer than nothing, not " + time);
        }
    }
}
