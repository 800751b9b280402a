package dev.millrace.server.chat;

import dev.millrace.engine.Engine;
import dev.millrace.engine.MessagePage;
import dev.millrace.engine.Sent;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The messages that wait in a chat: look at them, change, move, promote and take them back. */
final class ChatQueue {
    private final Engine engine;
    private final Identity identity;
    private final Attached attached;

    ChatQueue(Engine engine, Identity identity, Attached attached) {
        this.engine = engine;
        this.identity = identity;
        this.attached = attached;
    }

    /** {@code GET /chats/{id}/queue}. */
    void list(Exchange exchange) throws HttpProblem, IOException {
        respond(exchange, identity.owner(exchange), exchange.pathParameter("id"));
    }

    private void respond(Exchange exchange, String owner, String chatId) throws IOException {
        MessagePage queue = engine.chats().queue(owner, chatId);
        ObjectNode body = ChatJson.object();
        ArrayNode waiting = body.putArray("queue");
        queue.messages().forEach(said -> waiting.add(ChatMessages.json(said)));
        ChatJson.respond(exchange, 200, body.put("offset", queue.offset()));
    }

    /** {@code PUT /chats/{id}/queue}. */
    void reorder(Exchange exchange) throws HttpProblem, IOException {
        String owner = identity.owner(exchange);
        String chatId = exchange.pathParameter("id");
        ObjectNode body = SendBody.object(Requests.json(exchange), Set.of("taskIds"));
        engine.chats().reorder(owner, chatId, taskIds(body));
        respond(exchange, owner, chatId);
    }

    private static List<String> taskIds(ObjectNode body) {
        if (!(body.get("taskIds") instanceof ArrayNode ids)) {
            throw new InvalidField("taskIds", "is required, and must be an array of task ids");
        }
        var taskIds = new ArrayList<String>();
        for (JsonNode id : ids) {
            if (!id.isString()) {
                throw new InvalidField("taskIds[" + taskIds.size() + "]", "must be a string");
            }
            taskIds.add(id.stringValue());
        }
        return taskIds;
    }

    /** {@code PATCH /chats/{id}/queue/{task}}. */
    void edit(Exchange exchange) throws HttpProblem, IOException {
        String owner = identity.owner(exchange);
        String chatId = exchange.pathParameter("id");
        byte[] json = Requests.json(exchange);
        SendBody body = SendBody.ofEdit(json, chatId, engine::newId);
        Sent sent = engine.chats()
                .editQueued(
                        owner,
                        chatId,
                        exchange.pathParameter("task"),
                        attached.checked(owner, body.message()),
                        Requests.key(exchange, json));
        ChatSends.respond(exchange, sent, true);
    }

    /** {@code DELETE /chats/{id}/queue/{task}}. */
    void delete(Exchange exchange) throws HttpProblem, IOException {
        engine.chats()
                .deleteQueued(identity.owner(exchange), exchange.pathParameter("id"), exchange.pathParameter("task"));
        exchange.respond(204);
    }

    /** {@code POST /chats/{id}/queue/{task}:promote}. */
    void promote(Exchange exchange) throws HttpProblem, IOException {
        Sent sent = engine.chats()
                .promote(
                        identity.owner(exchange),
                        exchange.pathParameter("id"),
                        exchange.pathParameter("task"),
                        Requests.key(exchange, Requests.NO_BODY));
        ChatSends.tellIfRepeated(exchange, sent);
        ChatJson.respond(
                exchange, 202, ChatJson.object().put("taskId", sent.taskId()).put("offset", sent.offset()));
    }
}
