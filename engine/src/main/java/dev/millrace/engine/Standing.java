package dev.millrace.engine;

import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.TaskState;
import java.util.List;

/**
 * A context and what is under way in it, from one consistent read.
 *
 * @param working tasks that an agent works on
 * @param waiting tasks that wait for their user: for an answer, or for credentials
 * @param queued tasks that nobody works on yet
 * @param recovering whether one of them is tried again because whoever worked on it was lost
 */
public record Standing(Context context, int working, int waiting, int queued, boolean recovering) {

    static Standing of(Context context, List<TaskRecord> open) {
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
            } else if (task.state() == TaskState.SUBMITTED) {
                queued++;
                recovering |= task.attempts() > 0;
            }
        }
        return new Standing(context, working, waiting, queued, recovering);
    }
}
