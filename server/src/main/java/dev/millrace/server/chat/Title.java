package dev.millrace.server.chat;

import dev.millrace.protocol.Message;
import org.jspecify.annotations.Nullable;

/** What a chat is called that nobody gave a title. */
final class Title {
    /** As long as a line in a list of chats can well be, in characters (code points). */
    static final int LENGTH = 80;

    private Title() {}

    /** The first line of the message that says something, cut at a word; null if the message has no text. */
    static @Nullable String of(Message message) {
        return message.text()
                .lines()
                .map(line -> line.strip().replaceAll("\\s+", " "))
                .filter(line -> !line.isEmpty())
                .findFirst()
                .map(Title::cut)
                .orElse(null);
    }

    private static String cut(String line) {
        if (line.codePointCount(0, line.length()) <= LENGTH) {
            return line;
        }
        // One character is for the dots; the word that begins right after them still fits whole.
        int end = line.offsetByCodePoints(0, LENGTH - 1);
        int space = line.lastIndexOf(' ', end);
        return line.substring(0, space > 0 ? space : end) + "…";
    }
}
