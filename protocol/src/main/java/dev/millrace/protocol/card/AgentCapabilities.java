package dev.millrace.protocol.card;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which optional parts of A2A an agent has. Null for what it does not say, which means the same as false.
 *
 * @param streaming it streams, or null
 * @param pushNotifications it pushes, or null
 * @param extensions the extensions it knows
 * @param extendedAgentCard it has another card for authenticated clients, or null
 */
public record AgentCapabilities(
        @Nullable Boolean streaming,
        @Nullable Boolean pushNotifications,
        List<AgentExtension> extensions,
        @Nullable Boolean extendedAgentCard) {

    /** Nothing is said. */
    public static final AgentCapabilities NONE = new AgentCapabilities(null, null, List.of(), null);

    public AgentCapabilities {
        extensions = List.copyOf(extensions);
    }

    /** An agent that streams, and does not push. */
    public static AgentCapabilities streamingOnly() {
        return new AgentCapabilities(true, false, List.of(), null);
    }

    /** These capabilities with one more extension. */
    public AgentCapabilities with(AgentExtension extension) {
        List<AgentExtension> more = new ArrayList<>(extensions);
        more.add(extension);
        return new AgentCapabilities(streaming, pushNotifications, more, extendedAgentCard);
    }

    public boolean streams() {
        return Boolean.TRUE.equals(streaming);
    }

    public boolean pushes() {
        return Boolean.TRUE.equals(pushNotifications);
    }

    public boolean hasExtendedCard() {
        return Boolean.TRUE.equals(extendedAgentCard);
    }
}
