package dev.millrace.protocol;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * One unit of an agent's work.
 *
 * @param id made by the server
 * @param contextId the conversation that the task belongs to, or null
 * @param status where it stands
 * @param artifacts what it made so far, in the order in which the artifacts began
 * @param history its messages, oldest first
 * @param metadata what the agent adds, or null
 */
public record Task(
        String id,
        @Nullable String contextId,
        TaskStatus status,
        List<Artifact> artifacts,
        List<Message> history,
        @Nullable ObjectNode metadata)
        implements StreamResponse, SendMessageResponse {

    public Task {
        requireNonNull(id, "id");
        requireNonNull(status, "status");
        artifacts = List.copyOf(artifacts);
        history = List.copyOf(history);
    }

    /** A task that has made nothing yet. */
    public static Task of(String id, @Nullable String contextId, TaskStatus status) {
        return new Task(id, contextId, status, List.of(), List.of(), null);
    }

    /** {@link #id()}, by the name that the other events use. */
    @Override
    public String taskId() {
        return id;
    }

    /** This task with another status. To apply an event by A2A's rules use {@link TaskFold}. */
    public Task withStatus(TaskStatus status) {
        return new Task(id, contextId, status, artifacts, history, metadata);
    }

    /** This task with other artifacts. */
    public Task withArtifacts(List<Artifact> artifacts) {
        return new Task(id, contextId, status, artifacts, history, metadata);
    }

    /** This task with another history. */
    public Task withHistory(List<Message> history) {
        return new Task(id, contextId, status, artifacts, history, metadata);
    }

    /** This task with other metadata. */
    public Task withMetadata(@Nullable ObjectNode metadata) {
        return new Task(id, contextId, status, artifacts, history, metadata);
    }

    /**
     * This task with at most the newest {@code length} messages of its history, as {@code historyLength} asks for (A2A
     * v1.0, 3.2.4); null keeps all.
     *
     * @throws IllegalArgumentException if {@code length} is negative
     */
    public Task withHistoryLength(@Nullable Integer length) {
        if (length == null || length >= history.size()) {
            return this;
        }
        if (length < 0) {
            throw new IllegalArgumentException("historyLength must not be negative: " + length);
        }
        return withHistory(history.subList(history.size() - length, history.size()));
    }
}
