package dev.millrace.protocol.card;

import org.jspecify.annotations.Nullable;

/**
 * A client certificate.
 *
 * @param description for people, or null
 */
public record MutualTlsSecurityScheme(@Nullable String description) implements SecurityScheme {}
