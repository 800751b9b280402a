package dev.millrace.server.auth;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Whose tokens are believed.
 *
 * @param issuer as tokens name it ({@code iss}), and where its OpenID Connect discovery document is found
 * @param audience what tokens must be meant for ({@code aud}): this server, as the issuer knows it
 * @param jwks where the issuer's keys are, or null to find out by discovery
 * @param claim the claim that names the owner
 * @param skew how far the issuer's clock and this one may differ
 * @param client as whom browsers are sent to the issuer's login page; null = they are not
 */
public record TokenSettings(
        URI issuer,
        String audience,
        @Nullable URI jwks,
        String claim,
        Duration skew,
        @Nullable OidcClient client) {
    /** The claim that is the same for a user whatever else about them changes (OpenID Connect Core 1.0, 5.7). */
    public static final String SUBJECT = "sub";

    /** @throws IllegalArgumentException if an address is not https, which only this machine's own need not be */
    public TokenSettings {
        requireSecure(issuer);
        if (jwks != null) {
            requireSecure(jwks);
        }
        if (skew.isNegative()) {
            throw new IllegalArgumentException("skew must not be negative");
        }
    }

    /** @throws IllegalArgumentException if what it answers could be changed on the way */
    static void requireSecure(URI address) {
        String host = String.valueOf(address.getHost());
        boolean here = host.equals("localhost") || host.equals("[::1]") || host.matches("127(\\.[0-9]{1,3}){3}");
        if (!"https".equals(address.getScheme()) && !(here && "http".equals(address.getScheme()))) {
            throw new IllegalArgumentException(
                    address + " must be an https address: whoever can change what it answers can be everybody here");
        }
    }

    /** Tokens of this issuer for this audience; keys by discovery, owners by {@code sub}, a minute of skew. */
    public static TokenSettings of(URI issuer, String audience) {
        return new TokenSettings(issuer, audience, null, SUBJECT, Duration.ofMinutes(1), null);
    }

    public TokenSettings withClient(@Nullable OidcClient that) {
        return new TokenSettings(issuer, audience, jwks, claim, skew, that);
    }
}
