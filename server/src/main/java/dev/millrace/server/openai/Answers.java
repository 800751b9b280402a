package dev.millrace.server.openai;

import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import dev.millrace.engine.Engine;
import dev.millrace.engine.Event;
import dev.millrace.engine.Refused;
import dev.millrace.engine.Send;
import dev.millrace.engine.Sent;
import dev.millrace.server.http.Exchange;
import dev.millrace.server.http.HttpProblem;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/** How answers are read off the journal, and taken away where nobody wants them kept. */
record Answers(Engine engine) {
    private static final Logger log = LoggerFactory.getLogger(Answers.class);
    private static final int BATCH = 64;

    /** How one answer is told to its client. */
    @FunctionalInterface
    interface Reply {
        /**
         * Tells it as it comes, or gives it when it is whole.
         *
         * @param cursor at where the answer begins
         */
        @Nullable ObjectNode to(Sent sent, Cursor<Event> cursor) throws Refusal, HttpProblem, IOException, InterruptedException;
    }

    /**
     * Sends, and has what comes of it told.
     *
     * @param store whether it is to be kept; if not, it is gone when the client has the whole answer, or has left
     * @param streams whether it is told as it comes
     */
    void give(Exchange exchange, Send send, boolean store, boolean streams, Reply reply)
            throws Refusal, HttpProblem, IOException, InterruptedException {
        String named = send.message().contextId();
        String contextId = named == null ? engine.newId() : named;
        Send asked = (store ? send : send.unacknowledged()).in(contextId);
        ObjectNode whole;
        // Open before the send, so that the journal keeps the send's events in memory, and the store need not be asked.
        try (Cursor<Event> cursor = streams ? engine.read(contextId, 0) : engine.readAtRests(contextId, 0)) {
            Sent sent = engine.send(asked);
            try {
                cursor.seek(sent.from());
                whole = reply.to(sent, cursor);
            } finally {
                if (!store) {
                    CompletableFuture<Void> gone = forget(send.owner(), contextId);
                    if (!streams) {
                        gone.join();
                    } // else its client has the end already, and may be asking the next thing
                }
            }
        }
        if (whole != null) {
            Json.respond(exchange, 200, whole);
        }
    }

    /**
     * Listens until the answer is there, and closes the cursor.
     *
     * @param leaving whether to give up when the client has left, because nobody else wants the answer
     * @throws Refused with UNAVAILABLE if the server stops before, or the client has left
     */
    void await(Exchange exchange, Cursor<Event> cursor, Telling telling, boolean leaving)
            throws HttpProblem, IOException, InterruptedException {
        try (cursor) {
            exchange.onStopping(cursor::close);
            if (leaving) {
                exchange.onGone(cursor::close);
            }
            while (!telling.over()) {
                for (Journal.Entry<Event> entry : cursor.take(BATCH)) {
                    telling.hear(entry);
                }
                if (!telling.over() && cursor.ended()) {
                    throw new Refused(Refused.Reason.UNAVAILABLE, "the server is stopping; try again in a moment");
                }
            }
        }
    }

    /** Listens to what is there now, up to an offset of the journal or the answer's end. */
    void soFar(String contextId, long from, long to, Telling telling) throws InterruptedException {
        try (Cursor<Event> cursor = engine.read(contextId, from)) {
            while (!telling.over() && cursor.position() < to) {
                var batch = cursor.poll(BATCH);
                batch.forEach(entry -> telling.hear(entry));
                if (batch.isEmpty()) {
                    return;
                }
            }
        }
    }

    /** Takes a conversation away that was for one answer alone, and stops what still runs in it. */
    private CompletableFuture<Void> forget(String owner, String contextId) {
        return engine.chats().deletePassing(owner, contextId).exceptionally(e -> {
            log.warn("conversation {} was not to be kept, and could not be taken away: {}", contextId, e.toString());
            return null;
        });
    }
}
