package dev.millrace.protocol;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * One turn of speech between a user and an agent.
 *
 * @param messageId made by the sender, unique for it
 * @param contextId the conversation, or null if the receiver is to infer or make it
 * @param taskId the task that the message belongs to or continues, or null
 * @param role who wrote it
 * @param parts the content
 * @param metadata what the sender adds, or null
 * @param extensions the URIs of the extensions that had a part in this message
 * @param referenceTaskIds other tasks that the message refers to
 */
public record Message(
        String messageId,
        @Nullable String contextId,
        @Nullable String taskId,
        Role role,
        List<Part> parts,
        @Nullable ObjectNode metadata,
        List<String> extensions,
        List<String> referenceTaskIds)
        implements StreamResponse, SendMessageResponse {

    public Message {
        requireNonNull(messageId, "messageId");
        requireNonNull(role, "role");
        parts = List.copyOf(parts);
        extensions = List.copyOf(extensions);
        referenceTaskIds = List.copyOf(referenceTaskIds);
    }

    /** A message of this role and these parts, with nothing else set. */
    public static Message of(String messageId, Role role, Part... parts) {
        return new Message(messageId, null, null, role, List.of(parts), null, List.of(), List.of());
    }

    /** A user's message of plain text. */
    public static Message user(String messageId, String text) {
        return of(messageId, Role.USER, Part.text(text));
    }

    /** An agent's message of plain text. */
    public static Message agent(String messageId, String text) {
        return of(messageId, Role.AGENT, Part.text(text));
    }

    /** The text of all text parts, one after the other with nothing between them; empty if there is none. */
    public String text() {
        return Texts.joined(parts);
    }

    /** This message in another context and task; null leaves that field absent. */
    public Message in(@Nullable String contextId, @Nullable String taskId) {
        return new Message(messageId, contextId, taskId, role, parts, metadata, extensions, referenceTaskIds);
    }

    /** This message with other metadata. */
    public Message withMetadata(@Nullable ObjectNode metadata) {
        return new Message(messageId, contextId, taskId, role, parts, metadata, extensions, referenceTaskIds);
    }

    /** This message with other parts. */
    public Message withParts(List<Part> parts) {
        return new Message(messageId, contextId, taskId, role, parts, metadata, extensions, referenceTaskIds);
    }
}
