package dev.millrace.protocol.card;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * An extension of A2A that an agent knows.
 *
 * @param uri what names it; the empty text where a card does not say
 * @param description how this agent uses it, or null
 * @param required true if a client that does not declare it is refused
 * @param params what the extension itself defines, or null
 */
public record AgentExtension(
        String uri,
        @Nullable String description,
        boolean required,
        @Nullable ObjectNode params) {

    public AgentExtension {
        requireNonNull(uri, "uri");
    }

    /** An extension that a client may use or leave. */
    public static AgentExtension optional(String uri, String description) {
        return new AgentExtension(uri, description, false, null);
    }
}
