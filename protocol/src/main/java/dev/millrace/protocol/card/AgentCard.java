package dev.millrace.protocol.card;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an agent says about itself, served at {@code /.well-known/agent-card.json}.
 *
 * @param name for people
 * @param description what the agent is for
 * @param supportedInterfaces where it can be reached, the one it likes best first
 * @param provider who runs it, or null
 * @param version the agent's own version
 * @param documentationUrl more to read, or null
 * @param capabilities which optional parts of A2A it has
 * @param securitySchemes the ways to authenticate, by the names that requirements use; keeps its order
 * @param securityRequirements what a request must satisfy: any one of these
 * @param defaultInputModes the media types it takes
 * @param defaultOutputModes the media types it gives
 * @param skills what it can do
 * @param signatures signatures over the card
 * @param iconUrl a picture, or null
 */
public record AgentCard(
        String name,
        String description,
        List<AgentInterface> supportedInterfaces,
        @Nullable AgentProvider provider,
        String version,
        @Nullable String documentationUrl,
        AgentCapabilities capabilities,
        Map<String, SecurityScheme> securitySchemes,
        List<SecurityRequirement> securityRequirements,
        List<String> defaultInputModes,
        List<String> defaultOutputModes,
        List<AgentSkill> skills,
        List<AgentCardSignature> signatures,
        @Nullable String iconUrl) {

    public AgentCard {
        requireNonNull(name, "name");
        requireNonNull(description, "description");
        supportedInterfaces = List.copyOf(supportedInterfaces);
        requireNonNull(version, "version");
        requireNonNull(capabilities, "capabilities");
        securitySchemes = Ordered.copy(securitySchemes);
        securityRequirements = List.copyOf(securityRequirements);
        defaultInputModes = List.copyOf(defaultInputModes);
        defaultOutputModes = List.copyOf(defaultOutputModes);
        skills = List.copyOf(skills);
        signatures = List.copyOf(signatures);
    }

    /** Begins a card. */
    public static AgentCardBuilder named(String name) {
        return new AgentCardBuilder(name);
    }
}
