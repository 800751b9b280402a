package dev.millrace.engine.store;

import dev.millrace.engine.Sent;
import org.jspecify.annotations.Nullable;

/**
 * Remembers a send within its context, so that the same one gets the first one's answer again.
 *
 * @param print what the key stands for; null = not compared
 */
public record SendKey(String key, @Nullable String print, Sent answer) {
    /** The key of a message, by its id. */
    public static String message(String messageId) {
        return "message:" + messageId;
    }

    /** The key of a request, by the idempotency key it came with. */
    public static String request(String idempotencyKey) {
        return "key:" + idempotencyKey;
    }
}
