package dev.millrace.engine;

import java.util.List;

/**
 * A part of a conversation, in its order.
 *
 * @param earlier true if there are messages before these
 * @param later true if there are messages after these
 * @param offset where the journal stood: read on after it and nothing is missed or repeated
 */
public record MessagePage(List<Said> messages, boolean earlier, boolean later, long offset) {
    public MessagePage {
        messages = List.copyOf(messages);
    }
}
