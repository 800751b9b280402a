package dev.millrace.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a conversation, in its order.
 *
 * @param earlier true if there are messages before these
 * @param later true if there are messages after these
 * @param offset where the journal stood: read on after it and nothing is missed or repeated
 * @param clearedAt what is sent from now on is not told what stands up to this offset; 0 = it is told all
 * @param origin what the conversation was forked from; null if it was not, or if there are earlier messages
 */
public record MessagePage(
        List<Said> messages,
        boolean earlier,
        boolean later,
        long offset,
        long clearedAt,
        @Nullable Origin origin) {

    /**
     * Where a forked conversation began.
     *
     * @param messageId the last message that it took over; null if it took none
     */
    public record Origin(String contextId, @Nullable String messageId) {}

    public MessagePage {
        messages = List.copyOf(messages);
    }
}
