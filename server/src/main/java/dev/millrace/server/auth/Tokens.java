package dev.millrace.server.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.source.RateLimitReachedException;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import com.nimbusds.jwt.proc.JWTClaimsSetVerifier;
import dev.millrace.protocol.card.OpenIdConnectSecurityScheme;
import dev.millrace.protocol.card.SecurityScheme;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.RequestHead;
import java.io.IOException;
import java.text.ParseException;
import java.time.InstantSource;
import java.util.Date;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bearer tokens that are JWTs (RFC 7519, RFC 9068) of one OpenID Connect issuer: signed by one of its keys, meant for this
 * server, and not over. The owner is {@code oidc:} and a claim, so that nobody can become the owner of a key, or of a
 * certificate, by choosing a name there. Any thread; blocks while keys are fetched.
 */
final class Tokens implements Way {
    static final String PREFIX = "oidc:";

    private static final Logger LOG = LoggerFactory.getLogger(Tokens.class);

    /** Those of public keys alone: with a shared secret, whoever can check a token could make one. */
    private static final Set<JWSAlgorithm> ALGORITHMS = Set.of(
            JWSAlgorithm.RS256,
            JWSAlgorithm.RS384,
            JWSAlgorithm.RS512,
            JWSAlgorithm.PS256,
            JWSAlgorithm.PS384,
            JWSAlgorithm.PS512,
            JWSAlgorithm.ES256,
            JWSAlgorithm.ES384,
            JWSAlgorithm.ES512);

    private final TokenSettings settings;
    private final Issuer issuer;
    private final InstantSource clock;
    private final JWTClaimsSetVerifier<SecurityContext> claims;

    Tokens(TokenSettings settings, InstantSource clock) {
        this.settings = settings;
        this.issuer = new Issuer(settings, clock);
        this.clock = clock;
        this.claims = verifier(
                settings.audience(),
                new JWTClaimsSet.Builder().issuer(settings.issuer().toString()).build());
    }

    private JWTClaimsSetVerifier<SecurityContext> verifier(String audience, JWTClaimsSet exactly) {
        var verifier = new DefaultJWTClaimsVerifier<>(audience, exactly, Set.of("exp", settings.claim())) {
            @Override
            protected Date currentTime() {
                return Date.from(clock.instant());
            }
        };
        verifier.setMaxClockSkew(Math.toIntExact(settings.skew().toSeconds()));
        return verifier;
    }

    @Override
    public @Nullable String owner(RequestHead head) throws HttpProblem {
        String token = Way.bearer(head);
        return token == null ? null : owner(token, claims);
    }

    /**
     * Whom an ID token identifies (OpenID Connect Core 1.0, 3.1.3.7).
     *
     * @param client for whom it must be
     * @param nonce what it must answer to
     * @throws HttpProblem as for {@link #owner(RequestHead)}
     */
    String identified(String idToken, String client, String nonce) throws HttpProblem {
        return owner(
                idToken,
                verifier(
                        client,
                        new JWTClaimsSet.Builder()
                                .issuer(settings.issuer().toString())
                                .claim("nonce", nonce)
                                .build()));
    }

    Issuer issuer() {
        return issuer;
    }

    private String owner(String token, JWTClaimsSetVerifier<SecurityContext> verifier) throws HttpProblem {
        try {
            JWTClaimsSet said = processor(verifier).process(SignedJWT.parse(token), null);
            String name = said.getStringClaim(settings.claim());
            if (name == null
                    || name.isBlank()
                    || name.length() > Owners.LONGEST
                    || name.chars().anyMatch(Character::isISOControl)) {
                throw Way.refused("The token's claim \"" + settings.claim() + "\" names nobody.");
            }
            return PREFIX + name;
        } catch (ParseException e) {
            throw Way.refused("The bearer token is no signed JWT, nor a key of this server.");
        } catch (BadJOSEException | RateLimitReachedException e) {
            LOG.debug("a token was refused: {}", e.getMessage());
            throw Way.refused("The token can't be believed: " + reason(e) + ".");
        } catch (KeySourceException | IOException e) {
            LOG.warn("the keys of {} can't be had: {}", settings.issuer(), e.getMessage());
            throw new HttpProblem(
                            503,
                            "issuer-unreachable",
                            "Tokens can't be checked now",
                            "The issuer's keys can't be had at the moment. Try again soon.")
                    .header("Retry-After", "5");
        } catch (JOSEException e) {
            LOG.debug("a token was refused: {}", e.getMessage());
            throw Way.refused("The token's signature can't be checked.");
        }
    }

    private DefaultJWTProcessor<SecurityContext> processor(JWTClaimsSetVerifier<SecurityContext> verifier)
            throws IOException {
        var processor = new DefaultJWTProcessor<>();
        processor.setJWSTypeVerifier(
                new DefaultJOSEObjectTypeVerifier<>(JOSEObjectType.JWT, new JOSEObjectType("at+jwt"), null));
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHMS, issuer.keys()));
        processor.setJWTClaimsSetVerifier(verifier);
        return processor;
    }

    /** The library's own sentence: it names what is wrong, and repeats no more than times, issuer and audience. */
    private static String reason(Exception e) {
        return e instanceof RateLimitReachedException
                ? "its key is not known"
                : String.valueOf(e.getMessage()).replaceAll("[\"\\r\\n]", "'").replaceFirst("\\.$", "");
    }

    @Override
    public Map<String, SecurityScheme> schemes() {
        return Map.of(
                "oidc",
                new OpenIdConnectSecurityScheme(
                        "A JWT of this issuer as a bearer token, for the audience " + settings.audience() + ".",
                        Issuer.discovery(settings.issuer()).toString()));
    }
}
