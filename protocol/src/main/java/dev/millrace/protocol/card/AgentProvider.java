package dev.millrace.protocol.card;

import static java.util.Objects.requireNonNull;

/** Who runs an agent. */
public record AgentProvider(String url, String organization) {

    public AgentProvider {
        requireNonNull(url, "url");
        requireNonNull(organization, "organization");
    }
}
