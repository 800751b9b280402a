package dev.millrace.protocol.operation;

import static java.util.Objects.requireNonNull;

import dev.millrace.protocol.Message;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Sends a message, to begin a task or to go on with one ({@code SendMessage} and {@code SendStreamingMessage}).
 *
 * @param tenant an opaque routing string whose meaning is the server's, or null
 * @param message the message
 * @param configuration how to answer, or null for the defaults
 * @param metadata what the client adds about the request, or null
 */
public record SendMessageRequest(
        @Nullable String tenant,
        Message message,
        @Nullable SendMessageConfiguration configuration,
        @Nullable ObjectNode metadata) {

    public SendMessageRequest {
        requireNonNull(message, "message");
    }

    /** Sends this message with the defaults. */
    public static SendMessageRequest of(Message message) {
        return new SendMessageRequest(null, message, null, null);
    }

    /** The configuration, or the defaults where the client gave none. */
    public SendMessageConfiguration configurationOrDefault() {
        return configuration == null ? SendMessageConfiguration.DEFAULT : configuration;
    }
}
