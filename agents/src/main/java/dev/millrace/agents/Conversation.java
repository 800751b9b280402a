package dev.millrace.agents;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.millrace.protocol.DataPart;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.RawPart;
import dev.millrace.protocol.Role;
import dev.millrace.protocol.TextPart;
import dev.millrace.protocol.UrlPart;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A conversation as a chat model wants it: text as text, data as its JSON, images as images; of any other file the model
 * is told that it is there and cannot be read, so that it does not invent what is in it.
 */
final class Conversation {
    private Conversation() {}

    /** The messages, oldest first, without those that have no content. */
    static List<ChatMessage> of(@Nullable String systemPrompt, List<Message> history, Message message) {
        var chat = new ArrayList<ChatMessage>();
        if (systemPrompt != null && !systemPrompt.isBlank()) {
            chat.add(SystemMessage.from(systemPrompt));
        }
        for (Message earlier : history) {
            add(chat, earlier);
        }
        add(chat, message);
        return chat;
    }

    /** True if there is something in the message that a model can be told. */
    static boolean hasContent(Message message) {
        return !contents(message).isEmpty();
    }

    private static void add(List<ChatMessage> chat, Message message) {
        List<Content> contents = contents(message);
        if (contents.isEmpty()) {
            return;
        }
        if (message.role() == Role.AGENT) {
            String text = text(contents);
            if (!text.isBlank()) {
                chat.add(AiMessage.from(text));
            }
        } else if (contents.stream().allMatch(TextContent.class::isInstance)) {
            // A plain string: servers that know no content lists take it, too.
            chat.add(UserMessage.from(text(contents)));
        } else {
            chat.add(UserMessage.from(contents));
        }
    }

    private static String text(List<Content> contents) {
        var text = new StringBuilder();
        for (Content content : contents) {
            if (content instanceof TextContent words) {
                text.append(words.text());
            }
        }
        return text.toString();
    }

    private static List<Content> contents(Message message) {
        var contents = new ArrayList<Content>();
        for (Part part : message.parts()) {
            switch (part) {
                case TextPart text -> {
                    if (!text.text().isBlank() || !contents.isEmpty()) {
                        contents.add(TextContent.from(text.text()));
                    }
                }
                case DataPart data -> contents.add(TextContent.from(data.data().toString()));
                case RawPart raw ->
                    contents.add(
                            image(raw.mediaType())
                                    ? ImageContent.from(Base64.getEncoder().encodeToString(raw.raw()), raw.mediaType())
                                    : unread(raw));
                case UrlPart url -> contents.add(image(url.mediaType()) ? ImageContent.from(url.url()) : unread(url));
            }
        }
        return contents;
    }

    private static boolean image(@Nullable String mediaType) {
        return mediaType != null && mediaType.startsWith("image/");
    }

    private static TextContent unread(Part file) {
        String name = file.filename() == null ? "a file" : "the file " + file.filename();
        String type = file.mediaType() == null ? "" : " (" + file.mediaType() + ")";
        return TextContent.from("[" + name + type + " was attached, and cannot be read here]");
    }
}
