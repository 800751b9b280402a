package dev.millrace.server.config;

import dev.millrace.agents.ModelConfig;
import java.net.URI;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The chat model of the agent {@code model}: from the file's section {@code model}, and for what that leaves open from the
 * variables that OpenAI's own tools read. There is a model if either names an address, a key or a model.
 */
public final class ModelSettings {
    /** Where OpenAI's own API is. */
    static final URI OPENAI = URI.create("https://api.openai.com/v1");

    /** Small, quick and cheap: what a first try should be. */
    static final String OPENAI_MODEL = "gpt-4.1-mini";

    private final Map<String, String> environment;
    private @Nullable URI baseUrl;
    private @Nullable String apiKey;
    private @Nullable String name;
    private @Nullable String systemPrompt;
    private @Nullable Double temperature;
    private @Nullable Integer maxTokens;
    private String at = "model";

    public ModelSettings(Map<String, String> environment) {
        this.environment = environment;
    }

    void read(Section section) {
        at = section.at("name");
        section.text("baseUrl").ifPresent(text -> baseUrl = ConfigFile.url(section.at("baseUrl"), text));
        section.text("apiKey").ifPresent(text -> apiKey = text);
        section.text("name").ifPresent(text -> name = text);
        section.text("systemPrompt").ifPresent(text -> systemPrompt = text);
        section.number("temperature").ifPresent(number -> temperature = number);
        section.integer("maxTokens", 1, Integer.MAX_VALUE).ifPresent(number -> maxTokens = number);
        section.done();
    }

    /**
     * The model, or null if there is none.
     *
     * @throws BadSetting if what was said can't be used
     */
    public @Nullable ModelConfig build() {
        URI address = baseUrl;
        String key = apiKey == null ? variable("OPENAI_API_KEY") : apiKey;
        String model = name == null ? variable("OPENAI_MODEL") : name;
        String other = variable("OPENAI_BASE_URL");
        if (address == null && other != null) {
            address = ConfigFile.url("OPENAI_BASE_URL", other);
        }
        if (address == null && key == null && name == null) {
            return null;
        }
        if (model == null && address != null && !address.equals(OPENAI)) {
            throw new BadSetting(
                    "model.name", "is missing; say which model of " + address + " to use (or set OPENAI_MODEL)");
        }
        try {
            return ModelConfig.of(address == null ? OPENAI : address, key, model == null ? OPENAI_MODEL : model)
                    .withSystemPrompt(systemPrompt)
                    .withTemperature(temperature)
                    .withMaxTokens(maxTokens);
        } catch (IllegalArgumentException e) {
            throw new BadSetting(at, String.valueOf(e.getMessage()));
        }
    }

    private @Nullable String variable(String variable) {
        String value = environment.get(variable);
        return value == null || value.isBlank() ? null : value.strip();
    }
}
