package dev.millrace.protocol.card;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The implicit flow (RFC 6749, 4.2), which A2A deprecates; read so that an old card can be.
 *
 * @param authorizationUrl where the user agrees, or null
 * @param refreshUrl where to renew a token, or null
 * @param scopes the scopes by name, each with what it allows
 */
public record ImplicitOAuthFlow(
        @Nullable String authorizationUrl, @Nullable String refreshUrl, Map<String, String> scopes)
        implements OAuthFlows {

    public ImplicitOAuthFlow {

        scopes = Ordered.copy(scopes);
    }
}
