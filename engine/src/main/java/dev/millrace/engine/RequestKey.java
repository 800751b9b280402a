package dev.millrace.engine;

import org.jspecify.annotations.Nullable;

/**
 * What makes a repeated request harmless.
 *
 * @param key an idempotency key of the caller's; null = none, and the request is done as often as it is made
 * @param print what {@code key} stands for (a digest of the request): the same key with another print is refused
 */
public record RequestKey(@Nullable String key, @Nullable String print) {
    public static final RequestKey NONE = new RequestKey(null, null);
}
