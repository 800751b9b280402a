package dev.millrace.agents;

import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.ContextState;
import dev.millrace.engine.Engine;
import dev.millrace.engine.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Waits until chats rest: nothing runs in them. For each a reader of its journal sleeps until it rings. */
record SubAgentRests(Engine engine, String owner, List<String> chats) {
    private static final Logger log = LoggerFactory.getLogger(SubAgentRests.class);
    private static final int BATCH = 64;

    /**
     * Waits until so many of them rest, or the time is over.
     *
     * @throws InterruptedException if the wait is stopped; no thread is left
     */
    void await(int enough, Duration most) throws InterruptedException {
        var resting = new Semaphore(0);
        var cursors = new ArrayList<Cursor<Event>>();
        try {
            for (String chat : chats) {
                // Before the look at its state, so that no change is between the two.
                long offset =
                        engine.context(owner, chat).map(Context::lastOffset).orElse(0L);
                Cursor<Event> cursor = engine.readAtRests(chat, offset);
                cursors.add(cursor);
                Thread.ofVirtual().name("wait-" + chat).start(() -> {
                    follow(chat, cursor);
                    resting.release();
                });
            }
            boolean inTime = resting.tryAcquire(enough, most.toMillis(), TimeUnit.MILLISECONDS);
            log.debug("{} of {} chats rest, in time: {}", enough, chats.size(), inTime);
        } finally {
            cursors.forEach(Cursor::close);
        }
    }

    /** Returns when the chat rests, is gone, or the cursor is closed. */
    private void follow(String chat, Cursor<Event> cursor) {
        try {
            while (works(chat) && !cursor.ended()) {
                waitForNews(cursor);
            }
        } catch (InterruptedException e) {
            log.debug("the wait for {} was interrupted", chat);
        } catch (RuntimeException e) {
            log.warn("chat {} can't be followed any more: {}", chat, e.toString());
        }
    }

    private boolean works(String chat) {
        ContextState state = engine.chats().state(owner, chat);
        return state == ContextState.RUNNING || state == ContextState.RUNNING_QUEUED;
    }

    /** Until something is said of the state: words alone are none. */
    private static void waitForNews(Cursor<Event> cursor) throws InterruptedException {
        while (!cursor.ended()) {
            for (Journal.Entry<Event> entry : cursor.take(BATCH)) {
                if (entry.event().state() != null || entry.event().kind() == Event.Kind.CONTEXT) {
                    return;
                }
            }
        }
    }
}
