package dev.millrace.protocol.card;

import org.jspecify.annotations.Nullable;

/** One way to authenticate. */
public sealed interface SecurityScheme
        permits ApiKeySecurityScheme,
                HttpAuthSecurityScheme,
                OAuth2SecurityScheme,
                OpenIdConnectSecurityScheme,
                MutualTlsSecurityScheme {

    /** For people, or null. */
    @Nullable String description();
}
