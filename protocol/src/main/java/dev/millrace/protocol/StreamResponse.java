package dev.millrace.protocol;

import org.jspecify.annotations.Nullable;

/** One event of a stream. Its JSON says by its only field which it is: {@code {"task":{…}}}, and so on. */
public sealed interface StreamResponse permits Task, Message, TaskStatusUpdateEvent, TaskArtifactUpdateEvent {

    /** The task that the event is about, or null for a message that belongs to none. */
    @Nullable String taskId();

    /** The conversation that the event belongs to, or null if it does not say. */
    @Nullable String contextId();
}
