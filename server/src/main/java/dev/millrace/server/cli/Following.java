package dev.millrace.server.cli;

import dev.millrace.client.TaskStream;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskStatus;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import dev.millrace.protocol.json.A2aJson;
import org.jspecify.annotations.Nullable;

/**
 * Shows a stream until its task has ended or needs its user, and says by an exit code which it was.
 *
 * @param json whether each event is printed as a line of JSON
 * @param url where an answer would go
 */
record Following(Screen screen, boolean json, String url) {
    static final int COMPLETED = 0;
    static final int NOT_COMPLETED = 1;
    static final int NEEDS_YOU = 3;

    /** @param answering whether the stream follows an answer to a task that waited for one */
    int follow(TaskStream stream, boolean answering) {
        boolean first = answering;
        for (StreamResponse event : stream) {
            if (json) {
                screen.line(A2aJson.STREAM_RESPONSE.writeText(event));
            } else {
                screen.show(event);
            }
            boolean stale = first;
            first = false;
            Integer end =
                    switch (event) {
                        // Some servers begin with the task as it was, still waiting for the answer that is being sent.
                        case Task task when stale && task.status().state().interrupted() -> null;
                        case Task task -> end(task.status(), task.id());
                        case TaskStatusUpdateEvent update -> end(update.status(), update.taskId());
                        default -> null;
                    };
            if (end != null) {
                screen.end();
                return end;
            }
        }
        screen.end();
        return COMPLETED; // a message was the whole answer, or the stream was closed
    }

    /** The exit code that this status means; null if the task goes on. */
    private @Nullable Integer end(TaskStatus status, String task) {
        return switch (status.state()) {
            case SUBMITTED, WORKING -> null;
            case COMPLETED -> COMPLETED;
            case FAILED, REJECTED, CANCELED -> {
                screen.ended(status, "the task was " + TaskLine.name(status.state()));
                yield NOT_COMPLETED;
            }
            case INPUT_REQUIRED, AUTH_REQUIRED -> {
                screen.ended(status, "the agent waits for you");
                screen.say("answer with: millrace send " + url + " --task " + task + " TEXT");
                yield NEEDS_YOU;
            }
        };
    }
}
