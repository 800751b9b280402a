package dev.millrace.server.metrics;

import dev.millrace.engine.Engine;
import dev.millrace.engine.Refused;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.Router;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * {@code GET /healthz}: the process lives; and {@code GET /readyz}: it can work, that is, its store answers and it is not
 * stopping. Both answer 200 and {@code ok}; a server that is not ready answers 503.
 */
public final class Health {
    private static final byte[] OK = "ok\n".getBytes(StandardCharsets.US_ASCII);

    private final Engine engine;

    public Health(Engine engine) {
        this.engine = engine;
    }

    /** Adds the routes. */
    public Health register(Router router) {
        router.get("/healthz", Health::ok).open("/healthz");
        router.get("/readyz", this::ready).open("/readyz");
        return this;
    }

    private static void ok(Exchange exchange) throws IOException {
        exchange.header("Cache-Control", "no-store").respond(200, "text/plain", OK);
    }

    private void ready(Exchange exchange) throws IOException, HttpProblem {
        if (exchange.stopping()) {
            throw notReady("the server is stopping");
        }
        try {
            // Reads the store; whether there is such a context does not matter.
            var _ = engine.context("", "-");
        } catch (Refused refused) {
            throw notReady(String.valueOf(refused.getMessage()));
        }
        ok(exchange);
    }

    private static HttpProblem notReady(String why) {
        return new HttpProblem(503, "not-ready", "The server is not ready", why).header("Retry-After", "1");
    }
}
