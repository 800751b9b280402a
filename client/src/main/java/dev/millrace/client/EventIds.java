package dev.millrace.client;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The ids that events carry in their metadata over gRPC, which has no frame for them ({@code docs/extensions/resume.md}).
 * They are taken off, so that an event is the same over each binding.
 */
final class EventIds {
    private EventIds() {}

    static Transport.Item item(StreamResponse event) {
        ObjectNode metadata = metadata(event);
        if (metadata == null) {
            return new Transport.Item(event, null);
        }
        JsonNode mark = metadata.get(A2aClient.RESUMABLE);
        if (mark == null || !mark.path("id").isIntegralNumber()) {
            return new Transport.Item(event, null);
        }
        ObjectNode rest = metadata.deepCopy();
        rest.remove(A2aClient.RESUMABLE);
        return new Transport.Item(
                with(event, rest.isEmpty() ? null : rest), mark.get("id").asString());
    }

    private static @Nullable ObjectNode metadata(StreamResponse event) {
        return switch (event) {
            case Task task -> task.metadata();
            case Message message -> message.metadata();
            case TaskStatusUpdateEvent update -> update.metadata();
            case TaskArtifactUpdateEvent update -> update.metadata();
        };
    }

    private static StreamResponse with(StreamResponse event, @Nullable ObjectNode metadata) {
        return switch (event) {
            case Task task -> task.withMetadata(metadata);
            case Message message -> message.withMetadata(metadata);
            case TaskStatusUpdateEvent update ->
                new TaskStatusUpdateEvent(update.taskId(), update.contextId(), update.status(), metadata);
            case TaskArtifactUpdateEvent update ->
                new TaskArtifactUpdateEvent(
                        update.taskId(),
                        update.contextId(),
                        update.artifact(),
                        update.append(),
                        update.lastChunk(),
                        metadata);
        };
    }
}
