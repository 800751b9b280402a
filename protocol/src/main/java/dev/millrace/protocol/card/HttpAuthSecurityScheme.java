package dev.millrace.protocol.card;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * HTTP authentication.
 *
 * @param description for people, or null
 * @param scheme the scheme, such as {@code Bearer}
 * @param bearerFormat a hint at what a bearer token looks like, such as {@code JWT}, or null
 */
public record HttpAuthSecurityScheme(
        @Nullable String description,
        String scheme,
        @Nullable String bearerFormat) implements SecurityScheme {

    public HttpAuthSecurityScheme {
        requireNonNull(scheme, "scheme");
    }
}
