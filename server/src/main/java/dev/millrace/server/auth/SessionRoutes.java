package dev.millrace.server.auth;

import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.Router;
import java.io.IOException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code /api/v1/session}: a browser gives what proves whose it is, once, and gets a cookie that no script can read. Other
 * sites' pages can't call it to any effect: the gate refuses what they send, and the cookie is {@code SameSite=Strict}.
 */
public final class SessionRoutes {
    private static final String PATH = "/api/v1/session";
    private static final JsonMapper JSON = new JsonMapper();
    private static final int MOST = 16_384; // tokens with many claims have some thousand characters

    private final FrontGate gate;

    public SessionRoutes(FrontGate gate) {
        this.gate = gate;
    }

    /** Adds the routes; all are open, since they are for whoever is not known yet. */
    public void register(Router router) {
        router.get(PATH, this::tell)
                .post(PATH, this::begin)
                .delete(PATH, SessionRoutes::end)
                .open(PATH);
    }

    /** Whose the request is, and what would prove it if it is nobody's. */
    private void tell(Exchange exchange) throws IOException {
        ObjectNode answer = JSON.createObjectNode();
        answer.put("asks", gate.asks());
        var ways = answer.putArray("ways");
        gate.schemes().keySet().forEach(ways::add);
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
        respond(exchange, JSON.createObjectNode().put("asks", true).put("owner", session.owner()));
    }

    private static String secret(Exchange exchange) throws HttpProblem, IOException {
        String type = exchange.header("Content-Type").orElse("");
        if (!type.startsWith("application/json")) {
            // A form of another site could be sent as plain text; this asks for a preflight.
            throw new HttpProblem(
                    415, "unsupported-media-type", "The body is not JSON", "Send {\"secret\":…} as application/json.");
        }
        try (var body = exchange.bodyStream(MOST)) {
            JsonNode secret = JSON.readTree(body.readAllBytes()).path("secret");
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
        boolean secure = exchange.secure()
                || exchange.header("X-Forwarded-Proto").orElse("").equals("https");
        return Sessions.COOKIE + "=" + value + "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + seconds
                + (secure ? "; Secure" : "");
    }

    private static void respond(Exchange exchange, ObjectNode answer) throws IOException {
        exchange.header("Cache-Control", "no-store").respond(200, "application/json", JSON.writeValueAsBytes(answer));
    }
}
