package dev.millrace.server.cli;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatus;
import java.util.Locale;

/** A task in one line, for lists and for the end of a command: id, state, since when, and why. */
final class TaskLine {
    private TaskLine() {}

    static String of(Task task) {
        TaskStatus status = task.status();
        Message message = status.message();
        String words = message == null ? "" : message.text().strip().replaceAll("\\s+", " ");
        return task.id() + "  " + name(status.state())
                + (status.timestamp() == null ? "" : "  " + status.timestamp())
                + (words.isEmpty() ? "" : "  " + words);
    }

    /** A state as people read it. */
    static String name(TaskState state) {
        return state.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
