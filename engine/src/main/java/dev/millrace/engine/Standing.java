package dev.millrace.engine;

import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

    /** The field of a question's metadata that is true if its calls are answered for a user who lets the time pass. */
    static final String LAPSES = "lapses";

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
        Message question = question(reader, task);
        return question == null ? List.of() : ToolCall.in(question);
    }

    /** The calls that are to be answered for a user who lets the time pass; none, if that fails the task. */
    static List<ToolCall> lapsingCalls(Reader reader, TaskRecord task) {
        Message question = question(reader, task);
        if (question == null || question.metadata() == null) {
            return List.of();
        }
        return question.metadata().path(LAPSES).asBoolean(false) ? ToolCall.in(question) : List.of();
    }

    private static @Nullable Message question(Reader reader, TaskRecord task) {
        if (task.state() != TaskState.INPUT_REQUIRED) {
            return null;
        }
        Event newest = reader.lastStatus(task);
        if (newest == null || !(newest.says() instanceof TaskStatusUpdateEvent update)) {
            return null;
        }
        return update.status().message();
    }
}
