package dev.millrace.server.chat;

import dev.millrace.engine.Engine;
import dev.millrace.engine.Snapshot;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.util.RawValue;

/**
 * The messages of a chat, in pages. A page is named by the id of a message, which stays where it is however many
 * follow. Without one it is the newest page, for that is what a reader opens a chat with.
 */
final class ChatMessages {
    private static final int LIMIT = 50;
    private static final int MAX_LIMIT = 200;

    /** A message and where it was said. */
    private record Said(String taskId, TaskState state, Message message) {}

    private final Engine engine;
    private final Identity identity;

    ChatMessages(Engine engine, Identity identity) {
        this.engine = engine;
        this.identity = identity;
    }

    /** {@code GET /chats/{id}/messages}. */
    void list(Exchange exchange) throws HttpProblem, IOException {
        String owner = identity.owner(exchange);
        int limit = Parameters.limit(exchange, LIMIT, MAX_LIMIT);
        Optional<String> before = exchange.queryParameter("before");
        Optional<String> after = exchange.queryParameter("after");
        if (before.isPresent() && after.isPresent()) {
            throw Problems.parameter("before", "can't be given together with after; leave one out");
        }
        List<Snapshot> tasks = engine.conversation(owner, exchange.pathParameter("id"));
        List<Said> all = said(tasks);

        int from;
        int to;
        if (after.isPresent()) {
            from = find("after", after.get(), all) + 1;
            to = Math.min(all.size(), from + limit);
        } else {
            to = before.isPresent() ? find("before", before.get(), all) : all.size();
            from = Math.max(0, to - limit);
        }
        ObjectNode page = ChatJson.object();
        ArrayNode messages = page.putArray("messages");
        all.subList(from, to).forEach(said -> messages.add(json(said)));
        if (from > 0 && from < to) {
            page.put("previous", all.get(from).message().messageId());
        }
        if (to < all.size() && from < to) {
            page.put("next", all.get(to - 1).message().messageId());
        }
        page.put("total", all.size());
        page.put("offset", tasks.stream().mapToLong(Snapshot::offset).max().orElse(0));
        ChatJson.respond(exchange, 200, page);
    }

    private static List<Said> said(List<Snapshot> tasks) {
        var all = new ArrayList<Said>();
        for (Snapshot snapshot : tasks) {
            for (Message message : Engine.messages(snapshot.task())) {
                all.add(new Said(snapshot.task().id(), snapshot.task().status().state(), message));
            }
        }
        return all;
    }

    private static int find(String parameter, String messageId, List<Said> all) throws HttpProblem {
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).message().messageId().equals(messageId)) {
                return i;
            }
        }
        throw Problems.parameter(parameter, "must be the id of a message of this chat, not \"" + messageId + "\"");
    }

    private static ObjectNode json(Said said) {
        return ChatJson.object()
                .put("taskId", said.taskId())
                .put("state", said.state().wireName())
                .putRawValue("message", new RawValue(A2aJson.MESSAGE.writeText(said.message())));
    }
}
