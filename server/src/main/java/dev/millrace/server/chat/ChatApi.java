package dev.millrace.server.chat;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.engine.Engine;
import dev.millrace.engine.Refused;
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

    private final Engine engine;
    private final Identity identity;
    private final Attached attached;

    /** Serves this engine; each request sees the chats of the owner that {@code identity} names. */
    public ChatApi(Engine engine, Identity identity) {
        this(engine, identity, Attached.UNKNOWN);
    }

    /** The same, and {@code attached} sees each message that is sent before the engine does. */
    public ChatApi(Engine engine, Identity identity, Attached attached) {
        this.engine = engine;
        this.identity = identity;
        this.attached = attached;
    }

    /** Adds the routes of the API. */
    public void register(Router router) {
        var sends = new ChatSends(engine, identity, attached);
        var messages = new ChatMessages(engine, identity);
        var streams = new ChatStreams(engine, identity);
        var shelf = new ChatShelf(engine, identity);
        var queue = new ChatQueue(engine, identity, attached);
        var watch = new ChatWatch(engine, identity);
        var models = new ChatModels(engine, identity);
        router.get(ROOT + "/openapi.json", Problems.told(OpenApi::get))
                .get(ROOT + "/agents", Problems.told(this::agents))
                .get(ROOT + "/models", Problems.told(models::list))
                .post(ROOT + "/chats", Problems.told(sends::create))
                .get(ROOT + "/chats", Problems.told(shelf::list))
                .get(ROOT + "/chats:watch", Problems.told(watch::events))
                .webSocket(ROOT + "/chats:watch", Problems.toldBeforeUpgrade(watch::webSocket))
                .get(ROOT + "/chats/{id}", Problems.told(shelf::get))
                .patch(ROOT + "/chats/{id}", Problems.told(shelf::patch))
                .delete(ROOT + "/chats/{id}", Problems.told(shelf::delete))
                .post(ROOT + "/chats/{id}:interrupt", Problems.told(shelf::interrupt))
                .post(ROOT + "/chats/{id}:clear", Problems.told(shelf::clear))
                .post(ROOT + "/chats/{id}:fork", Problems.told(shelf::fork))
                .post(ROOT + "/chats/{id}:retry", Problems.told(sends::retry))
                .post(ROOT + "/chats/{id}:compact", Problems.told(sends::compact))
                .get(ROOT + "/chats/{id}/usage", Problems.told(shelf::usage))
                .get(ROOT + "/usage", Problems.told(shelf::usageOfAll))
                .get(ROOT + "/chats/{id}/messages", Problems.told(messages::list))
                .post(ROOT + "/chats/{id}/messages", Problems.told(sends::next))
                .patch(ROOT + "/chats/{id}/messages/{message}", Problems.told(sends::edit))
                .post(ROOT + "/chats/{id}/tool-results", Problems.told(sends::toolResults))
                .get(ROOT + "/chats/{id}/queue", Problems.told(queue::list))
                .put(ROOT + "/chats/{id}/queue", Problems.told(queue::reorder))
                .patch(ROOT + "/chats/{id}/queue/{task}", Problems.told(queue::edit))
                .delete(ROOT + "/chats/{id}/queue/{task}", Problems.told(queue::delete))
                .post(ROOT + "/chats/{id}/queue/{task}:promote", Problems.told(queue::promote))
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

    static Refused noChat(String chatId) {
        return new Refused(Refused.Reason.NO_CONTEXT, "there is no context " + chatId);
    }
}
