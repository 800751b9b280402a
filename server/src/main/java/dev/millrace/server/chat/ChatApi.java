package dev.millrace.server.chat;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.ContextQuery;
import dev.millrace.engine.Engine;
import dev.millrace.engine.Page;
import dev.millrace.engine.Refused;
import dev.millrace.engine.Standing;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.Router;
import java.io.IOException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The chat API under {@value #ROOT}: chats, their messages, their streams. A chat is a context of the engine, whichever
 * protocol began it. Any thread; holds no state of its own.
 */
public final class ChatApi {
    /** Where it is. */
    public static final String ROOT = "/api/v1";

    private static final int LIMIT = 50;
    private static final int MAX_LIMIT = 100;

    private final Engine engine;
    private final Identity identity;

    /** Serves this engine; each request sees the chats of the owner that {@code identity} names. */
    public ChatApi(Engine engine, Identity identity) {
        this.engine = engine;
        this.identity = identity;
    }

    /** Adds the routes of the API. */
    public void register(Router router) {
        var sends = new ChatSends(engine, identity);
        var messages = new ChatMessages(engine, identity);
        var streams = new ChatStreams(engine, identity);
        router.get(ROOT + "/agents", Problems.told(this::agents))
                .post(ROOT + "/chats", Problems.told(sends::create))
                .get(ROOT + "/chats", Problems.told(this::chats))
                .get(ROOT + "/chats/{id}", Problems.told(this::chat))
                .post(ROOT + "/chats/{id}:interrupt", Problems.told(this::interrupt))
                .get(ROOT + "/chats/{id}/messages", Problems.told(messages::list))
                .post(ROOT + "/chats/{id}/messages", Problems.told(sends::next))
                .get(ROOT + "/chats/{id}/stream", Problems.told(streams::events))
                .webSocket(ROOT + "/chats/{id}/stream", Problems.toldBeforeUpgrade(streams::webSocket));
    }

    private void agents(Exchange exchange) throws HttpProblem, IOException {
        identity.owner(exchange);
        ObjectNode body = ChatJson.object();
        ArrayNode agents = body.putArray("agents");
        for (AgentCatalog.Listing listing : engine.agents().all()) {
            agents.addObject().put("name", listing.name()).put("description", listing.description());
        }
        body.put("default", engine.agents().byDefault().name());
        ChatJson.respond(exchange, 200, body);
    }

    private void chats(Exchange exchange) throws HttpProblem, IOException {
        String owner = identity.owner(exchange);
        int limit = Parameters.limit(exchange, LIMIT, MAX_LIMIT);
        Page<Standing> page = engine.chats()
                .list(ContextQuery.of(
                        owner, limit, exchange.queryParameter("after").orElse(null)));
        ObjectNode body = ChatJson.object();
        ArrayNode chats = body.putArray("chats");
        page.items().forEach(standing -> chats.add(ChatJson.chat(standing)));
        if (page.next() != null) {
            body.put("next", page.next());
        }
        ChatJson.respond(exchange, 200, body.put("total", page.total()));
    }

    private void chat(Exchange exchange) throws HttpProblem, IOException {
        String owner = identity.owner(exchange);
        String chatId = exchange.pathParameter("id");
        Standing standing = engine.standing(owner, chatId).orElseThrow(() -> noChat(chatId));
        ChatJson.respond(exchange, 200, ChatJson.chat(standing));
    }

    private void interrupt(Exchange exchange) throws HttpProblem, IOException {
        boolean interrupted = engine.interrupt(identity.owner(exchange), exchange.pathParameter("id"));
        ChatJson.respond(exchange, 200, ChatJson.object().put("interrupted", interrupted));
    }

    static Refused noChat(String chatId) {
        return new Refused(Refused.Reason.NO_CONTEXT, "there is no context " + chatId);
    }
}
