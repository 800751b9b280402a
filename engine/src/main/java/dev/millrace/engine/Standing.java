package dev.millrace.engine;

import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import java.util.ArrayList;
import java.util.List;

/**
 * A context and what is under way in it, from one consistent read.
 *
 * @param working tasks that an agent works on
 * @param waiting tasks that wait for their user: for an answer, or for credentials
 * @param queued tasks that nobody works on yet
 * @param recovering whether one of them is tried again because whoever worked on it was lost
 * @param calls the tools that the waiting tasks want to be run
 */
public record Standing(
        Context context, int working, int waiting, int queued, boolean recovering, List<OpenCall> calls) {

    /** A call that its task waits for. */
    public record OpenCall(String taskId, ToolCall call) {}

    public Standing {
        calls = List.copyOf(calls);
    }

    static Standing of(Reader reader, Context context) {
        List<TaskRecord> open = reader.openTasks(context.id());
        var calls = new ArrayList<OpenCall>();
        int working = 0;
        int waiting = 0;
        int queued = 0;
        boolean recovering = false;
        for (TaskRecord task : open) {
            if (task.state() == TaskState.WORKING) {
                working++;
                recovering |= task.attempts() > 1;
            } else if (task.state().interrupted()) {
                waiting++;
                openCalls(reader, task).forEach(call -> calls.add(new OpenCall(task.id(), call)));
            } else if (task.state() == TaskState.SUBMITTED) {
                queued++;
                recovering |= task.attempts() > 0;
            }
        }
        return new Standing(context, working, waiting, queued, recovering, calls);
    }

    /** The calls that the task waits for: those of its question. They are stored nowhere else. */
    static List<ToolCall> openCalls(Reader reader, TaskRecord task) {
        if (task.state() != TaskState.INPUT_REQUIRED) {
            return List.of();
        }
        Event newest = reader.lastStatus(task);
        if (newest == null || !(Events.decode(newest) instanceof TaskStatusUpdateEvent update)) {
            return List.of();
        }
        Message question = update.status().message();
        return question == null ? List.of() : ToolCall.in(question);
    }
}
