package dev.millrace.server.a2a;

import dev.millrace.protocol.card.AgentExtension;
import dev.millrace.protocol.card.SecurityScheme;
import dev.millrace.protocol.error.ErrorTable;
import dev.millrace.server.auth.SigningKey;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the A2A endpoints can be told.
 *
 * @param publicBase where clients find this server, without a path at its end, when a proxy stands before it; null = as
 *     the request's Host says
 * @param version the version that the cards state
 * @param cardMaxAge how long a client may use a card without asking again
 * @param heartbeat how often a client that waits for a blocking send is sent a space; less than the idle timeout
 * @param errors which edition of A2A's table of errors holds
 * @param tenants which tenants there are
 * @param security how a client can prove who it is, by name, as the cards say it; asked for each card
 * @param signer signs the cards; null = they are not signed
 * @param cards what the cards say beyond what the server knows
 * @param interceptor stands around each operation
 * @param extensions what the cards declare beside the resumption of streams; a required one is enforced
 */
public record A2aSettings(
        @Nullable URI publicBase,
        String version,
        Duration cardMaxAge,
        Duration heartbeat,
        ErrorTable errors,
        Tenants tenants,
        Supplier<Map<String, SecurityScheme>> security,
        @Nullable CardSigner signer,
        CardAuthor cards,
        Interceptor interceptor,
        List<AgentExtension> extensions) {

    public A2aSettings {
        if (publicBase != null && (publicBase.getScheme() == null || publicBase.getAuthority() == null)) {
            throw new IllegalArgumentException(
                    "publicBase must be a URL such as https://example.org, not " + publicBase);
        }
        if (cardMaxAge.isNegative()) {
            throw new IllegalArgumentException("cardMaxAge must not be negative: " + cardMaxAge);
        }
        if (!heartbeat.isPositive()) {
            throw new IllegalArgumentException("heartbeat must be positive: " + heartbeat);
        }
        extensions = List.copyOf(extensions);
    }

    /**
     * No public base, cards for 5 minutes, a heartbeat each 10 s (a third of the edge's idle timeout), the errors of
     * v1.0.1, no tenants, no further extensions.
     */
    public static A2aSettings version(String version) {
        return new A2aSettings(
                null,
                version,
                Duration.ofMinutes(5),
                Duration.ofSeconds(10),
                ErrorTable.V1_0_1,
                Tenants.none(),
                Map::of,
                null,
                CardAuthor.NONE,
                Interceptor.NONE,
                List.of());
    }

    public A2aSettings withPublicBase(@Nullable URI base) {
        return new A2aSettings(
                base,
                version,
                cardMaxAge,
                heartbeat,
                errors,
                tenants,
                security,
                signer,
                cards,
                interceptor,
                extensions);
    }

    public A2aSettings withCardMaxAge(Duration maxAge) {
        return new A2aSettings(
                publicBase,
                version,
                maxAge,
                heartbeat,
                errors,
                tenants,
                security,
                signer,
                cards,
                interceptor,
                extensions);
    }

    public A2aSettings withHeartbeat(Duration period) {
        return new A2aSettings(
                publicBase,
                version,
                cardMaxAge,
                period,
                errors,
                tenants,
                security,
                signer,
                cards,
                interceptor,
                extensions);
    }

    public A2aSettings withErrors(ErrorTable table) {
        return new A2aSettings(
                publicBase,
                version,
                cardMaxAge,
                heartbeat,
                table,
                tenants,
                security,
                signer,
                cards,
                interceptor,
                extensions);
    }

    public A2aSettings withTenants(Tenants those) {
        return new A2aSettings(
                publicBase,
                version,
                cardMaxAge,
                heartbeat,
                errors,
                those,
                security,
                signer,
                cards,
                interceptor,
                extensions);
    }

    public A2aSettings withInterceptor(Interceptor that) {
        return new A2aSettings(
                publicBase, version, cardMaxAge, heartbeat, errors, tenants, security, signer, cards, that, extensions);
    }

    public A2aSettings withExtensions(List<AgentExtension> more) {
        return new A2aSettings(
                publicBase,
                version,
                cardMaxAge,
                heartbeat,
                errors,
                tenants,
                security,
                signer,
                cards,
                interceptor,
                more);
    }

    public A2aSettings withSecurity(Supplier<Map<String, SecurityScheme>> schemes) {
        return new A2aSettings(
                publicBase,
                version,
                cardMaxAge,
                heartbeat,
                errors,
                tenants,
                schemes,
                signer,
                cards,
                interceptor,
                extensions);
    }

    /** Signs the cards with this key, which is to be found at {@code /.well-known/jwks.json}. */
    public A2aSettings withSigningKey(@Nullable SigningKey key) {
        return new A2aSettings(
                publicBase,
                version,
                cardMaxAge,
                heartbeat,
                errors,
                tenants,
                security,
                key == null ? null : new CardSigner(key),
                cards,
                interceptor,
                extensions);
    }

    public A2aSettings withCards(CardAuthor author) {
        return new A2aSettings(
                publicBase,
                version,
                cardMaxAge,
                heartbeat,
                errors,
                tenants,
                security,
                signer,
                author,
                interceptor,
                extensions);
    }
}
