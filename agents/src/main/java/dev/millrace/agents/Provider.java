package dev.millrace.agents;

import java.net.URI;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Whose protocol a model speaks. Any number of services speak OpenAI's chat completions: theirs is {@link #OPENAI}. */
public enum Provider {
    /** Chat completions, of OpenAI and of most others. */
    OPENAI("https://api.openai.com/v1", "OPENAI_API_KEY"),
    /** OpenAI's newer API, {@code /responses}. Nothing is kept there: each request has the whole conversation. */
    OPENAI_RESPONSES("https://api.openai.com/v1", "OPENAI_API_KEY"),
    ANTHROPIC("https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"),
    GEMINI("https://generativelanguage.googleapis.com/v1beta", "GEMINI_API_KEY"),
    /** Ollama's own API. It takes no key. */
    OLLAMA("http://localhost:11434", "OLLAMA_API_KEY");

    private final URI home;
    private final String keyVariable;

    Provider(String home, String keyVariable) {
        this.home = URI.create(home);
        this.keyVariable = keyVariable;
    }

    /** Where the provider's own service is. */
    public URI home() {
        return home;
    }

    /** The variable of the environment in which the provider's own tools look for a key. */
    public String keyVariable() {
        return keyVariable;
    }

    /** What it is called in a configuration: {@code openai-responses}. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The provider of that {@link #wireName}. */
    public static Optional<Provider> named(String wireName) {
        return Arrays.stream(values())
                .filter(each -> each.wireName().equals(wireName))
                .findFirst();
    }
}
