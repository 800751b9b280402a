package dev.millrace.protocol.card;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * OpenID Connect.
 *
 * @param description for people, or null
 * @param openIdConnectUrl the provider's discovery document
 */
public record OpenIdConnectSecurityScheme(@Nullable String description, String openIdConnectUrl)
        implements SecurityScheme {

    public OpenIdConnectSecurityScheme {
        requireNonNull(openIdConnectUrl, "openIdConnectUrl");
    }
}
