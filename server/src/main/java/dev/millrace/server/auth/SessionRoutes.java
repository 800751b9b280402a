package dev.millrace.server.auth;

import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.Router;
import java.io.IOException;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code /api/v1/session}: a browser gives what proves whose it is, once, and gets a cookie that no script can read; or it
 * is sent to an issuer's login page for it, by {@code /login}, and comes back by {@code /callback}. Other sites' pages can't call it to any effect: the gate refuses what they send, and the cookie is {@code SameSite=Strict}.
 */
public final class SessionRoutes {
    private static final String PATH = "/api/v1/session";
    private static final int MOST = 16_384; // tokens with many claims have some thousand characters

    private static final String LOGIN = PATH + "/login";
    private static final String CALLBACK = PATH + "/callback";

    /** What names a login that has begun. Lax: the issuer's page sends the browser back to us. */
    private static final String LOGIN_COOKIE = "millrace_login";

    private static final Logger LOG = LoggerFactory.getLogger(SessionRoutes.class);

    private final FrontGate gate;
    private final @Nullable URI publicUrl;

    /** @param publicUrl where browsers reach this server, if that is elsewhere than where they say they do */
    public SessionRoutes(FrontGate gate, @Nullable URI publicUrl) {
        this.gate = gate;
        this.publicUrl = publicUrl;
    }

    /** Adds the routes; all are open, since they are for whoever is not known yet. */
    public void register(Router router) {
        router.get(PATH, this::tell)
                .post(PATH, this::begin)
                .delete(PATH, SessionRoutes::end)
                .open(PATH)
                .get(LOGIN, this::login)
                .open(LOGIN)
                .get(CALLBACK, this::callback)
                .open(CALLBACK);
    }

    /** Whose the request is, and what would prove it if it is nobody's. */
    private void tell(Exchange exchange) throws IOException {
        ObjectNode answer = JsonMapper.shared().createObjectNode();
        answer.put("asks", gate.asks());
        var ways = answer.putArray("ways");
        gate.schemes().keySet().forEach(ways::add);
        if (gate.logins() != null) {
            answer.put("login", LOGIN);
        }
        try {
            answer.put("owner", exchange.guest());
        } catch (HttpProblem nobody) {
            // Then it is left out.
        }
        respond(exchange, answer);
    }

    private void begin(Exchange exchange) throws HttpProblem, IOException {
        String secret = secret(exchange);
        FrontGate.Session session = gate.begin(secret, exchange);
        exchange.header(
                "Set-Cookie",
                cookie(exchange, session.cookie(), session.length().toSeconds()));
        respond(
                exchange,
                JsonMapper.shared().createObjectNode().put("asks", true).put("owner", session.owner()));
    }

    /** {@code ?to=/chats/…}: sends the browser to the issuer's page, which sends it back to {@link #callback}. */
    private void login(Exchange exchange) throws HttpProblem, IOException {
        Logins logins = logins();
        try {
            Logins.Begun begun = logins.begin(exchange.queryParameter("to").orElse("/"), callbackOf(exchange));
            exchange.header("Set-Cookie", loginCookie(exchange, begun.cookie(), Logins.PATIENCE.toSeconds()));
            redirect(exchange, begun.location().toString());
        } catch (Logins.Failed e) {
            failed(exchange, e);
        }
    }

    private void callback(Exchange exchange) throws HttpProblem, IOException {
        Logins logins = logins();
        var answer = new HashMap<String, String>();
        for (String name : List.of("code", "state", "iss", "error")) {
            exchange.queryParameter(name).ifPresent(value -> answer.put(name, value));
        }
        try {
            Logins.Ended ended = logins.end(Sessions.cookie(exchange, LOGIN_COOKIE), answer, callbackOf(exchange));
            FrontGate.Session session = gate.begin(ended);
            exchange.header(
                            "Set-Cookie",
                            cookie(exchange, session.cookie(), session.length().toSeconds()))
                    .addHeader("Set-Cookie", loginCookie(exchange, "", 0));
            redirect(exchange, ended.to());
        } catch (Logins.Failed e) {
            failed(exchange, e);
        }
    }

    private Logins logins() throws HttpProblem {
        Logins logins = gate.logins();
        if (logins == null) {
            throw HttpProblem.notFound("There is no login page here: auth.oidc names no clientId.");
        }
        return logins;
    }

    /** The page says what is to be done; the log says why. */
    private static void failed(Exchange exchange, Logins.Failed why) throws IOException {
        LOG.atLevel(why.failure() == Logins.Failure.UNREACHABLE ? Level.WARN : Level.INFO)
                .log("a login came to nothing: {}", why.getMessage());
        redirect(exchange, "/?login=" + why.failure().name().toLowerCase(Locale.ROOT));
    }

    private static void redirect(Exchange exchange, String to) throws IOException {
        // The issuer's code stands in the address that the browser leaves.
        exchange.header("Location", to)
                .header("Cache-Control", "no-store")
                .header("Referrer-Policy", "no-referrer")
                .respond(303);
    }

    private URI callbackOf(Exchange exchange) throws HttpProblem {
        if (publicUrl != null) {
            return URI.create(publicUrl.toString().replaceFirst("/$", "") + CALLBACK);
        }
        String host = exchange.authority().orElseThrow(() -> HttpProblem.badRequest("The header Host is missing."));
        try {
            return URI.create((secure(exchange) ? "https://" : "http://") + host + CALLBACK);
        } catch (IllegalArgumentException e) {
            throw HttpProblem.badRequest("The header Host is no name of a host.");
        }
    }

    private static String loginCookie(Exchange exchange, String value, long seconds) {
        return LOGIN_COOKIE + "=" + value + "; Path=" + PATH + "; HttpOnly; SameSite=Lax; Max-Age=" + seconds
                + (secure(exchange) ? "; Secure" : "");
    }

    private static String secret(Exchange exchange) throws HttpProblem, IOException {
        String type = exchange.header("Content-Type").orElse("");
        if (!type.startsWith("application/json")) {
            // A form of another site could be sent as plain text; this asks for a preflight.
            throw new HttpProblem(
                    415, "unsupported-media-type", "The body is not JSON", "Send {\"secret\":…} as application/json.");
        }
        try (var body = exchange.bodyStream(MOST)) {
            JsonNode secret = JsonMapper.shared().readTree(body.readAllBytes()).path("secret");
            if (secret.isString() && !secret.stringValue().isBlank()) {
                return secret.stringValue().strip();
            }
        } catch (JacksonException e) {
            // Told below; the parser's message could repeat the secret.
        }
        throw HttpProblem.badRequest("secret: must be a key or a token of this server, as {\"secret\":\"…\"}.");
    }

    private static void end(Exchange exchange) throws IOException {
        exchange.header("Set-Cookie", cookie(exchange, "", 0))
                .header("Cache-Control", "no-store")
                .respond(204);
    }

    private static String cookie(Exchange exchange, String value, long seconds) {
        return Sessions.COOKIE + "=" + value + "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + seconds
                + (secure(exchange) ? "; Secure" : "");
    }

    private static boolean secure(Exchange exchange) {
        return exchange.secure()
                || exchange.header("X-Forwarded-Proto").orElse("").equals("https");
    }

    private static void respond(Exchange exchange, ObjectNode answer) throws IOException {
        exchange.header("Cache-Control", "no-store")
                .respond(200, "application/json", JsonMapper.shared().writeValueAsBytes(answer));
    }
}
