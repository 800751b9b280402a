package dev.millrace.protocol.card;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The client credentials flow (RFC 6749, 4.4).
 *
 * @param tokenUrl where to get a token
 * @param refreshUrl where to renew a token, or null
 * @param scopes the scopes by name, each with what it allows
 */
public record ClientCredentialsOAuthFlow(
        String tokenUrl, @Nullable String refreshUrl, Map<String, String> scopes) implements OAuthFlows {

    public ClientCredentialsOAuthFlow {
        requireNonNull(tokenUrl, "tokenUrl");
        scopes = Ordered.copy(scopes);
    }
}
