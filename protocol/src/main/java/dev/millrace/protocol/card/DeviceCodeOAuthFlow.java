package dev.millrace.protocol.card;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The device flow (RFC 8628).
 *
 * @param deviceAuthorizationUrl where the device begins
 * @param tokenUrl where to get a token
 * @param refreshUrl where to renew a token, or null
 * @param scopes the scopes by name, each with what it allows
 */
public record DeviceCodeOAuthFlow(
        String deviceAuthorizationUrl,
        String tokenUrl,
        @Nullable String refreshUrl,
        Map<String, String> scopes) implements OAuthFlows {

    public DeviceCodeOAuthFlow {
        requireNonNull(deviceAuthorizationUrl, "deviceAuthorizationUrl");
        requireNonNull(tokenUrl, "tokenUrl");
        scopes = Ordered.copy(scopes);
    }
}
