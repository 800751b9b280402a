package dev.millrace.server.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.server.auth.Sessions.Mac256;
import dev.millrace.server.http.HttpProblem;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Logins at an issuer's own page: OpenID Connect's authorization code flow (Core 1.0, 3.1) with PKCE (RFC 7636). The server
 * keeps nothing of a login that has begun: the browser's cookie names it by a random id, and state, nonce and code verifier
 * are MACs of that id, so that no browser ever holds the last two, and every server of a store can end what another began.
 * Any thread; blocks while the issuer is asked.
 */
final class Logins {
    /** How long somebody may take at the issuer's page. */
    static final Duration PATIENCE = Duration.ofMinutes(10);

    private static final Duration ANSWER = Duration.ofSeconds(10);
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    private final TokenSettings settings;
    private final OidcClient client;
    private final Tokens tokens;
    private final Mac256 secret;
    private final InstantSource clock;

    /** @param tokens of the same settings, which name a client */
    Logins(TokenSettings settings, Tokens tokens, Mac256 secret, InstantSource clock) {
        this.settings = settings;
        this.client = Objects.requireNonNull(settings.client());
        this.tokens = tokens;
        this.secret = secret;
        this.clock = clock;
    }

    /**
     * A login that has begun.
     *
     * @param location the issuer's page
     * @param cookie what the browser is to bring back
     */
    record Begun(URI location, String cookie) {}

    /**
     * A login that has ended well.
     *
     * @param owner whose the browser is
     * @param to the page that was asked for when it began
     */
    record Ended(String owner, String to) {}

    /** Why a login came to nothing; the name, in lower case, is what the page is told. */
    enum Failure {
        /** The browser did not begin it here, or not lately. */
        STALE,
        /** The issuer, or its user, said no. */
        REFUSED,
        /** The issuer can't be asked. */
        UNREACHABLE
    }

    /** A login that came to nothing. */
    static final class Failed extends Exception {
        private static final long serialVersionUID = 1L;

        private final Failure failure;

        Failed(Failure failure, String message, @Nullable Throwable cause) {
            super(message, cause);
            this.failure = failure;
        }

        Failure failure() {
            return failure;
        }
    }

    /**
     * Begins a login.
     *
     * @param to the page of ours to come back to
     * @param callback where the issuer sends the browser back to
     */
    Begun begin(String to, URI callback) throws Failed {
        byte[] bits = new byte[16];
        RANDOM.nextBytes(bits);
        String id = BASE64.encodeToString(bits);
        var query = new LinkedHashMap<String, String>();
        query.put("response_type", "code");
        query.put("client_id", client.id());
        query.put("redirect_uri", callback.toString());
        query.put("scope", String.join(" ", client.scopes()));
        query.put("state", of("state", id));
        query.put("nonce", of("nonce", id));
        query.put("code_challenge", challenge(of("verifier", id)));
        query.put("code_challenge_method", "S256");
        URI page = pages().authorization();
        String location = page + (page.getRawQuery() == null ? "?" : "&") + form(query);
        String said = id + "." + clock.instant().plus(PATIENCE).getEpochSecond() + "."
                + BASE64.encodeToString(safe(to).getBytes(UTF_8));
        return new Begun(URI.create(location), said + "." + of("login", said));
    }

    /**
     * Ends a login with what the browser brought.
     *
     * @param cookie the one that was given to it
     * @param answer what the issuer added to the callback's address
     * @param callback the same as when it began
     */
    Ended end(@Nullable String cookie, Map<String, String> answer, URI callback) throws Failed {
        String[] words = cookie == null ? new String[0] : cookie.split("\\.", -1);
        if (words.length != 4 || !same(of("login", words[0] + "." + words[1] + "." + words[2]), words[3])) {
            throw new Failed(Failure.STALE, "no login was begun by this browser", null);
        }
        // From here on the cookie is what we wrote.
        String id = words[0];
        if (clock.instant().getEpochSecond() >= Long.parseLong(words[1])
                || !same(of("state", id), answer.getOrDefault("state", ""))) {
            throw new Failed(
                    Failure.STALE, "the answer belongs to no login of this browser, or to one that is over", null);
        }
        // Which issuer it was (RFC 9207): an answer of another one is none.
        String from = answer.get("iss");
        if (from != null && !from.equals(settings.issuer().toString())) {
            throw new Failed(Failure.REFUSED, "the answer is of another issuer", null);
        }
        String code = answer.get("code");
        if (code == null) {
            throw new Failed(
                    Failure.REFUSED,
                    "the issuer said " + answer.getOrDefault("error", "nothing").replaceAll("[^a-z_]", "?"),
                    null);
        }
        String token = redeem(code, of("verifier", id), callback);
        try {
            String owner = tokens.identified(token, client.id(), of("nonce", id));
            return new Ended(owner, new String(Base64.getUrlDecoder().decode(words[2]), UTF_8));
        } catch (HttpProblem e) {
            throw new Failed(
                    e.status() == 503 ? Failure.UNREACHABLE : Failure.REFUSED, String.valueOf(e.getMessage()), e);
        }
    }

    /** Gives the code for an ID token (OpenID Connect Core 1.0, 3.1.3). */
    private String redeem(String code, String verifier, URI callback) throws Failed {
        var form = new LinkedHashMap<String, String>();
        form.put("grant_type", "authorization_code");
        form.put("code", code);
        form.put("redirect_uri", callback.toString());
        form.put("code_verifier", verifier);
        HttpRequest.Builder request = HttpRequest.newBuilder(pages().token())
                .timeout(ANSWER)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header("Accept", "application/json");
        if (client.secret() == null) {
            form.put("client_id", client.id());
        } else {
            // client_secret_basic, which every issuer takes (RFC 6749, 2.3.1).
            String both = encoded(client.id()) + ":" + encoded(client.secret());
            request.header("Authorization", "Basic " + Base64.getEncoder().encodeToString(both.getBytes(UTF_8)));
        }
        try (var web = HttpClient.newBuilder().connectTimeout(ANSWER).build()) {
            HttpResponse<String> response =
                    web.send(request.POST(BodyPublishers.ofString(form(form))).build(), BodyHandlers.ofString());
            if (response.statusCode() >= 500) {
                throw new Failed(Failure.UNREACHABLE, "the issuer answered " + response.statusCode(), null);
            }
            String token = response.statusCode() == 200
                    ? JsonMapper.shared()
                            .readTree(response.body())
                            .path("id_token")
                            .asString("")
                    : "";
            if (token.isEmpty()) {
                throw new Failed(
                        Failure.REFUSED, "the issuer gave no ID token; it answered " + response.statusCode(), null);
            }
            return token;
        } catch (IOException e) {
            throw new Failed(Failure.UNREACHABLE, "the issuer can't be asked: " + e.getMessage(), e);
        } catch (JacksonException e) {
            throw new Failed(Failure.REFUSED, "the issuer's answer can't be understood", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failed(Failure.UNREACHABLE, "the server stops", e);
        }
    }

    private Issuer.Pages pages() throws Failed {
        try {
            return tokens.issuer().pages();
        } catch (IOException e) {
            throw new Failed(Failure.UNREACHABLE, String.valueOf(e.getMessage()), e);
        }
    }

    private String of(String what, String id) {
        return secret.of("oidc " + what + ": " + id);
    }

    private static boolean same(String right, String given) {
        return MessageDigest.isEqual(right.getBytes(UTF_8), given.getBytes(UTF_8));
    }

    /** RFC 7636, 4.2. */
    private static String challenge(String verifier) {
        try {
            return BASE64.encodeToString(MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    /** A path of this server, or its first page: nobody is led elsewhere by a link to a login here. */
    private static String safe(String to) {
        return to.matches("/(?![/\\\\])[\\x21-\\x7e&&[^\\\\]]{0,1000}") ? to : "/";
    }

    private static String form(Map<String, String> values) {
        return values.entrySet().stream()
                .map(each -> each.getKey() + "=" + encoded(each.getValue()))
                .collect(Collectors.joining("&"));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, UTF_8);
    }
}
