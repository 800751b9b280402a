package dev.millrace.server.page;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.server.http.Exchange;
import java.io.IOException;

/** What can be asked here, in a few lines of text, for whoever opens the address to see whether something is there. */
public final class FrontPage {
    private final String text;

    public FrontPage(AgentCatalog agents) {
        this.text = text(agents);
    }

    void send(Exchange exchange, boolean page) throws IOException {
        String whole = page
                ? text
                : text
                        + "\nThis server was built without its web page, for which ./millrace build needs Node 20.19 or newer.\n";
        exchange.respond(200, "text/plain; charset=utf-8", whole.getBytes(UTF_8));
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
                Page    GET  /                                  in a browser
                Chat    POST /api/v1/chats                      start a chat
                        GET  /api/v1/chats/{id}/stream          read it, as Server-Sent Events or WebSocket
                        POST /api/v1/chats/{id}/messages        go on with it
                A2A     POST /a2a, /a2a/{agent}                 JSON-RPC, A2A v1.0
                        GET  /.well-known/agent-card.json       the default agent's card
                OpenAI  POST /v1/chat/completions, /v1/responses, and GET /v1/models: agents are models
                Files   GET  /files/{source}/{path}             ranges and conditions as HTTP has them
                Health  GET  /healthz, /readyz, /metrics
                """.formatted(names);
    }
}
