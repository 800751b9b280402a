package dev.millrace.agents;

import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What providers say in their streams that LangChain4j does not know or drops: put into words that it knows, or told as the
 * failure that it is. The tests play each of these as the providers' documentation has it.
 */
final class Wording {
    /** Why Gemini stopped, as far as LangChain4j knows. Google adds reasons now and then. */
    private static final Set<String> GEMINI_REASONS = Set.of(
            "STOP",
            "MAX_TOKENS",
            "SAFETY",
            "RECITATION",
            "LANGUAGE",
            "OTHER",
            "BLOCKLIST",
            "PROHIBITED_CONTENT",
            "SPII",
            "MALFORMED_FUNCTION_CALL",
            "IMAGE_RECITATION",
            "FINISH_REASON_UNSPECIFIED");

    /** What may be a reason that is not known: read with care, since a tool's arguments may have a field of the name. */
    private static final Pattern GEMINI_REASON =
            Pattern.compile("\"finishReason\"\\s*:\\s*\"(?!(?:" + String.join("|", GEMINI_REASONS) + ")\")");

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
            case GEMINI -> GEMINI_REASON.matcher(data).find() ? withKnownReasons(data) : data;
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
            // A prompt that it blocks has no candidates. (A tool's arguments may have a field of the name.)
            String reason = json(data).at("/promptFeedback/blockReason").asString("");
            return reason.isEmpty() ? null : ModelFailures.filtered("It said: " + reason);
        }
        boolean refused = provider == Provider.ANTHROPIC
                && data.contains("\"refusal\"")
                && ANTHROPIC_REFUSAL.matcher(data).find();
        return refused ? ModelFailures.filtered("") : null;
    }

    private static String withKnownReasons(String data) {
        JsonNode event = json(data);
        for (JsonNode candidate : event.path("candidates")) {
            if (candidate instanceof ObjectNode answer
                    && answer.path("finishReason").isString()
                    && !GEMINI_REASONS.contains(answer.path("finishReason").stringValue())) {
                answer.put("finishReason", "OTHER");
            }
        }
        return event.isMissingNode() ? data : event.toString();
    }

    /** Missing if it is none; then whoever reads it next says so. */
    private static JsonNode json(String data) {
        try {
            return JsonMapper.shared().readTree(data);
        } catch (JacksonException e) {
            return MissingNode.getInstance();
        }
    }
}
