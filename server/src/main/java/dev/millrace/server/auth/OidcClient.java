package dev.millrace.server.auth;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What this server is to an OpenID Connect issuer whose login page it sends browsers to.
 *
 * @param id as the issuer knows it ({@code client_id})
 * @param secret what it proves itself by to the issuer; null for a public client, of whom PKCE alone is asked
 * @param scopes what is asked for, {@code openid} among it
 */
public record OidcClient(String id, @Nullable String secret, List<String> scopes) {

    /** What OpenID Connect begins with (Core 1.0, 3.1.2.1). */
    public static final String OPENID = "openid";

    /** @throws IllegalArgumentException if {@code openid} is not among the scopes */
    public OidcClient {
        scopes = List.copyOf(scopes);
        if (!scopes.contains(OPENID)) {
            throw new IllegalArgumentException("scopes must have openid among them");
        }
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "OidcClient[" + id + "]";
    }
}
