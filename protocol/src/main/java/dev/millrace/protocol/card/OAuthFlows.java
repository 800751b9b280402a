package dev.millrace.protocol.card;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How to get an OAuth 2 token: A2A allows one flow for each scheme. */
public sealed interface OAuthFlows
        permits AuthorizationCodeOAuthFlow,
                ClientCredentialsOAuthFlow,
                DeviceCodeOAuthFlow,
                ImplicitOAuthFlow,
                PasswordOAuthFlow {

    /** Where to renew a token, or null. */
    @Nullable String refreshUrl();

    /** The scopes by name, each with what it allows; keeps its order. */
    Map<String, String> scopes();
}
