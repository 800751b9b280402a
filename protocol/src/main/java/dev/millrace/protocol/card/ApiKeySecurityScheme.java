package dev.millrace.protocol.card;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * A key in a header, a query parameter or a cookie.
 *
 * @param description for people, or null
 * @param location {@code header}, {@code query} or {@code cookie}
 * @param name the name of the header, parameter or cookie
 */
public record ApiKeySecurityScheme(@Nullable String description, String location, String name)
        implements SecurityScheme {

    public ApiKeySecurityScheme {
        requireNonNull(location, "location");
        requireNonNull(name, "name");
    }
}
