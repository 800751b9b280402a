package dev.millrace.protocol.card;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The password flow (RFC 6749, 4.3), which A2A deprecates; read so that an old card can be.
 *
 * @param tokenUrl where to get a token, or null
 * @param refreshUrl where to renew a token, or null
 * @param scopes the scopes by name, each with what it allows
 */
public record PasswordOAuthFlow(
        @Nullable String tokenUrl, @Nullable String refreshUrl, Map<String, String> scopes) implements OAuthFlows {

    public PasswordOAuthFlow {

        scopes = Ordered.copy(scopes);
    }
}
