package dev.millrace.agents;

import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.millrace.protocol.Message;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** How a long conversation is summed up: by the model itself, into an artifact that stands for what was said before it. */
final class Compaction {
    /** The field of a message's metadata with which a user asks for it. */
    static final String REQUEST = "compact";

    /** A token is about so many characters of English; of other languages fewer, so that this errs to the early side. */
    private static final int CHARACTERS = 3;

    private static final String ASKED = """
            Sum up the conversation so far, so that you could go on with it from your summary alone. Keep what the user \
            wants and has said about how, what was decided and why, what was done and what came of it, names, numbers, \
            paths and identifiers exactly as they are, and what is still open. Leave out greetings and detours. Write \
            only the summary.""";

    private Compaction() {}

    /** What the model is asked. */
    static List<ChatMessage> request(List<ChatMessage> conversation) {
        var request = new ArrayList<>(conversation);
        request.add(UserMessage.from(ASKED));
        return request;
    }

    /** What the model is told later. */
    static String told(String summary) {
        return "What was said before, summed up:\n\n" + summary;
    }

    /** About how many tokens the next request has: what the provider counted last, and what was said since. */
    static long tokens(List<Message> said) {
        long since = 0;
        for (Message message : said.reversed()) {
            JsonNode marks = Marks.in(message);
            if (Marks.is(message, Marks.Kind.SUMMARY)) {
                return since + characters(message) / CHARACTERS;
            }
            if (marks.path("usage").isObject()) {
                return since
                        + marks.path("usage").path("inputTokens").asLong(0)
                        + marks.path("usage").path("outputTokens").asLong(0);
            }
            if (!Marks.is(message, Marks.Kind.REASONING)) {
                since += characters(message) / CHARACTERS;
            }
        }
        return since;
    }

    private static long characters(Message message) {
        long characters = 0;
        for (var part : message.parts()) {
            characters += switch (part) {
                case dev.millrace.protocol.TextPart text -> text.text().length();
                case dev.millrace.protocol.DataPart data ->
                    data.data().toString().length();
                case dev.millrace.protocol.RawPart raw ->
                    Math.min(raw.raw().length, 4_500); // as an image, 1,500 tokens
                case dev.millrace.protocol.UrlPart _ -> 4_500;
            };
        }
        return characters;
    }
}
