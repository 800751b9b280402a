package dev.millrace.protocol;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Makes a task out of the events of its stream, applied in order.
 *
 * <ul>
 *   <li>A {@link Task} sets everything.
 *   <li>A {@link TaskStatusUpdateEvent} sets the status. The message of the status before, if it had one, moves to the
 *       end of the history: the history has what was said before, the status what is said now.
 *   <li>A {@link TaskArtifactUpdateEvent} with {@code append=false} replaces the artifact of that id, at its place, or
 *       adds it. With {@code append=true} its parts come after those that are there; where the first of them is text
 *       that continues text (same metadata, filename and media type), the two become one part, so that a streamed answer
 *       is one text part. Name and description replace those that were there, metadata is laid over it, extensions are
 *       added. An append to an artifact that is not there begins it: nothing is dropped.
 *   <li>A {@link Message} goes to the end of the history, after the message of the status, which moves there first: an
 *       answer stands after the question.
 * </ul>
 *
 * <p>A message whose id is in the history already is not added again, so applying an event twice in a row gives no
 * double speech (text that was appended twice, of course, is there twice). An event's own metadata is about the event
 * and does not become the task's.
 *
 * <p>Applying costs time linear in the size of the events in total, whatever their number. {@link #task()} copies the
 * text that has grown since its last call, so call it when a snapshot is needed, not for each event. Not safe for use by
 * several threads at once.
 */
public final class TaskFold {
    private @Nullable String id;
    private @Nullable String contextId;
    private @Nullable TaskStatus status;
    private @Nullable ObjectNode metadata;
    private final Map<String, GrowingArtifact> artifacts = new LinkedHashMap<>();
    private final List<Message> history = new ArrayList<>();
    private final Set<String> historyIds = new HashSet<>();

    /** A fold that knows nothing yet. */
    public TaskFold() {}

    /** A fold that goes on from this task. */
    public TaskFold(Task start) {
        set(start);
    }

    /** The task that these events give, in this order. */
    public static Task fold(Iterable<? extends StreamResponse> events) {
        var fold = new TaskFold();
        events.forEach(fold::apply);
        return fold.task();
    }

    /**
     * Applies the next event.
     *
     * @throws IllegalArgumentException if the event is of another task than the ones before; it then changes nothing
     */
    public void apply(StreamResponse event) {
        String of = event.taskId();
        if (id != null && of != null && !id.equals(of)) {
            throw new IllegalArgumentException("an event of task " + of + " cannot be applied to task " + id);
        }
        switch (event) {
            case Task task -> set(task);
            case Message message -> {
                learn(message.taskId(), message.contextId());
                hear(message);
            }
            case TaskStatusUpdateEvent update -> {
                learn(update.taskId(), update.contextId());
                become(update.status());
            }
            case TaskArtifactUpdateEvent update -> {
                learn(update.taskId(), update.contextId());
                grow(update);
            }
        }
    }

    /** True if enough was applied to make a task: an event that names it, and one that has its status. */
    public boolean hasTask() {
        return id != null && status != null;
    }

    /**
     * The task as it is now.
     *
     * @throws IllegalStateException if no event so far named the task or its status
     */
    public Task task() {
        if (id == null || status == null) {
            throw new IllegalStateException(
                    "no event so far said " + (id == null ? "which task this is" : "what status task " + id + " has"));
        }
        List<Artifact> made = new ArrayList<>(artifacts.size());
        artifacts.values().forEach(artifact -> made.add(artifact.artifact()));
        return new Task(id, contextId, status, made, history, metadata);
    }

    private void set(Task task) {
        id = task.id();
        contextId = task.contextId();
        status = task.status();
        metadata = task.metadata();
        artifacts.clear();
        task.artifacts().forEach(artifact -> artifacts.put(artifact.artifactId(), new GrowingArtifact(artifact)));
        history.clear();
        historyIds.clear();
        task.history().forEach(this::say);
    }

    private void learn(@Nullable String taskId, @Nullable String inContext) {
        id = taskId == null ? id : taskId;
        contextId = contextId == null ? inContext : contextId;
    }

    private void say(Message message) {
        if (historyIds.add(message.messageId())) {
            history.add(message);
        }
    }

    private void hear(Message message) {
        if (status != null && status.message() != null && !historyIds.contains(message.messageId())) {
            say(status.message());
            status = status.withMessage(null);
        }
        say(message);
    }

    private void become(TaskStatus next) {
        Message before = status == null ? null : status.message();
        Message now = next.message();
        if (before != null && (now == null || !now.messageId().equals(before.messageId()))) {
            say(before);
        }
        status = next;
    }

    private void grow(TaskArtifactUpdateEvent update) {
        GrowingArtifact growing = artifacts.get(update.artifact().artifactId());
        if (growing == null) {
            artifacts.put(update.artifact().artifactId(), new GrowingArtifact(update.artifact()));
        } else {
            growing.take(update);
        }
    }
}
