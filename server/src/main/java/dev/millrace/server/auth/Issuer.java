package dev.millrace.server.auth;

import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The keys of an OpenID Connect issuer (OpenID Connect Discovery 1.0), fetched when the first token comes. A key that is
 * not known is looked for once more, at most twice in half a minute, so that a rotation is noticed at once and a flood of
 * wrong tokens does not become one of fetches; while the issuer is away, its keys of the last hours hold.
 */
final class Issuer {
    private static final Duration FRESH = Duration.ofMinutes(5);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofSeconds(30);
    private static final Duration OUTAGE = Duration.ofHours(4);

    /** Who asks while the issuer can't be reached is told so at once, not after another wait. */
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(2);

    private static final int LARGEST = 512 << 10;

    private final TokenSettings settings;
    private final InstantSource clock;
    private final DefaultResourceRetriever web = new DefaultResourceRetriever(
            Math.toIntExact(PATIENCE.toMillis()), Math.toIntExact(PATIENCE.toMillis()), LARGEST);
    private final ReentrantLock finding = new ReentrantLock();
    private volatile @Nullable JWKSource<SecurityContext> keys;
    private volatile @Nullable Pages pages;
    private Instant failedAt = Instant.MIN;
    private String failure = "";

    Issuer(TokenSettings settings, InstantSource clock) {
        this.settings = settings;
        this.clock = clock;
    }

    /** Where an issuer's discovery document is. */
    static URI discovery(URI issuer) {
        return URI.create(issuer.toString().replaceFirst("/$", "") + "/.well-known/openid-configuration");
    }

    /** @throws IOException if it can't be found out where the keys are */
    JWKSource<SecurityContext> keys() throws IOException {
        JWKSource<SecurityContext> found = keys;
        if (found != null) {
            return found;
        }
        finding.lock();
        try {
            found = keys;
            if (found == null) {
                found = source(found());
                keys = found;
            }
            return found;
        } finally {
            finding.unlock();
        }
    }

    /**
     * Where browsers and codes are sent to.
     *
     * @param authorization the login page
     * @param token where a code is given for tokens
     */
    record Pages(URI authorization, URI token) {}

    /** @throws IOException if it can't be found out where they are */
    Pages pages() throws IOException {
        Pages known = pages;
        if (known != null) {
            return known;
        }
        finding.lock();
        try {
            known = pages;
            if (known == null) {
                JsonNode document = document();
                known = new Pages(address(document, "authorization_endpoint"), address(document, "token_endpoint"));
                pages = known;
            }
            return known;
        } finally {
            finding.unlock();
        }
    }

    private URI found() throws IOException {
        return settings.jwks() == null ? address(document(), "jwks_uri") : settings.jwks();
    }

    private JsonNode document() throws IOException {
        if (clock.instant().isBefore(failedAt.plus(AFTER_FAILURE))) {
            throw new IOException(failure);
        }
        try {
            return discover();
        } catch (IOException e) {
            failure = String.valueOf(e.getMessage());
            failedAt = clock.instant();
            throw e;
        }
    }

    private JsonNode discover() throws IOException {
        URI address = discovery(settings.issuer());
        try {
            JsonNode document = JsonMapper.shared()
                    .readTree(web.retrieveResource(address.toURL()).getContent());
            String named = document.path("issuer").asString("");
            if (!named.equals(settings.issuer().toString())) {
                throw new IOException(address + " is of another issuer: " + named);
            }
            return document;
        } catch (JacksonException e) {
            throw new IOException(address + " can't be understood: " + e.getMessage(), e);
        }
    }

    private URI address(JsonNode document, String field) throws IOException {
        try {
            URI address = URI.create(document.path(field).asString(""));
            TokenSettings.requireSecure(address);
            return address;
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    discovery(settings.issuer()) + " can't be understood: " + field + ": " + e.getMessage(), e);
        }
    }

    private JWKSource<SecurityContext> source(URI jwks) throws IOException {
        return JWKSourceBuilder.create(jwks.toURL(), web)
                .cache(FRESH.toMillis(), PATIENCE.multipliedBy(2).toMillis())
                .refreshAheadCache(false)
                .rateLimited(PAUSE.toMillis())
                .outageTolerant(OUTAGE.toMillis())
                .build();
    }
}
