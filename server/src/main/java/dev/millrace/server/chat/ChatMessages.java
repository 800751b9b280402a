package dev.millrace.server.chat;

import dev.millrace.engine.Engine;
import dev.millrace.engine.MessagePage;
import dev.millrace.engine.Refused;
import dev.millrace.engine.Said;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
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
        MessagePage said = page(owner, exchange.pathParameter("id"), before.orElse(null), after.orElse(null), limit);
        ObjectNode page = ChatJson.object();
        ArrayNode messages = page.putArray("messages");
        said.messages().forEach(each -> messages.add(json(each)));
        if (said.earlier() && !said.messages().isEmpty()) {
            page.put("previous", said.messages().getFirst().message().messageId());
        }
        if (said.later() && !said.messages().isEmpty()) {
            page.put("next", said.messages().getLast().message().messageId());
        }
        if (said.clearedAt() > 0) {
            page.put("clearedAt", said.clearedAt());
        }
        if (said.origin() != null) {
            ObjectNode forked =
                    page.putObject("forked").put("chatId", said.origin().contextId());
            if (said.origin().messageId() != null) {
                forked.put("messageId", said.origin().messageId());
            }
        }
        ChatJson.respond(exchange, 200, page.put("offset", said.offset()));
    }

    private MessagePage page(String owner, String chatId, @Nullable String before, @Nullable String after, int limit)
            throws HttpProblem {
        try {
            return engine.chats().messages(owner, chatId, before, after, limit);
        } catch (Refused e) {
            if (e.reason() == Refused.Reason.NO_MESSAGE) {
                throw Problems.parameter(
                        before == null ? "after" : "before",
                        "must be the id of a message of this chat, not \"" + (before == null ? after : before) + "\"");
            }
            throw e;
        }
    }

    /** A message, where it was said, and how that task stands. */
    static ObjectNode json(Said said) {
        ObjectNode json = ChatJson.object()
                .put("taskId", said.taskId())
                .put("state", said.state().wireName())
                .putRawValue("message", new RawValue(A2aJson.MESSAGE.writeText(said.message())));
        if (said.note() != null) {
            json.putRawValue("note", new RawValue(A2aJson.MESSAGE.writeText(said.note())));
        }
        if (said.since() > 0) {
            json.put("since", said.since());
        }
        return json;
    }
}
