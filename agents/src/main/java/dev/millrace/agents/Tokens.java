package dev.millrace.agents;

import dev.langchain4j.model.anthropic.AnthropicTokenUsage;
import dev.langchain4j.model.googleai.GoogleAiGeminiTokenUsage;
import dev.langchain4j.model.openai.OpenAiTokenUsage;
import dev.langchain4j.model.output.TokenUsage;
import org.jspecify.annotations.Nullable;

/**
 * What one answer of a model took, by the provider's own count.
 *
 * @param input all that it read, whether from a cache or not
 * @param output all that it wrote, its reasoning included
 * @param cached how many of the input came from the provider's cache
 * @param cacheWrites how many of the input were put into that cache
 * @param reasoning how many of the output were reasoning; 0 also where the provider does not tell
 */
public record Tokens(long input, long output, long cached, long cacheWrites, long reasoning) {
    /** Nothing, or not told. */
    public static final Tokens NONE = new Tokens(0, 0, 0, 0, 0);

    /** Providers count differently: Anthropic's input leaves the cached tokens out, Gemini's output the reasoning. */
    public static Tokens of(@Nullable TokenUsage used) {
        if (used == null) {
            return NONE; // not every server counts
        }
        long input = count(used.inputTokenCount());
        long output = count(used.outputTokenCount());
        return switch (used) {
            case OpenAiTokenUsage openAi ->
                new Tokens(
                        input,
                        output,
                        openAi.inputTokensDetails() == null
                                ? 0
                                : count(openAi.inputTokensDetails().cachedTokens()),
                        0,
                        openAi.outputTokensDetails() == null
                                ? 0
                                : count(openAi.outputTokensDetails().reasoningTokens()));
            case AnthropicTokenUsage anthropic -> {
                long read = count(anthropic.cacheReadInputTokens());
                long written = count(anthropic.cacheCreationInputTokens());
                yield new Tokens(input + read + written, output, read, written, 0);
            }
            case GoogleAiGeminiTokenUsage gemini -> {
                long thoughts = count(gemini.thoughtsTokenCount());
                yield new Tokens(input, output + thoughts, count(gemini.cachedContentTokenCount()), 0, thoughts);
            }
            default -> new Tokens(input, output, 0, 0, 0);
        };
    }

    private static long count(@Nullable Integer tokens) {
        return tokens == null ? 0 : Math.max(0, tokens);
    }
}
