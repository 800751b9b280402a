package dev.millrace.server.a2a;

import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.Role;
import dev.millrace.protocol.SendMessageResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import java.util.ArrayList;
import java.util.List;

/** The answer of an agent that replies with a message instead of a task (A2A v1.0, 3.1.1). */
final class DirectReply {
    private DirectReply() {}

    /** All that the agent made, as one message; the task itself if it did not come to a good end, which a client must see. */
    static SendMessageResponse of(Task task) {
        if (task.status().state() != TaskState.COMPLETED) {
            return task;
        }
        var parts = new ArrayList<Part>();
        for (Artifact artifact : task.artifacts()) {
            parts.addAll(artifact.parts());
        }
        if (parts.isEmpty()) {
            parts.add(Part.text("")); // a message has at least one part
        }
        // The task's id makes an id that stays the same when the same send is answered again.
        return new Message(task.id(), task.contextId(), null, Role.AGENT, parts, null, List.of(), List.of());
    }
}
