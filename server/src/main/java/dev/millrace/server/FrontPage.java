package dev.millrace.server;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.server.http.Router;
import java.nio.charset.StandardCharsets;

/** {@code GET /}: what can be asked here, for whoever opens the address to see whether something is there. */
final class FrontPage {
    private FrontPage() {}

    static void register(Router router, AgentCatalog agents) {
        byte[] page = text(agents).getBytes(StandardCharsets.UTF_8);
        router.get("/", exchange -> exchange.respond(200, "text/plain; charset=utf-8", page))
                .open("/");
    }

    private static String text(AgentCatalog agents) {
        var names = new StringBuilder();
        for (AgentCatalog.Listing listing : agents.all()) {
            names.append("  %-10s %s%n".formatted(listing.name(), listing.description()));
        }
        return """
                Millrace runs agents and streams what they make.

                Agents (the first is the default):
                %s
                Chat    POST /api/v1/chats                      start a chat
                        GET  /api/v1/chats/{id}/stream          read it, as Server-Sent Events or WebSocket
                        POST /api/v1/chats/{id}/messages        go on with it
                A2A     POST /a2a, /a2a/{agent}                 JSON-RPC, A2A v1.0
                        GET  /.well-known/agent-card.json       the default agent's card
                Files   GET  /files/{source}/{path}             ranges and conditions as HTTP has them
                Health  GET  /healthz, /readyz, /metrics
                """.formatted(names);
    }
}
