package dev.millrace.agents;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What providers say in their streams that LangChain4j does not know or drops: put into words that it knows, or told as the
 * failure that it is. The tests play each of these as the providers' documentation has it.
 */
final class Wording {
    /** Why Gemini stopped. Google adds reasons now and then, and LangChain4j takes those alone that it knows. */
    private static final Pattern GEMINI_REASON =
            Pattern.compile("(\"finishReason\"\\s*:\\s*\")(?!(?:STOP|MAX_TOKENS|SAFETY"
                    + "|RECITATION|LANGUAGE|OTHER|BLOCKLIST|PROHIBITED_CONTENT|SPII|MALFORMED_FUNCTION_CALL|IMAGE_RECITATION"
                    + "|FINISH_REASON_UNSPECIFIED)\")[A-Z_]+");

    /** Why Gemini did not begin: a prompt that it blocks has no candidates. (A tool's arguments may have a field of the name.) */
    private static final Pattern GEMINI_BLOCKED =
            Pattern.compile("\"promptFeedback\"\\s*:\\s*\\{.*?\"blockReason\"\\s*:\\s*\"([A-Z_]+)\"", Pattern.DOTALL);

    /** Anthropic's classifiers stopped the answer: a reason that LangChain4j takes for any other. */
    private static final Pattern ANTHROPIC_REFUSAL = Pattern.compile("\"stop_reason\"\\s*:\\s*\"refusal\"");

    /** The model reached the end of its window, which is as much a limit as that of its answer. */
    private static final Pattern ANTHROPIC_FULL =
            Pattern.compile("(\"stop_reason\"\\s*:\\s*\")model_context_window_exceeded\"");

    /** A piece of a refusal in a chat completion. It is what the model says, and its user is to read it. */
    private static final Pattern OPENAI_REFUSAL = Pattern.compile("\"refusal\"(\\s*:\\s*\"[^\"])");

    private static final Pattern NO_CONTENT = Pattern.compile("\"content\"\\s*:\\s*null\\s*,?");

    private Wording() {}

    /** The event's data as LangChain4j understands it. */
    static String of(Provider provider, String data) {
        return switch (provider) {
            case GEMINI -> GEMINI_REASON.matcher(data).replaceFirst("$1OTHER");
            case ANTHROPIC ->
                data.contains("window_exceeded") ? ANTHROPIC_FULL.matcher(data).replaceFirst("$1max_tokens\"") : data;
            case OPENAI -> {
                Matcher refusal = data.contains("\"refusal\"") ? OPENAI_REFUSAL.matcher(data) : null;
                yield refusal != null && refusal.find()
                        ? NO_CONTENT
                                .matcher(refusal.replaceFirst("\"content\"$1"))
                                .replaceFirst("")
                        : data;
            }
            case OPENAI_RESPONSES ->
                data.contains("\"response.refusal.delta\"")
                        ? data.replace("\"response.refusal.delta\"", "\"response.output_text.delta\"")
                        : data;
            case OLLAMA -> data;
        };
    }

    /** The event's type as LangChain4j understands it. */
    static String ofType(String type) {
        return type.equals("response.refusal.delta") ? "response.output_text.delta" : type;
    }

    /** Why the answer is none, although the stream ends well; null if this event does not say so. */
    static @Nullable ModelFailure failure(Provider provider, String data) {
        if (provider == Provider.GEMINI && data.contains("\"blockReason\"")) {
            Matcher reason = GEMINI_BLOCKED.matcher(data);
            return reason.find() ? ModelFailures.filtered("It said: " + reason.group(1)) : null;
        }
        boolean refused = provider == Provider.ANTHROPIC
                && data.contains("\"refusal\"")
                && ANTHROPIC_REFUSAL.matcher(data).find();
        return refused ? ModelFailures.filtered("") : null;
    }
}
