package dev.millrace.agents.remote;

import java.net.URI;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where an agent is that speaks A2A.
 *
 * @param name what it is called here
 * @param url of its card, or of the server that has it
 * @param token for {@code Authorization: Bearer}; null = none
 * @param headers sent with each request
 */
public record RemoteConfig(String name, URI url, @Nullable String token, Map<String, String> headers) {
    public RemoteConfig {
        headers = Map.copyOf(headers);
        token = token == null || token.isBlank() ? null : token.strip();
    }

    /** One that asks nobody who it is. */
    public static RemoteConfig of(String name, URI url) {
        return new RemoteConfig(name, url, null, Map.of());
    }

    /** Without what proves who we are: a configuration ends up in logs. */
    @Override
    public String toString() {
        return "RemoteConfig[" + name + " at " + url + (token == null ? "" : ", with a token") + "]";
    }
}
