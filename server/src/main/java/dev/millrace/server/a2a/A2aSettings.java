package dev.millrace.server.a2a;

import dev.millrace.engine.Spans;
import dev.millrace.protocol.card.AgentExtension;
import dev.millrace.protocol.card.SecurityScheme;
import dev.millrace.protocol.error.ErrorTable;
import dev.millrace.server.auth.SigningKey;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
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
 * @param attached what is known of the files that messages name
 * @param spans records the calls of gRPC; those of HTTP are recorded by who serves HTTP
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
        List<AgentExtension> extensions,
        Attached attached,
        Spans spans) {

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
                List.of(),
                Attached.UNKNOWN,
                Spans.NONE);
    }

    public A2aSettings withPublicBase(@Nullable URI base) {
        return with(change -> change.publicBase = base);
    }

    public A2aSettings withCardMaxAge(Duration maxAge) {
        return with(change -> change.cardMaxAge = maxAge);
    }

    public A2aSettings withHeartbeat(Duration period) {
        return with(change -> change.heartbeat = period);
    }

    public A2aSettings withErrors(ErrorTable table) {
        return with(change -> change.errors = table);
    }

    public A2aSettings withTenants(Tenants those) {
        return with(change -> change.tenants = those);
    }

    public A2aSettings withInterceptor(Interceptor that) {
        return with(change -> change.interceptor = that);
    }

    public A2aSettings withExtensions(List<AgentExtension> more) {
        return with(change -> change.extensions = more);
    }

    public A2aSettings withAttached(Attached files) {
        return with(change -> change.attached = files);
    }

    public A2aSettings withSpans(Spans those) {
        return with(change -> change.spans = those);
    }

    public A2aSettings withSecurity(Supplier<Map<String, SecurityScheme>> schemes) {
        return with(change -> change.security = schemes);
    }

    /**
     * Signs the cards with each of these keys, which are to be found at {@code /.well-known/jwks.json}; with none, cards
     * are not signed.
     */
    public A2aSettings withSigningKeys(List<SigningKey> keys) {
        return with(change -> change.signer = keys.isEmpty() ? null : new CardSigner(keys));
    }

    public A2aSettings withCards(CardAuthor author) {
        return with(change -> change.cards = author);
    }

    private A2aSettings with(Consumer<Change> change) {
        var changed = new Change(this);
        change.accept(changed);
        return changed.settings();
    }

    /** Settings while some of them become others: the one place that names them all. */
    private static final class Change {
        private @Nullable URI publicBase;
        private final String version;
        private Duration cardMaxAge;
        private Duration heartbeat;
        private ErrorTable errors;
        private Tenants tenants;
        private Supplier<Map<String, SecurityScheme>> security;
        private @Nullable CardSigner signer;
        private CardAuthor cards;
        private Interceptor interceptor;
        private List<AgentExtension> extensions;
        private Attached attached;
        private Spans spans;

        Change(A2aSettings from) {
            publicBase = from.publicBase;
            version = from.version;
            cardMaxAge = from.cardMaxAge;
            heartbeat = from.heartbeat;
            errors = from.errors;
            tenants = from.tenants;
            security = from.security;
            signer = from.signer;
            cards = from.cards;
            interceptor = from.interceptor;
            extensions = from.extensions;
            attached = from.attached;
            spans = from.spans;
        }

        A2aSettings settings() {
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
                    extensions,
                    attached,
                    spans);
        }
    }
}
