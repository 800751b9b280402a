package dev.millrace.server.chat;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.Engine;
import dev.millrace.engine.Standing;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.FrameBuffer;
import dev.millrace.server.http.Framing;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.StreamEnd;
import dev.millrace.server.http.WebSocketHandler;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** {@code GET /chats:watch}: what changes in the list of chats, as Server-Sent Events or over a WebSocket. */
final class ChatWatch {
    private static final byte[] NOTHING = {};

    private final Engine engine;
    private final Identity identity;

    ChatWatch(Engine engine, Identity identity) {
        this.engine = engine;
        this.identity = identity;
    }

    void events(Exchange exchange) throws HttpProblem, IOException, InterruptedException {
        String owner = identity.owner(exchange);
        long after = after(exchange, owner);
        exchange.eventStream().follow(engine.chats().watch(owner, after), Framing.each((entry, out) -> {
            if (entry.event().isPresent()) {
                out.event(
                        entry.offset(),
                        NOTHING,
                        json(entry.offset(), entry.event().get()),
                        NOTHING);
            }
            return Framing.Then.CONTINUE;
        }));
    }

    WebSocketHandler webSocket(Exchange exchange) throws HttpProblem {
        String owner = identity.owner(exchange);
        long after = after(exchange, owner);
        return session -> {
            StreamEnd end = session.pump(engine.chats().watch(owner, after), ChatWatch::array);
            if (end == StreamEnd.CLOSED) {
                session.close(ChatStreams.GOING_AWAY, "the server is stopping; resume at the last offset");
            }
        };
    }

    private static Framing.Then array(List<Journal.Entry<Optional<Standing>>> batch, FrameBuffer out) {
        char before = '[';
        for (Journal.Entry<Optional<Standing>> entry : batch) {
            if (entry.event().isPresent()) {
                out.append(before).append(json(entry.offset(), entry.event().get()));
                before = ',';
            }
        }
        if (before == ',') {
            out.append(']');
        }
        return Framing.Then.CONTINUE;
    }

    private static byte[] json(long offset, Standing standing) {
        Context context = standing.context();
        ObjectNode entry = ChatJson.object().put("offset", offset).put("kind", kind(context.change()));
        entry.set(
                "chat",
                context.change() == Context.Change.DELETED
                        ? ChatJson.object().put("id", context.id())
                        : ChatJson.chat(standing));
        return entry.toString().getBytes(UTF_8);
    }

    /** What changed last; the chat is as it is. */
    private static String kind(Context.Change change) {
        return switch (change) {
            case CREATED -> "created";
            case STATUS -> "status";
            case TITLE -> "title";
            case SHELF -> "updated";
            case READ -> "unread";
            case DELETED -> "deleted";
        };
    }

    private long after(Exchange exchange, String owner) throws HttpProblem {
        long last = engine.chats().revision(owner);
        Optional<String> lost = exchange.header("Last-Event-ID").filter(id -> !id.isEmpty());
        if (lost.isPresent()) {
            return Parameters.offset("Last-Event-ID", lost.get(), last);
        }
        Optional<String> after = exchange.queryParameter("after");
        return after.isPresent() ? Parameters.offset("after", after.get(), last) : last;
    }
}
