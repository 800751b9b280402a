package dev.millrace.bench.simulate;

import dev.millrace.engine.Event;
import dev.millrace.engine.Sent;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Remembers what users were told, and at the end compares it with what the database has and with what readers have seen.
 * What one commit can show by itself, {@link Audit} looks at.
 */
final class Checker {
    private final World world;
    private final Map<String, Sent> sent = new LinkedHashMap<>();
    private final Map<String, TaskState> stopped = new LinkedHashMap<>();

    Checker(World world) {
        this.world = world;
    }

    /** A user was told that this message is safe. */
    void acknowledged(Message message, Sent answer) {
        Sent before = sent.putIfAbsent(message.messageId(), answer);
        Violation.unless(
                before == null || (before.taskId().equals(answer.taskId()) && before.offset() == answer.offset()),
                "message " + message.messageId() + " was acknowledged as " + before + " and as " + answer);
        requireThere(message.messageId(), answer);
    }

    /** The id of a message that was sent to a context; of the newest ones, the how many-th from the end. */
    Optional<String> sentTo(String contextId, int back) {
        List<String> ids = sent.entrySet().stream()
                .filter(each -> each.getValue().contextId().equals(contextId))
                .map(Map.Entry::getKey)
                .toList();
        return ids.isEmpty() ? Optional.empty() : Optional.of(ids.get(Math.max(0, ids.size() - 1 - back)));
    }

    private void requireThere(String messageId, Sent answer) {
        Event event = world.audit().history(answer.contextId()).written.get(answer.offset());
        String what =
                "message " + messageId + " was acknowledged as task " + answer.taskId() + " at #" + answer.offset();
        Violation.unless(
                event != null && says(Audit.decode(Objects.requireNonNull(event)), messageId),
                what + ", and is not there");
        Violation.unless(
                world.database().state().context(answer.contextId()).tasks().containsKey(answer.taskId()),
                what + ", and there is no such task");
    }

    private static boolean says(StreamResponse event, String messageId) {
        return switch (event) {
            case Task task ->
                task.history().stream().anyMatch(message -> message.messageId().equals(messageId));
            case Message message -> message.messageId().equals(messageId);
            default -> false;
        };
    }

    /** A user was told that the task is cancelled, or that it had ended otherwise (null). */
    void stopped(String taskId, @Nullable TaskState as) {
        TaskRecord task = world.database().reader().task(taskId);
        if (task == null) {
            throw new Violation("task " + taskId + " was stopped, and is not there");
        }
        boolean cancelled = task.state() == TaskState.CANCELED;
        Violation.unless(
                as == null ? !cancelled && task.state().terminal() : cancelled,
                "who stopped task " + taskId + " was told " + (as == null ? "that it had ended" : as) + ", and it is "
                        + task.state());
        stopped.put(taskId, task.state());
    }

    /** Tasks that have not ended though nothing keeps them from it. */
    List<TaskRecord> open() {
        var open = new ArrayList<TaskRecord>();
        world.database().state().contexts().values().forEach(kept -> open.addAll(kept.open()));
        return open;
    }

    /** After everything came to rest. */
    void judge(List<Sight> sights) {
        sent.forEach(this::requireThere);
        stopped.forEach((id, state) -> Violation.unless(
                Objects.requireNonNull(world.database().reader().task(id)).state() == state,
                "task " + id + " was stopped, and is " + state + " no more"));
        for (Kept kept : world.database().state().contexts().values()) {
            if (kept.context() != null) {
                judge(kept.context().id(), kept, sights);
            }
        }
    }

    private void judge(String contextId, Kept kept, List<Sight> sights) {
        Map<String, Task> tasks = Sight.tasks(kept.events());
        Map<String, Task> whole = new LinkedHashMap<>();
        for (TaskRecord task : kept.tasks().values()) {
            Task fold = tasks.get(task.id());
            Violation.unless(
                    fold != null && fold.status().state() == task.state(),
                    "task " + task.id() + " is " + task.state() + ", and its events say "
                            + (fold == null ? "nothing" : fold.status().state()));
            whole.put(task.id(), Objects.requireNonNull(fold));
            if (task.state() == TaskState.COMPLETED) {
                complete(contextId, task, Objects.requireNonNull(fold));
            }
        }
        for (Sight sight : sights) {
            if (sight.contextId().equals(contextId)) {
                Map<String, Task> theirs = sight.tasks();
                whole.forEach((id, task) -> Violation.unless(
                        task.equals(theirs.get(id)),
                        sight.name() + " has another task " + id + " than there is:\n  " + theirs.get(id) + "\n  "
                                + task));
            }
        }
    }

    /** The answer of a task that is done has every word of its last run, and none of another. */
    private void complete(String contextId, TaskRecord task, Task fold) {
        Event asked =
                Objects.requireNonNull(world.audit().history(contextId).written.get(task.messageAt()));
        String message =
                switch (Audit.decode(asked)) {
                    case Task made -> made.history().getLast().text();
                    case Message said -> said.text();
                    default -> throw new Violation("#" + task.messageAt() + " of " + contextId + " is no message");
                };
        int words = Script.count(message);
        if (words == 0) {
            return;
        }
        Audit.Piece last = world.audit().pieces(task.id()).lastEntry().getValue();
        var expected = new StringBuilder();
        for (int i = 0; i < words; i++) {
            expected.append(last.run()).append(':').append(i).append(' ');
        }
        List<String> texts = fold.artifacts().stream().map(Artifact::text).toList();
        Violation.unless(
                texts.contains(expected.toString()),
                "task " + task.id() + " is done (\"" + message + "\"), and its artifacts are " + texts);
    }
}
