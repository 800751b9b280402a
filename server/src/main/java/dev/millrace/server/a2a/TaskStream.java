package dev.millrace.server.a2a;

import dev.millrace.core.Cursor;
import dev.millrace.core.Journal;
import dev.millrace.engine.Event;
import dev.millrace.engine.Snapshot;
import dev.millrace.protocol.Task;
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
 */
public final class TaskStream implements AutoCloseable {
    private final String taskId;
    private final @Nullable Snapshot first;
    private final Cursor<Event> cursor;
    private final @Nullable Integer historyLength;

    TaskStream(String taskId, @Nullable Snapshot first, Cursor<Event> cursor, @Nullable Integer historyLength) {
        this.taskId = taskId;
        this.first = first;
        this.cursor = cursor;
        this.historyLength = historyLength;
    }

    public String taskId() {
        return taskId;
    }

    /** What the stream begins with, and the offset it stands for; empty if the journal's own events come first. */
    public Optional<Snapshot> first() {
        return Optional.ofNullable(first)
                .map(snapshot -> new Snapshot(snapshot.task().withHistoryLength(historyLength), snapshot.offset()));
    }

    /** True if nothing follows {@link #first}: the task has ended. */
    public boolean complete() {
        return first != null && first.task().status().state().terminal();
    }

    /** The journal from where this stream goes on, for one reader. */
    public Cursor<Event> cursor() {
        return cursor;
    }

    /** Whether the entry is one of this stream's. */
    public boolean shows(Journal.Entry<Event> entry) {
        return concerns(entry) && entry.event().kind() != Event.Kind.MESSAGE;
    }

    /** Whether the entry is the stream's last. */
    public boolean endsAt(Journal.Entry<Event> entry) {
        TaskState state = entry.event().state();
        return state != null && state.terminal() && concerns(entry);
    }

    /** The StreamResponse of an entry, in UTF-8: nearly always the journal's own bytes, not to be changed. */
    public byte[] payload(Journal.Entry<Event> entry) {
        Event event = entry.event();
        if (event.kind() == Event.Kind.TASK
                && historyLength != null
                && A2aJson.STREAM_RESPONSE.read(event.json()) instanceof Task task) {
            return A2aJson.STREAM_RESPONSE.write(task.withHistoryLength(historyLength));
        }
        return event.json();
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
