package dev.millrace.server.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.RequestHead;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which bearer tokens are believed, with an issuer on a real socket. */
class TokensTest {
    private static final String AUDIENCE = "millrace";
    private static final RSAKey RSA = rsa("rsa-1");
    private static final ECKey EC = ec("ec-1");

    private final Instant now = Instant.parse("2026-06-01T12:00:00Z");
    private final AtomicInteger fetches = new AtomicInteger();
    private volatile List<? extends JWK> published = List.of(RSA, EC);
    private volatile String named = "";
    private HttpServer issuer;
    private URI address;
    private FrontGate gate;

    private static RSAKey rsa(String id) {
        try {
            return new RSAKeyGenerator(2048).keyID(id).generate();
        } catch (com.nimbusds.jose.JOSEException e) {
            throw new AssertionError(e);
        }
    }

    private static ECKey ec(String id) {
        try {
            return new ECKeyGenerator(Curve.P_256).keyID(id).generate();
        } catch (com.nimbusds.jose.JOSEException e) {
            throw new AssertionError(e);
        }
    }

    @BeforeEach
    void start() throws IOException {
        issuer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        address = URI.create("http://127.0.0.1:" + issuer.getAddress().getPort() + "/realm");
        named = address.toString();
        issuer.createContext("/realm/.well-known/openid-configuration", exchange -> {
            byte[] document = ("{\"issuer\":\"" + named + "\",\"jwks_uri\":\"" + address + "/keys\"}").getBytes(UTF_8);
            exchange.sendResponseHeaders(200, document.length);
            exchange.getResponseBody().write(document);
            exchange.close();
        });
        issuer.createContext("/realm/keys", exchange -> {
            fetches.incrementAndGet();
            byte[] keys = new JWKSet(List.copyOf(published)).toString(true).getBytes(UTF_8);
            exchange.sendResponseHeaders(200, keys.length);
            exchange.getResponseBody().write(keys);
            exchange.close();
        });
        issuer.start();
        gate = new FrontGate(
                AuthSettings.open().withTokens(TokenSettings.of(address, AUDIENCE)), () -> now, System::nanoTime);
    }

    @AfterEach
    void stop() {
        issuer.stop(0);
    }

    private JWTClaimsSet.Builder claims() {
        return new JWTClaimsSet.Builder()
                .issuer(address.toString())
                .audience(AUDIENCE)
                .subject("alice")
                .issueTime(Date.from(now.minusSeconds(10)))
                .expirationTime(Date.from(now.plusSeconds(600)));
    }

    private static String sign(JWK key, JWTClaimsSet claims) throws Exception {
        boolean rsa = key instanceof RSAKey;
        JWSSigner signer = rsa ? new RSASSASigner(key.toRSAKey()) : new ECDSASigner(key.toECKey());
        var header = new JWSHeader.Builder(rsa ? JWSAlgorithm.RS256 : JWSAlgorithm.ES256)
                .keyID(key.getKeyID())
                .type(JOSEObjectType.JWT)
                .build();
        var token = new SignedJWT(header, claims);
        token.sign(signer);
        return token.serialize();
    }

    private String token(UnaryOperator<JWTClaimsSet.Builder> claims) throws Exception {
        return sign(EC, claims.apply(claims()).build());
    }

    private String owner(String token) throws HttpProblem {
        return gate.guest(head("Bearer " + token));
    }

    private static RequestHead head(String authorization) {
        return new RequestHead() {
            @Override
            public Optional<String> header(String name) {
                return name.equals("Authorization") ? Optional.of(authorization) : Optional.empty();
            }

            @Override
            public String remoteAddress() {
                return "127.0.0.1";
            }
        };
    }

    private void refused(String token) {
        refused(token, 401);
    }

    private void refused(String token, int status) {
        assertThatExceptionOfType(HttpProblem.class)
                .isThrownBy(() -> owner(token))
                .satisfies(e -> {
                    assertThat(e.status()).as(e.detail()).isEqualTo(status);
                    assertThat(e.detail()).doesNotContain(token);
                    assertThat(e.headers()).containsKey(status == 401 ? "WWW-Authenticate" : "Retry-After");
                });
    }

    @Test
    void a_token_of_the_issuer_says_whose_a_request_is() throws Exception {
        assertThat(owner(token(claims -> claims))).isEqualTo("oidc:alice");
        assertThat(owner(sign(RSA, claims().build()))).isEqualTo("oidc:alice");
        assertThat(owner(token(claims -> claims.audience(List.of("other", AUDIENCE)))))
                .isEqualTo("oidc:alice");
        assertThat(fetches).hasValue(1);
    }

    @Test
    void a_token_for_another_of_another_or_of_another_time_is_refused() throws Exception {
        refused(token(claims -> claims.audience("other")));
        refused(token(claims -> claims.audience((String) null)));
        refused(token(claims -> claims.issuer("https://evil.example")));
        refused(token(claims -> claims.expirationTime(null)));
        refused(token(claims -> claims.expirationTime(Date.from(now.minusSeconds(61)))));
        refused(token(claims -> claims.notBeforeTime(Date.from(now.plusSeconds(61)))));
        refused(token(claims -> claims.subject(null)));
        refused(token(claims -> claims.subject(" ")));
        refused(token(claims -> claims.subject("alice\u001fother")));
        refused(token(claims -> claims.subject("x".repeat(Owners.LONGEST + 1))));
    }

    @Test
    void clocks_may_differ_by_a_minute() throws Exception {
        assertThat(owner(token(claims -> claims.expirationTime(Date.from(now.minusSeconds(59))))))
                .isEqualTo("oidc:alice");
        assertThat(owner(token(claims -> claims.notBeforeTime(Date.from(now.plusSeconds(59))))))
                .isEqualTo("oidc:alice");
    }

    @Test
    void a_token_that_anybody_could_have_made_is_refused() throws Exception {
        refused(new PlainJWT(claims().build()).serialize());
        // The public key is no secret: a signature that needs no other proves nothing.
        var byPublicKey = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("rsa-1").build(), claims().build());
        byPublicKey.sign(new MACSigner(RSA.toRSAPublicKey().getEncoded()));
        refused(byPublicKey.serialize());
        refused(sign(ec("ec-1"), claims().build())); // another key of the same name
        String good = token(claims -> claims);
        refused(good.substring(0, good.length() - 4) + "AAAA");
        refused("a.b.c");
        refused("nothing");
    }

    @Test
    void a_key_that_the_issuer_has_begun_to_use_is_found() throws Exception {
        assertThat(owner(token(claims -> claims))).isEqualTo("oidc:alice");
        ECKey next = ec("ec-2");
        published = List.of(next);
        assertThat(owner(sign(next, claims().build()))).isEqualTo("oidc:alice");
        refused(token(claims -> claims)); // of the key that is no more
    }

    @Test
    void a_flood_of_unknown_keys_is_none_of_fetches() throws Exception {
        for (int i = 0; i < 20; i++) {
            refused(sign(ec("unknown-" + i), claims().build()));
        }
        assertThat(fetches).hasValueLessThanOrEqualTo(4);
        assertThat(owner(token(claims -> claims))).isEqualTo("oidc:alice");
    }

    @Test
    void while_the_issuer_is_away_its_keys_hold_and_without_them_the_client_is_to_come_again() throws Exception {
        var other = new FrontGate(
                AuthSettings.open().withTokens(TokenSettings.of(address, AUDIENCE)), () -> now, System::nanoTime);
        assertThat(owner(token(claims -> claims))).isEqualTo("oidc:alice");
        issuer.stop(0);
        assertThat(owner(token(claims -> claims))).isEqualTo("oidc:alice");
        gate = other;
        refused(token(claims -> claims), 503);
    }

    @Test
    void a_document_of_another_issuer_is_not_believed() throws Exception {
        named = "https://evil.example";
        refused(token(claims -> claims), 503);
    }

    @Test
    void other_settings_keep_the_keys_that_are_known() throws Exception {
        assertThat(owner(token(claims -> claims))).isEqualTo("oidc:alice");
        gate.use(AuthSettings.open()
                .withTokens(TokenSettings.of(address, AUDIENCE))
                .withRates(new Rates(1000, 1000, 0)));
        issuer.stop(0);
        assertThat(owner(token(claims -> claims))).isEqualTo("oidc:alice");
    }

    @Test
    void an_issuer_must_be_reached_in_a_way_that_nobody_can_change() {
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> TokenSettings.of(URI.create("http://login.example.org"), AUDIENCE))
                .withMessageContaining("https");
    }

    @Test
    void tokens_open_every_protocol() throws Exception {
        var settings = new TokenSettings(address, AUDIENCE, null, "sub", Duration.ofMinutes(1), null);
        Instant real = Instant.now();
        String token =
                token(claims -> claims.issueTime(Date.from(real)).expirationTime(Date.from(real.plusSeconds(600))));
        String[] bearer = {"Authorization", "Bearer " + token};
        try (var server = new GuardedServer(AuthSettings.open().withTokens(settings))) {
            assertThat(server.get("/api/v1/chats", bearer).statusCode()).isEqualTo(200);
            String task = server.grpc(bearer)
                    .sendMessage(GuardedServer.hello())
                    .getTask()
                    .getId();
            assertThat(server.get("/a2a/tasks/" + task, bearer).statusCode()).isEqualTo(200);
            assertThat(server.post("/a2a", GuardedServer.rpc("GetTask", "{\"id\":\"" + task + "\"}"), bearer)
                            .body())
                    .contains(task);
            assertThat(server.get("/.well-known/agent-card.json").body())
                    .contains("openIdConnectUrl")
                    .contains(address + "/.well-known/openid-configuration");
            assertThatExceptionOfType(StatusRuntimeException.class)
                    .isThrownBy(() -> server.grpc("Authorization", "Bearer x").sendMessage(GuardedServer.hello()))
                    .satisfies(e -> assertThat(e.getStatus().getCode()).isEqualTo(Code.UNAUTHENTICATED));
        }
    }
}
