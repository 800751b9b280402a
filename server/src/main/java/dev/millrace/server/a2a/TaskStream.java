package dev.millrace.server.a2a;

import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import dev.millrace.engine.Event;
import dev.millrace.engine.Snapshot;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.SendMessageResponse;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskFold;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.json.A2aJson;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One task's events from a point on: first the task as it is there, if the stream begins with one, then every event
 * after it, in order, each once.
 *
 * <p>The journal holds a whole context; {@link #shows} tells which of its entries belong here. What is shown is what A2A
 * allows in a stream: the task, its statuses and its artifacts. Messages are not (a client would take one for the whole
 * answer); they are in the task's history.
 *
 * <p>The stream ends at the task's terminal event ({@link #endsAt}) and stays open while the task waits for its user
 * (A2A v1.0, 3.1.6 and 7.6.1, against 11.7), so that whoever listens sees what the answer leads to.
 *
 * <p>A {@link #reply} stream shows nothing until the task ends, and then one message (3.1.2). If the task asks something
 * or ends badly, it shows the task there, and from there on it is a stream like any other.
 *
 * <p>Entries are to be given to it in order, by one thread: {@link #shows}, and where that is true {@link #payload}.
 */
public final class TaskStream implements AutoCloseable {
    private final String taskId;
    private final boolean complete;
    private final Cursor<Event> cursor;
    private final @Nullable Integer historyLength;

    /** What the stream begins with, until that is asked for: a stream may last for hours after. */
    private @Nullable Snapshot first;

    /** What was held back, while the stream is to be one message. */
    private @Nullable TaskFold heldBack;

    TaskStream(String taskId, @Nullable Snapshot first, Cursor<Event> cursor, @Nullable Integer historyLength) {
        this.taskId = taskId;
        this.first = first;
        complete = first != null && first.task().status().state().terminal();
        this.cursor = cursor;
        this.historyLength = historyLength;
    }

    /** The stream of an agent that replies with a message. */
    static TaskStream reply(
            String taskId, @Nullable Snapshot first, Cursor<Event> cursor, @Nullable Integer historyLength) {
        var stream = new TaskStream(taskId, first, cursor, historyLength);
        stream.heldBack = new TaskFold();
        if (first != null) {
            stream.heldBack.apply(first.task());
        }
        return stream;
    }

    public String taskId() {
        return taskId;
    }

    /**
     * What the stream begins with, and the offset it stands for; empty if the journal's own events come first. To be asked
     * once.
     */
    Optional<Opening> opening() {
        Snapshot begins = first;
        first = null;
        return Optional.ofNullable(begins)
                .filter(snapshot -> heldBack == null || settled(snapshot.task()))
                .map(snapshot -> new Opening(shown(snapshot.task()), snapshot.offset()));
    }

    /** The task that the stream stands on, before its opening was asked for; empty if it begins with the task's own first event. */
    Optional<Task> known() {
        return Optional.ofNullable(first).map(Snapshot::task);
    }

    private static boolean settled(Task task) {
        return task.status().state().terminal() || task.status().state().interrupted();
    }

    private StreamResponse shown(Task task) {
        if (heldBack == null) {
            return task.withHistoryLength(historyLength);
        }
        heldBack = null;
        SendMessageResponse reply = DirectReply.of(task);
        return switch (reply) {
            case Message message -> message;
            case Task asItIs -> asItIs.withHistoryLength(historyLength);
        };
    }

    /** True if nothing follows {@link #opening}: the task has ended. */
    public boolean complete() {
        return complete;
    }

    /** The journal from where this stream goes on, for one reader. */
    public Cursor<Event> cursor() {
        return cursor;
    }

    /** Whether the entry is one of this stream's. */
    public boolean shows(Journal.Entry<Event> entry) {
        if (!concerns(entry)) {
            return false;
        }
        if (heldBack != null) {
            heldBack.apply(entry.event().says());
            TaskState state = entry.event().state();
            return state != null && (state.terminal() || state.interrupted());
        }
        return entry.event().kind() != Event.Kind.MESSAGE;
    }

    /** Whether the entry is the stream's last. */
    public boolean endsAt(Journal.Entry<Event> entry) {
        TaskState state = entry.event().state();
        return state != null && state.terminal() && concerns(entry);
    }

    /** The StreamResponse of an entry that is shown, in UTF-8: nearly always the journal's own bytes, not to be changed. */
    public byte[] payload(Journal.Entry<Event> entry) {
        return told(entry) ? entry.event().json() : A2aJson.STREAM_RESPONSE.write(says(entry));
    }

    /** The same, for who does not send JSON. */
    StreamResponse says(Journal.Entry<Event> entry) {
        if (heldBack != null) {
            return shown(heldBack.task());
        }
        StreamResponse says = entry.event().says();
        return !told(entry) && says instanceof Task task ? task.withHistoryLength(historyLength) : says;
    }

    /** Whether an entry that is shown is shown as it is. */
    private boolean told(Journal.Entry<Event> entry) {
        return heldBack == null && (historyLength == null || entry.event().kind() != Event.Kind.TASK);
    }

    boolean concerns(Journal.Entry<Event> entry) {
        return taskId.equals(entry.event().taskId());
    }

    /** Ends the reading; the task does not notice. Any thread; idempotent. */
    @Override
    public void close() {
        cursor.close();
    }
}
