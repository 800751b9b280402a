package dev.millrace.protocol.push;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * How a push identifies itself to its receiver: {@code Authorization: SCHEME CREDENTIALS}.
 *
 * @param scheme an HTTP authentication scheme, such as {@code Bearer}
 * @param credentials what follows the scheme, or null
 */
public record AuthenticationInfo(String scheme, @Nullable String credentials) {

    public AuthenticationInfo {
        requireNonNull(scheme, "scheme");
    }

    /** Names the scheme and hides the credentials: they are a secret, and this text ends up in logs. */
    @Override
    public String toString() {
        return "AuthenticationInfo[scheme=" + scheme + ", credentials=" + (credentials == null ? "none" : "hidden")
                + "]";
    }
}
