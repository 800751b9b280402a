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
 */
public record Standing(Context context, int working, int waiting, int queued) {

    static Standing of(Context context, List<TaskRecord> open) {
        int working = 0;
        int waiting = 0;
        int queued = 0;
        for (TaskRecord task : open) {
            if (task.state() == TaskState.WORKING) {
                working++;
            } else if (task.state().interrupted()) {
                waiting++;
            } else if (task.state() == TaskState.SUBMITTED) {
                queued++;
            }
        }
        return new Standing(context, working, waiting, queued);
    }
}
