package dev.millrace.server.chat;

import dev.millrace.core.Cursor;
import dev.millrace.engine.Context;
import dev.millrace.engine.Engine;
import dev.millrace.engine.Event;
import dev.millrace.engine.Snapshot;
import dev.millrace.server.auth.Identity;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import dev.millrace.server.http.StreamEnd;
import dev.millrace.server.http.WebSocketHandler;
import java.io.IOException;
import java.util.Optional;

/** {@code GET /chats/{id}/stream}: the chat's journal, from any offset, as Server-Sent Events or over a WebSocket. */
final class ChatStreams {
    /** RFC 6455, 7.4.1: the endpoint goes away; the client may come back. */
    static final int GOING_AWAY = 1001;

    /** What a reader asks for. */
    private record Reading(String chatId, long after, Ending ending) {}

    private final Engine engine;
    private final Identity identity;

    ChatStreams(Engine engine, Identity identity) {
        this.engine = engine;
        this.identity = identity;
    }

    void events(Exchange exchange) throws HttpProblem, IOException, InterruptedException {
        Reading reading = reading(exchange);
        if (reading.ending().reachedAt(reading.after())) {
            exchange.eventStream().begin();
            return;
        }
        var out = exchange.eventStream();
        // Before the answer's first line is sent, so that whoever has it is shown each event as it was made.
        Cursor<Event> cursor = engine.read(reading.chatId(), reading.after());
        out.follow(cursor, new EntryFrames(reading.ending(), engine::shown).events());
    }

    WebSocketHandler webSocket(Exchange exchange) throws HttpProblem {
        Reading reading = reading(exchange);
        return session -> {
            if (reading.ending().reachedAt(reading.after())) {
                return;
            }
            StreamEnd end = session.pump(
                    engine.read(reading.chatId(), reading.after()),
                    new EntryFrames(reading.ending(), engine::shown).arrays());
            if (end == StreamEnd.CLOSED) {
                session.close(GOING_AWAY, "the server is stopping; resume at the last offset");
            }
        };
    }

    private Reading reading(Exchange exchange) throws HttpProblem {
        String owner = identity.owner(exchange);
        String chatId = exchange.pathParameter("id");
        Context context = engine.context(owner, chatId).orElseThrow(() -> ChatApi.noChat(chatId));
        long after = after(exchange, context.lastOffset());
        Optional<String> until = exchange.queryParameter("until");
        return new Reading(chatId, after, until.isEmpty() ? Ending.NEVER : ending(owner, chatId, until.get()));
    }

    private Ending ending(String owner, String chatId, String taskId) throws HttpProblem {
        Snapshot snapshot = engine.task(owner, taskId);
        if (!chatId.equals(snapshot.task().contextId())) {
            throw Problems.parameter("until", "names a task of another chat");
        }
        return Ending.with(snapshot);
    }

    /** What a reader had when it lost us says more than the address it was first opened with. */
    private static long after(Exchange exchange, long last) throws HttpProblem {
        Optional<String> lost = exchange.header("Last-Event-ID").filter(id -> !id.isEmpty());
        if (lost.isPresent()) {
            return Parameters.offset("Last-Event-ID", lost.get(), last);
        }
        Optional<String> after = exchange.queryParameter("after");
        return after.isPresent() ? Parameters.offset("after", after.get(), last) : 0;
    }
}
