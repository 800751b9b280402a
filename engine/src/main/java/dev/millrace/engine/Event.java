package dev.millrace.engine;

import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.DataPart;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import dev.millrace.protocol.json.A2aJson;
import dev.millrace.protocol.json.ChunkForm;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** One event of a context's journal, encoded once. Never changes; events are told apart by identity. */
public final class Event {
    private final @Nullable String taskId;
    private final Kind kind;
    private final @Nullable TaskState state;
    private final byte[] json;

    /** In which the JSON of a piece of text was written, and is read; null for everything else. */
    private final @Nullable ChunkForm form;

    /**
     * What the JSON says, for as long as the collector leaves it: an event is nearly always asked for by who waits for its
     * task, or by who merges it, just after it was made, and keeping it for longer would take its memory twice.
     */
    private volatile @Nullable Reference<StreamResponse> said;

    /**
     * @param taskId the task it belongs to; null for an event of the context itself
     * @param kind what it is, so that nobody needs to parse it to route it
     * @param state the task's state from this event on, for {@link Kind#TASK} and {@link Kind#STATUS}; else null
     * @param json an A2A {@code StreamResponse}, or for {@link Kind#CONTEXT} an object of ours, in UTF-8; shared by all
     *     readers, never to be changed
     */
    public Event(@Nullable String taskId, Kind kind, @Nullable TaskState state, byte[] json) {
        this(taskId, kind, state, json, null);
    }

    private Event(
            @Nullable String taskId, Kind kind, @Nullable TaskState state, byte[] json, @Nullable ChunkForm form) {
        this.taskId = taskId;
        this.kind = kind;
        this.state = state;
        this.json = json;
        this.form = form;
    }

    /** An event that says this. */
    static Event of(String taskId, Kind kind, @Nullable TaskState state, StreamResponse says) {
        var event = new Event(taskId, kind, state, A2aJson.STREAM_RESPONSE.write(says));
        event.remember(says);
        return event;
    }

    /** A piece of text for an artifact that has begun, in the form of its pieces. */
    static Event piece(String taskId, ChunkForm form, String text) {
        return new Event(taskId, Kind.CHUNK, null, form.write(text), form);
    }

    /** One piece with the text of all of these, which are of one form. */
    static Event joined(List<Event> pieces) {
        Event last = pieces.getLast();
        ChunkForm form = Objects.requireNonNull(last.form, "these are no pieces");
        byte[] json = form.join(pieces.stream().map(Event::json).toList());
        return new Event(last.taskId, Kind.CHUNK, null, json, form);
    }

    /** What an event is. The numbers are stored: never change one. */
    public enum Kind {
        /** The task as it was created, with the user's message as its history. */
        TASK(1),
        /** A further message to the task. */
        MESSAGE(2),
        /** The task's status changed, or a WORKING task says what it does. */
        STATUS(3),
        /** A piece of an artifact that still grows. Not fsynced by itself; merged when the task has ended. */
        CHUNK(4),
        /** A whole artifact. */
        ARTIFACT(5),
        /** The conversation itself changed: its queue, what is part of it, how it is kept. See {@link ContextEvents}. */
        CONTEXT(6);

        private final int code;

        Kind(int code) {
            this.code = code;
        }

        public int code() {
            return code;
        }

        public static Kind of(int code) {
            return switch (code) {
                case 1 -> TASK;
                case 2 -> MESSAGE;
                case 3 -> STATUS;
                case 4 -> CHUNK;
                case 5 -> ARTIFACT;
                case 6 -> CONTEXT;
                default -> throw new IllegalArgumentException("unknown event kind " + code);
            };
        }
    }

    /** The task it belongs to; null for an event of the context itself. */
    public @Nullable String taskId() {
        return taskId;
    }

    public Kind kind() {
        return kind;
    }

    /** The task's state from this event on; null if the event does not tell. */
    public @Nullable TaskState state() {
        return state;
    }

    /** Whether it is more than words on the way: a task begins, ends or asks, or the conversation itself changes. */
    boolean ofNote() {
        return kind == Kind.CONTEXT || (state != null && state != TaskState.WORKING);
    }

    /** In which other pieces are written, too, that can be joined with this one; null if it is none. */
    @Nullable ChunkForm form() {
        return form;
    }

    /** In UTF-8; shared by all readers, not to be changed. */
    public byte[] json() {
        return json;
    }

    /** What the JSON says. Of an event of the context itself there is no such thing: don't ask. */
    public StreamResponse says() {
        if (form != null) {
            return form.read(json);
        }
        Reference<StreamResponse> known = said;
        StreamResponse says = known == null ? null : known.get();
        if (says == null) {
            says = A2aJson.STREAM_RESPONSE.read(json);
            remember(says);
        }
        return says;
    }

    private void remember(StreamResponse says) {
        if (fixed(says)) {
            said = new WeakReference<>(says);
        }
    }

    /** Bytes this event counts for in memory: its payload and the objects around it. */
    public int weight() {
        return json.length + 96;
    }

    /** Whether nobody can change it: trees of JSON can be changed, by the agent that made them for one. */
    private static boolean fixed(StreamResponse says) {
        return switch (says) {
            case Task task ->
                task.metadata() == null
                        && (task.status().message() == null
                                || fixed(task.status().message()))
                        && all(task.history(), Event::fixed)
                        && all(task.artifacts(), Event::fixed);
            case Message message -> message.metadata() == null && fixed(message.parts());
            case TaskStatusUpdateEvent update ->
                update.metadata() == null
                        && (update.status().message() == null
                                || fixed(update.status().message()));
            case TaskArtifactUpdateEvent update -> update.metadata() == null && fixed(update.artifact());
        };
    }

    private static boolean fixed(Artifact artifact) {
        return artifact.metadata() == null && fixed(artifact.parts());
    }

    private static boolean fixed(List<Part> parts) {
        return all(parts, part -> part.metadata() == null && !(part instanceof DataPart));
    }

    /** Without a stream: it is asked of each event. */
    private static <T> boolean all(List<T> these, Predicate<? super T> are) {
        for (T each : these) {
            if (!are.test(each)) {
                return false;
            }
        }
        return true;
    }
}
