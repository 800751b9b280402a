package dev.millrace.agents;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Where a conversation is to be kept in the provider's cache, for a provider that wants to be told (Anthropic, "Prompt
 * caching": at most four marks a request, of which the prompt and the tools have one each). What is new at the end is
 * marked, so that the next request finds it, and what was the end of the request before, so that this one finds that,
 * however much came between. So each word is paid in full once, and not again with each step of a turn.
 */
final class CacheMarks {
    /** LangChain4j's word for it: an attribute of a message. */
    private static final Map<String, Object> MARK = Map.of("cache_control", "ephemeral");

    private CacheMarks() {}

    static List<ChatMessage> on(List<ChatMessage> conversation) {
        var marked = new ArrayList<>(conversation);
        int end = mark(marked, marked.size() - 1);
        int answer = end;
        while (answer >= 0 && !(marked.get(answer) instanceof AiMessage)) {
            answer--;
        }
        mark(marked, answer);
        return marked;
    }

    /** Marks the last message at or before {@code from} that is not the model's; -1 if there is none. */
    private static int mark(List<ChatMessage> messages, int from) {
        for (int i = from; i >= 0; i--) {
            switch (messages.get(i)) {
                case UserMessage asked -> {
                    messages.set(i, asked.toBuilder().attributes(MARK).build());
                    return i;
                }
                case ToolExecutionResultMessage result -> {
                    messages.set(i, result.toBuilder().attributes(MARK).build());
                    return i;
                }
                default -> {}
            }
        }
        return -1;
    }
}
