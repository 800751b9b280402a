package dev.millrace.agents;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Which chat model to talk to, and how.
 *
 * @param id what it is chosen by, in requests and configurations
 * @param provider whose protocol it speaks
 * @param baseUrl where the API is, such as {@code https://api.openai.com/v1}; {@code /chat/completions} or the like is added
 * @param apiKey null for a server that needs none
 * @param model the model's name, as the API knows it
 * @param options how it is to answer
 * @param prices what its tokens cost; null = not known
 * @param times how long it may take
 * @param retry when to try again after a failure
 */
public record ModelConfig(
        String id,
        Provider provider,
        URI baseUrl,
        @Nullable String apiKey,
        String model,
        Options options,
        @Nullable Prices prices,
        Times times,
        ModelRetry retry) {

    /**
     * How a model is to answer. Null = as the provider has it.
     *
     * @param temperature how freely it chooses words, from 0 to 2
     * @param maxTokens the most tokens of one answer, reasoning included
     * @param contextTokens how many tokens the model takes in all: its conversations are summed up before they reach it.
     *     Null = not known, and nothing is summed up by itself
     * @param effort how much it reasons, unless a message says otherwise
     * @param mostEffort what a message may ask for at most
     */
    public record Options(
            @Nullable Double temperature,
            @Nullable Integer maxTokens,
            @Nullable Integer contextTokens,
            @Nullable Effort effort,
            @Nullable Effort mostEffort) {
        /** Everything as the provider has it. */
        public static final Options DEFAULT = new Options(null, null, null, null, null);

        public Options {
            if (temperature != null && !(temperature >= 0 && temperature <= 2)) {
                throw new IllegalArgumentException("the model's temperature must be from 0 to 2, not " + temperature);
            }
            positive("maxTokens", maxTokens);
            positive("contextTokens", contextTokens);
        }

        private static void positive(String name, @Nullable Integer number) {
            if (number != null && number < 1) {
                throw new IllegalArgumentException("the model's " + name + " must be at least 1, not " + number);
            }
        }
    }

    /**
     * How long things may take.
     *
     * @param connect a connection
     * @param firstByte until the server begins its response
     * @param silence for which the server may send nothing at all in the middle of a response. Long by default: a model that
     *     reasons may be silent for minutes
     */
    public record Times(Duration connect, Duration firstByte, Duration silence) {
        /** 10 s to connect, 60 s to begin, 10 min of silence. */
        public static final Times DEFAULT =
                new Times(Duration.ofSeconds(10), Duration.ofSeconds(60), Duration.ofMinutes(10));

        public Times {
            positive("connect", connect);
            positive("firstByte", firstByte);
            positive("silence", silence);
        }

        private static void positive(String name, Duration time) {
            if (!time.isPositive()) {
                throw new IllegalArgumentException("the model's " + name + " must be longer than nothing, not " + time);
            }
        }
    }

    public ModelConfig {
        String scheme = baseUrl.getScheme();
        if (baseUrl.getHost() == null || !("http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme))) {
            throw new IllegalArgumentException("the model's base URL must be an http or https URL such as "
                    + "https://api.openai.com/v1, but it is \"" + baseUrl + "\"");
        }
        if (model.isBlank() || id.isBlank()) {
            throw new IllegalArgumentException("the model's name must not be blank");
        }
        apiKey = apiKey == null || apiKey.isBlank() ? null : apiKey.strip();
    }

    /** A model that speaks OpenAI's chat completions, is called what its API calls it, and is tried once. */
    public static ModelConfig of(URI baseUrl, @Nullable String apiKey, String model) {
        return of(Provider.OPENAI, baseUrl, apiKey, model);
    }

    /** A model that is called what its API calls it, and is tried once. */
    public static ModelConfig of(Provider provider, URI baseUrl, @Nullable String apiKey, String model) {
        return new ModelConfig(
                model, provider, baseUrl, apiKey, model, Options.DEFAULT, null, Times.DEFAULT, ModelRetry.NEVER);
    }

    public ModelConfig withId(String other) {
        return new ModelConfig(other, provider, baseUrl, apiKey, model, options, prices, times, retry);
    }

    public ModelConfig with(Options others) {
        return new ModelConfig(id, provider, baseUrl, apiKey, model, others, prices, times, retry);
    }

    public ModelConfig withPrices(@Nullable Prices known) {
        return new ModelConfig(id, provider, baseUrl, apiKey, model, options, known, times, retry);
    }

    public ModelConfig with(Times others) {
        return new ModelConfig(id, provider, baseUrl, apiKey, model, options, prices, others, retry);
    }

    public ModelConfig withRetry(ModelRetry policy) {
        return new ModelConfig(id, provider, baseUrl, apiKey, model, options, prices, times, policy);
    }

    /** How much it is to reason for a message that asks for {@code wanted}; null = as the provider has it. */
    @Nullable Effort effort(@Nullable Effort wanted) {
        Effort effort = wanted == null ? options.effort() : wanted;
        return effort == null || options.mostEffort() == null ? effort : effort.atMost(options.mostEffort());
    }

    /** What these cost, in millionths of the unit of the prices; 0 if there are none. */
    long cost(Tokens tokens) {
        return prices == null ? 0 : prices.micros(tokens);
    }

    /** Without the key: a configuration ends up in logs. */
    @Override
    public String toString() {
        return "ModelConfig[" + id + ": " + model + " at " + baseUrl + " (" + provider.wireName() + ")"
                + (apiKey == null ? ", no key" : ", with a key") + "]";
    }
}
