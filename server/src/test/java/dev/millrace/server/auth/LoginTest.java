package dev.millrace.server.auth;

import static dev.millrace.server.auth.GuardedServer.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpResponse;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A browser that logs in at an issuer's page: the server, the issuer and the browser's part on real sockets. */
class LoginTest {
    private static final String CLIENT = "wheel";
    private static final String SECRET = "s3cret & more";

    private final Map<String, Map<String, String>> asked = new ConcurrentHashMap<>();
    private volatile UnaryOperator<JWTClaimsSet.Builder> claims = UnaryOperator.identity();
    private volatile @Nullable String authorization;
    private HttpServer issuer;
    private String address;
    private ECKey key;
    private GuardedServer server;

    @BeforeEach
    void start() throws Exception {
        key = new ECKeyGenerator(Curve.P_256).keyID("k").generate();
        issuer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        address = "http://127.0.0.1:" + issuer.getAddress().getPort();
        answer("/.well-known/openid-configuration", form -> """
                {"issuer":"%1$s","jwks_uri":"%1$s/keys","token_endpoint":"%1$s/token",
                 "authorization_endpoint":"%1$s/login?realm=mill"}""".formatted(address));
        answer("/keys", form -> new JWKSet(List.of(key)).toString(true));
        answer("/token", this::redeem);
        issuer.start();
        server = server(SECRET);
    }

    private GuardedServer server(@Nullable String secret) throws Exception {
        return new GuardedServer(AuthSettings.open()
                .withTokens(TokenSettings.of(URI.create(address), "api")
                        .withClient(new OidcClient(CLIENT, secret, List.of("openid", "email")))));
    }

    @AfterEach
    void stop() {
        server.close();
        issuer.stop(0);
    }

    @FunctionalInterface
    private interface Answering {
        @Nullable String to(Map<String, String> form) throws Exception;
    }

    private void answer(String path, Answering answering) {
        issuer.createContext(path, exchange -> {
            if (path.equals("/token")) {
                authorization = exchange.getRequestHeaders().getFirst("Authorization");
            }
            String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
            String told;
            try {
                told = answering.to(query(body));
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            byte[] bytes = (told == null ? "{\"error\":\"invalid_grant\"}" : told).getBytes(UTF_8);
            exchange.sendResponseHeaders(told == null ? 400 : 200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
    }

    /** A code is good once, for who has the verifier of the challenge that it was asked with. */
    private @Nullable String redeem(Map<String, String> form) throws Exception {
        Map<String, String> login = asked.remove(form.getOrDefault("code", ""));
        String challenge = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(MessageDigest.getInstance("SHA-256")
                        .digest(form.getOrDefault("code_verifier", "").getBytes(UTF_8)));
        if (login == null
                || !challenge.equals(login.get("code_challenge"))
                || !form.getOrDefault("redirect_uri", "").equals(login.get("redirect_uri"))
                || !"authorization_code".equals(form.get("grant_type"))) {
            return null;
        }
        var builder = new JWTClaimsSet.Builder()
                .issuer(address)
                .audience(CLIENT)
                .subject("alice")
                .claim("nonce", login.get("nonce"))
                .issueTime(new Date())
                .expirationTime(Date.from(Instant.now().plusSeconds(60)));
        var token = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("k").build(),
                claims.apply(builder).build());
        token.sign(new ECDSASigner(key));
        return "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":\"" + token.serialize() + "\"}";
    }

    private static Map<String, String> query(String query) {
        return Arrays.stream(query.split("&"))
                .filter(pair -> !pair.isEmpty())
                .map(pair -> pair.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> URLDecoder.decode(pair[1], UTF_8), (a, b) -> b));
    }

    /** A login that has begun: what the issuer's page was asked, and the cookie. */
    private record Begun(Map<String, String> asked, String cookie) {}

    private Begun begin(GuardedServer at, String to) throws Exception {
        HttpResponse<String> response = at.get("/api/v1/session/login?to=" + to);
        assertThat(response.statusCode()).isEqualTo(303);
        URI page = URI.create(response.headers().firstValue("Location").orElseThrow());
        assertThat(page.toString()).startsWith(address + "/login?realm=mill&");
        return new Begun(query(page.getRawQuery()), cookies(response).getFirst());
    }

    private static List<String> cookies(HttpResponse<String> response) {
        return response.headers().allValues("Set-Cookie").stream()
                .map(each -> each.split(";")[0])
                .toList();
    }

    /** What the issuer does when its user agrees. */
    private String code(Begun begun) {
        String code = "code-" + asked.size() + "-" + begun.asked().get("state");
        asked.put(code, begun.asked());
        return code;
    }

    private HttpResponse<String> back(GuardedServer at, String cookie, String query) throws Exception {
        return at.get("/api/v1/session/callback?" + query, "Cookie", cookie);
    }

    private static String where(HttpResponse<String> response) {
        return response.headers().firstValue("Location").orElse("");
    }

    private HttpResponse<String> whole(GuardedServer at, String to) throws Exception {
        Begun begun = begin(at, to);
        return back(
                at,
                begun.cookie(),
                "code=" + code(begun) + "&state=" + begun.asked().get("state"));
    }

    @Test
    void a_browser_comes_back_known_and_to_where_it_wanted() throws Exception {
        HttpResponse<String> back = whole(server, "/chats/1%3Fa=b");
        assertThat(back.statusCode()).isEqualTo(303);
        assertThat(where(back)).isEqualTo("/chats/1?a=b");
        String session = cookies(back).stream()
                .filter(each -> each.startsWith("millrace_session="))
                .findFirst()
                .orElseThrow();
        assertThat(back.headers().allValues("Set-Cookie"))
                .anySatisfy(set -> assertThat(set).contains("HttpOnly", "SameSite=Strict", "Max-Age=28800"))
                .anySatisfy(
                        set -> assertThat(set).startsWith("millrace_login=;").contains("Max-Age=0"));
        assertThat(json(server.get("/api/v1/session", "Cookie", session))
                        .get("owner")
                        .stringValue())
                .isEqualTo("oidc:alice");
        assertThat(server.get("/api/v1/chats", "Cookie", session).statusCode()).isEqualTo(200);
        assertThat(authorization)
                .isEqualTo("Basic " + Base64.getEncoder().encodeToString("wheel:s3cret+%26+more".getBytes(UTF_8)));
    }

    @Test
    void the_issuer_is_asked_by_the_book_and_the_browser_holds_no_secret() throws Exception {
        Begun begun = begin(server, "/");
        assertThat(begun.asked())
                .containsEntry("response_type", "code")
                .containsEntry("client_id", CLIENT)
                .containsEntry("scope", "openid email")
                .containsEntry("code_challenge_method", "S256")
                .containsEntry(
                        "redirect_uri", "http://127.0.0.1:" + server.millrace.port() + "/api/v1/session/callback")
                .containsKeys("state", "nonce");
        assertThat(begun.asked().get("code_challenge")).hasSize(43);
        HttpResponse<String> login = server.get("/api/v1/session/login");
        assertThat(login.headers().firstValue("Set-Cookie"))
                .get()
                .asString()
                .contains("HttpOnly", "SameSite=Lax", "Path=/api/v1/session", "Max-Age=600");
        assertThat(login.headers().firstValue("Cache-Control")).contains("no-store");
        // What the cookie says is an id, an end and a path; state, nonce and verifier can't be made of it.
        assertThat(begun.cookie())
                .doesNotContain(begun.asked().get("nonce"), begun.asked().get("state"));
        assertThat(json(server.get("/api/v1/session")).get("login").stringValue())
                .isEqualTo("/api/v1/session/login");
    }

    @Test
    void a_public_client_names_itself_in_the_form() throws Exception {
        try (var open = server(null)) {
            assertThat(where(whole(open, "/"))).isEqualTo("/");
            assertThat(authorization).isNull();
        }
    }

    @Test
    void an_answer_that_belongs_to_no_login_of_this_browser_is_stale() throws Exception {
        Begun mine = begin(server, "/");
        Begun other = begin(server, "/");
        String state = "&state=" + mine.asked().get("state");
        for (String cookie :
                List.of(other.cookie(), mine.cookie() + "x", "a=b", "millrace_login=", "millrace_login=a.1.b.c")) {
            HttpResponse<String> back = back(server, cookie, "code=" + code(mine) + state);
            assertThat(where(back)).as(cookie).isEqualTo("/?login=stale");
            assertThat(cookies(back)).as(cookie).isEmpty();
        }
        assertThat(where(back(server, mine.cookie(), "code=" + code(mine)))).isEqualTo("/?login=stale");
    }

    @Test
    void a_code_that_was_used_or_was_asked_for_by_another_login_is_refused() throws Exception {
        Begun begun = begin(server, "/");
        String state = "&state=" + begun.asked().get("state");
        String code = code(begun);
        assertThat(where(back(server, begun.cookie(), "code=" + code + state))).isEqualTo("/");
        assertThat(where(back(server, begun.cookie(), "code=" + code + state))).isEqualTo("/?login=refused");
        // PKCE: the code of somebody else's login is of no use in mine.
        String theirs = code(begin(server, "/"));
        assertThat(where(back(server, begun.cookie(), "code=" + theirs + state)))
                .isEqualTo("/?login=refused");
    }

    @Test
    void an_id_token_that_is_not_for_this_login_is_refused() throws Exception {
        List<UnaryOperator<JWTClaimsSet.Builder>> wrong = List.of(
                token -> token.claim("nonce", "another"),
                token -> token.claim("nonce", null),
                token -> token.audience("api"),
                token -> token.issuer("https://evil.example"),
                token -> token.expirationTime(Date.from(Instant.now().minusSeconds(600))),
                token -> token.subject(null));
        for (var each : wrong) {
            claims = each;
            HttpResponse<String> back = whole(server, "/");
            assertThat(where(back)).isEqualTo("/?login=refused");
            assertThat(cookies(back)).isEmpty();
        }
    }

    @Test
    void whoever_says_no_at_the_issuer_comes_back_and_hears_it() throws Exception {
        Begun begun = begin(server, "/");
        String state = "state=" + begun.asked().get("state");
        assertThat(where(back(server, begun.cookie(), "error=access_denied&" + state)))
                .isEqualTo("/?login=refused");
        assertThat(where(back(
                        server, begun.cookie(), "code=" + code(begun) + "&iss=https%3A%2F%2Fevil.example&" + state)))
                .isEqualTo("/?login=refused");
    }

    @Test
    void an_issuer_that_is_away_is_said_to_be() throws Exception {
        Begun begun = begin(server, "/");
        issuer.stop(0);
        String query = "code=" + code(begun) + "&state=" + begun.asked().get("state");
        assertThat(where(back(server, begun.cookie(), query))).isEqualTo("/?login=unreachable");
    }

    @Test
    void nobody_is_led_elsewhere_by_a_link_to_a_login_here() throws Exception {
        for (String to : List.of("https://evil.example", "//evil.example", "/%5Cevil.example", "%2F%0D%0AX:y", "")) {
            assertThat(where(whole(server, to))).as(to).isEqualTo("/");
        }
    }

    @Test
    void a_server_without_a_client_has_no_login_page() throws Exception {
        try (var keys = new GuardedServer(GuardedServer.keys("alice", "mr_key"))) {
            assertThat(keys.get("/api/v1/session/login").statusCode()).isEqualTo(404);
            assertThat(keys.get("/api/v1/session/callback").statusCode()).isEqualTo(404);
            assertThat(json(keys.get("/api/v1/session")).has("login")).isFalse();
        }
    }
}
