package dev.millrace.protocol.card;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes an {@link AgentCard} field by field. What is not set: an empty description, version {@code 1.0.0}, no
 * capabilities, {@code text/plain} in and out, and nothing else.
 */
public final class AgentCardBuilder {
    private static final List<String> PLAIN_TEXT = List.of("text/plain");

    private final String name;
    private String description = "";
    private String version = "1.0.0";
    private @Nullable AgentProvider provider;
    private @Nullable String documentationUrl;
    private @Nullable String iconUrl;
    private AgentCapabilities capabilities = AgentCapabilities.NONE;
    private List<String> inputModes = PLAIN_TEXT;
    private List<String> outputModes = PLAIN_TEXT;
    private final List<AgentInterface> interfaces = new ArrayList<>();
    private final Map<String, SecurityScheme> securitySchemes = new LinkedHashMap<>();
    private final List<SecurityRequirement> securityRequirements = new ArrayList<>();
    private final List<AgentSkill> skills = new ArrayList<>();
    private final List<AgentCardSignature> signatures = new ArrayList<>();

    AgentCardBuilder(String name) {
        this.name = requireNonNull(name, "name");
    }

    public AgentCardBuilder description(String description) {
        this.description = description;
        return this;
    }

    public AgentCardBuilder version(String version) {
        this.version = version;
        return this;
    }

    /** Adds an interface; the first one added is the one the agent likes best. */
    public AgentCardBuilder reachableAt(AgentInterface supported) {
        interfaces.add(supported);
        return this;
    }

    public AgentCardBuilder provider(AgentProvider provider) {
        this.provider = provider;
        return this;
    }

    public AgentCardBuilder documentationUrl(String url) {
        this.documentationUrl = url;
        return this;
    }

    public AgentCardBuilder iconUrl(String url) {
        this.iconUrl = url;
        return this;
    }

    public AgentCardBuilder capabilities(AgentCapabilities capabilities) {
        this.capabilities = capabilities;
        return this;
    }

    /** Adds a way to authenticate under the name that requirements use for it. */
    public AgentCardBuilder securityScheme(String name, SecurityScheme scheme) {
        securitySchemes.put(name, scheme);
        return this;
    }

    /** Adds one requirement; a request must satisfy any one of those added. */
    public AgentCardBuilder require(SecurityRequirement requirement) {
        securityRequirements.add(requirement);
        return this;
    }

    public AgentCardBuilder inputModes(String... mediaTypes) {
        inputModes = List.of(mediaTypes);
        return this;
    }

    public AgentCardBuilder outputModes(String... mediaTypes) {
        outputModes = List.of(mediaTypes);
        return this;
    }

    public AgentCardBuilder skill(AgentSkill skill) {
        skills.add(skill);
        return this;
    }

    public AgentCardBuilder signature(AgentCardSignature signature) {
        signatures.add(signature);
        return this;
    }

    /** The card; the builder can be used on. */
    public AgentCard build() {
        return new AgentCard(
                name,
                description,
                interfaces,
                provider,
                version,
                documentationUrl,
                capabilities,
                securitySchemes,
                securityRequirements,
                inputModes,
                outputModes,
                skills,
                signatures,
                iconUrl);
    }
}
