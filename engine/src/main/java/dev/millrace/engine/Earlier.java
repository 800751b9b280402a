package dev.millrace.engine;

import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Role;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a new conversation has behind it that was said elsewhere: for each message of the user's a task that is done, which
 * holds what the agent said to it as artifacts, in one event. So it is listed, forked, searched and told to the agent like
 * anything that was said here.
 */
final class Earlier {
    private Earlier() {}

    /** Writes it into a draft whose context was just made. */
    static void write(Draft draft, List<Message> said, Supplier<String> ids) {
        Message asked = null;
        var answers = new ArrayList<Message>();
        for (Message message : said) {
            if (message.role() == Role.USER) {
                write(draft, asked, answers, ids);
                asked = message;
                answers.clear();
            } else {
                answers.add(message);
            }
        }
        write(draft, asked, answers, ids);
    }

    /** @param asked null = the agent spoke first */
    private static void write(Draft draft, @Nullable Message asked, List<Message> answers, Supplier<String> ids) {
        if (asked == null && answers.isEmpty()) {
            return;
        }
        String taskId = ids.get();
        Context context = draft.existing();
        var artifacts = new ArrayList<Artifact>();
        for (Message answer : answers) {
            String id = artifacts.isEmpty() ? Turn.ANSWER : Turn.ANSWER + "." + artifacts.size();
            artifacts.add(new Artifact(id, null, null, answer.parts(), answer.metadata(), answer.extensions()));
        }
        var task = new Task(
                taskId,
                context.id(),
                TaskStatus.of(TaskState.COMPLETED, draft.now()),
                artifacts,
                asked == null ? List.of() : List.of(asked.in(context.id(), taskId)),
                null);
        long offset = draft.append(Events.task(task));
        draft.putEnded(new TaskRecord(
                        taskId,
                        context.id(),
                        context.owner(),
                        context.agent(),
                        TaskState.COMPLETED,
                        draft.now(),
                        offset,
                        offset,
                        0,
                        null,
                        0,
                        false)
                .endedAt(offset));
    }
}
