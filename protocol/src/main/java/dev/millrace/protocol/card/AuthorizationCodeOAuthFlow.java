package dev.millrace.protocol.card;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The authorization code flow (RFC 6749, 4.1).
 *
 * @param authorizationUrl where the user agrees
 * @param tokenUrl where the code becomes a token
 * @param refreshUrl where to renew a token, or null
 * @param scopes the scopes by name, each with what it allows
 * @param pkceRequired true if the client must use PKCE (RFC 7636)
 */
public record AuthorizationCodeOAuthFlow(
        String authorizationUrl,
        String tokenUrl,
        @Nullable String refreshUrl,
        Map<String, String> scopes,
        boolean pkceRequired)
        implements OAuthFlows {

    public AuthorizationCodeOAuthFlow {
        requireNonNull(authorizationUrl, "authorizationUrl");
        requireNonNull(tokenUrl, "tokenUrl");
        scopes = Ordered.copy(scopes);
    }
}
