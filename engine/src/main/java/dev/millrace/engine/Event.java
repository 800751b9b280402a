package dev.millrace.engine;

import dev.millrace.protocol.TaskState;
import org.jspecify.annotations.Nullable;

/**
 * One event of a context's journal, encoded once.
 *
 * @param taskId the task it belongs to; null for an event of the context itself
 * @param kind what it is, so that nobody needs to parse it to route it
 * @param state the task's state from this event on, for {@link Kind#TASK} and {@link Kind#STATUS}; else null
 * @param json an A2A {@code StreamResponse}, or for {@link Kind#CONTEXT} an object of ours, in UTF-8; shared by all readers, never to be changed
 */
// Payloads are compared by identity: nobody compares events.
@SuppressWarnings("ArrayRecordComponent")
public record Event(
        @Nullable String taskId, Kind kind, @Nullable TaskState state, byte[] json) {

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

    /** Bytes this event counts for in memory: its payload and the objects around it. */
    public int weight() {
        return json.length + 96;
    }
}
