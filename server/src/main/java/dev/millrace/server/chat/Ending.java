package dev.millrace.server.chat;

import dev.millrace.core.Journal;
import dev.millrace.engine.Event;
import dev.millrace.engine.Snapshot;
import dev.millrace.protocol.TaskState;
import dev.millrace.server.http.Framing.Then;
import org.jspecify.annotations.Nullable;

/**
 * When a stream of a chat ends by itself: never, or when one task has ended or waits for its user.
 *
 * <p>A reader may come back after that has happened. Then there may be nothing of the task left to read, so the end is
 * also where the journal stood when the task was looked at and rested already.
 *
 * @param taskId the task; null = never
 * @param restedAt where the journal stood when the task rested already; a reader who has come so far has seen it
 */
record Ending(@Nullable String taskId, long restedAt) {
    static final Ending NEVER = new Ending(null, Long.MAX_VALUE);

    /** Look at the task after the reader's position is known to exist, or its rest may lie before both. */
    static Ending with(Snapshot snapshot) {
        boolean rests = rests(snapshot.task().status().state());
        return new Ending(snapshot.task().id(), rests ? snapshot.offset() : Long.MAX_VALUE);
    }

    boolean reachedAt(long offset) {
        return offset >= restedAt;
    }

    /** What comes after this entry. */
    Then after(Journal.Entry<Event> entry) {
        Event event = entry.event();
        boolean rested =
                taskId != null && taskId.equals(event.taskId()) && event.state() != null && rests(event.state());
        return rested || reachedAt(entry.offset()) ? Then.END : Then.CONTINUE;
    }

    private static boolean rests(TaskState state) {
        return state.terminal() || state.interrupted();
    }
}
