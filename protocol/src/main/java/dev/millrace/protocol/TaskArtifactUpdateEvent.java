package dev.millrace.protocol;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * A task made an artifact, or more of one.
 *
 * @param taskId the task
 * @param contextId its conversation
 * @param artifact the artifact, or the piece that is new
 * @param append true if the artifact's parts come after those that are there, false if they replace the artifact
 * @param lastChunk true if nothing more comes for this artifact
 * @param metadata what the agent adds about this event, or null
 */
public record TaskArtifactUpdateEvent(
        String taskId,
        String contextId,
        Artifact artifact,
        boolean append,
        boolean lastChunk,
        @Nullable ObjectNode metadata)
        implements StreamResponse {

    public TaskArtifactUpdateEvent {
        requireNonNull(taskId, "taskId");
        requireNonNull(contextId, "contextId");
        requireNonNull(artifact, "artifact");
    }

    /** A whole artifact in one event. */
    public static TaskArtifactUpdateEvent whole(String taskId, String contextId, Artifact artifact) {
        return new TaskArtifactUpdateEvent(taskId, contextId, artifact, false, true, null);
    }

    /** One piece of an artifact that streams. */
    public static TaskArtifactUpdateEvent chunk(String taskId, String contextId, Artifact piece, boolean append) {
        return new TaskArtifactUpdateEvent(taskId, contextId, piece, append, false, null);
    }

    /** The chunks of one artifact as one event that stands for them all; it is the last chunk if the last of them is. */
    public static TaskArtifactUpdateEvent merge(List<TaskArtifactUpdateEvent> chunks) {
        return merge(chunks, !chunks.isEmpty() && chunks.getLast().lastChunk());
    }

    /**
     * The chunks of one artifact, oldest first, as one event with {@code append=false}: a reader that applies it has the
     * same artifact as one that applied all the chunks, whatever part of them it had seen. The cost is linear in the
     * size of the chunks.
     *
     * @throws IllegalArgumentException if there is no chunk, or if two are of different tasks or artifacts
     */
    public static TaskArtifactUpdateEvent merge(List<TaskArtifactUpdateEvent> chunks, boolean lastChunk) {
        if (chunks.isEmpty()) {
            throw new IllegalArgumentException("there must be at least one chunk to merge");
        }
        TaskArtifactUpdateEvent first = chunks.getFirst();
        var growing = new GrowingArtifact(first.artifact);
        ObjectNode metadata = first.metadata;
        for (TaskArtifactUpdateEvent chunk : chunks.subList(1, chunks.size())) {
            if (!chunk.taskId.equals(first.taskId)
                    || !chunk.artifact.artifactId().equals(first.artifact.artifactId())) {
                throw new IllegalArgumentException("chunks of different artifacts cannot be merged: "
                        + first.taskId + "/" + first.artifact.artifactId() + " and "
                        + chunk.taskId + "/" + chunk.artifact.artifactId());
            }
            growing.take(chunk);
            metadata = GrowingArtifact.overlay(metadata, chunk.metadata);
        }
        return new TaskArtifactUpdateEvent(
                first.taskId, first.contextId, growing.artifact(), false, lastChunk, metadata);
    }
}
