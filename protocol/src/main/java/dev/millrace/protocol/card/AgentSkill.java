package dev.millrace.protocol.card;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * One thing that an agent can do.
 *
 * @param id unique within the card
 * @param name for people
 * @param description what it does
 * @param tags words to find it by
 * @param examples messages that ask for it
 * @param inputModes the media types it takes; empty for the card's defaults
 * @param outputModes the media types it gives; empty for the card's defaults
 * @param securityRequirements what a request for it must satisfy: any one of these
 */
public record AgentSkill(
        String id,
        String name,
        String description,
        List<String> tags,
        List<String> examples,
        List<String> inputModes,
        List<String> outputModes,
        List<SecurityRequirement> securityRequirements) {

    public AgentSkill {
        requireNonNull(id, "id");
        requireNonNull(name, "name");
        requireNonNull(description, "description");
        tags = List.copyOf(tags);
        examples = List.copyOf(examples);
        inputModes = List.copyOf(inputModes);
        outputModes = List.copyOf(outputModes);
        securityRequirements = List.copyOf(securityRequirements);
    }

    /** A skill with the card's media types and no requirements of its own. */
    public static AgentSkill of(String id, String name, String description, String... tags) {
        return new AgentSkill(id, name, description, List.of(tags), List.of(), List.of(), List.of(), List.of());
    }
}
