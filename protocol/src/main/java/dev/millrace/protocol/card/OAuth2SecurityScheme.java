package dev.millrace.protocol.card;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * OAuth 2.
 *
 * @param description for people, or null
 * @param flows how to get a token
 * @param oauth2MetadataUrl the authorization server's metadata (RFC 8414), or null
 */
public record OAuth2SecurityScheme(
        @Nullable String description,
        OAuthFlows flows,
        @Nullable String oauth2MetadataUrl) implements SecurityScheme {

    public OAuth2SecurityScheme {
        requireNonNull(flows, "flows");
    }
}
