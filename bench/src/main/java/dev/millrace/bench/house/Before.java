package dev.millrace.bench.house;

import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatus;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import dev.millrace.protocol.json.A2aJson;
import java.time.Instant;
import java.util.List;

/** The events that the systems "before" send: the same bytes, by the same code, as Millrace's. */
final class Before {
    private Before() {}

    static byte[] submitted(String taskId, String contextId, Message message) {
        return bytes(Task.of(taskId, contextId, TaskStatus.of(TaskState.SUBMITTED, Instant.now()))
                .withHistory(List.of(message.in(contextId, taskId))));
    }

    static byte[] status(String taskId, String contextId, TaskState state) {
        return bytes(TaskStatusUpdateEvent.of(taskId, contextId, TaskStatus.of(state, Instant.now())));
    }

    /** One word of a count to {@code words}. */
    static byte[] word(String taskId, String contextId, int i, int words) {
        String text = i < words ? i + " " : Integer.toString(i);
        return bytes(TaskArtifactUpdateEvent.chunk(taskId, contextId, Artifact.text("answer", text), i > 1));
    }

    static byte[] bytes(StreamResponse event) {
        return A2aJson.STREAM_RESPONSE.write(event);
    }
}
