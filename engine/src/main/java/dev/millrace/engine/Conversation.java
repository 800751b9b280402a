package dev.millrace.engine;

import dev.millrace.core.Journal;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.Message;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What was said in one context, read from one consistent view: pages of it, and where a message is. A page costs what is
 * on it, however long the conversation is.
 */
final class Conversation {
    private static final int BATCH = 16;

    /** A message and the task in which it stands. */
    record Found(TaskRecord task, Said said, List<Said> transcript) {
        int index() {
            return transcript.indexOf(said);
        }
    }

    private final Reader reader;
    private final String contextId;

    Conversation(Reader reader, String contextId) {
        this.reader = reader;
        this.contextId = contextId;
    }

    /** The newest messages, or those right before one of them. */
    MessagePage before(@Nullable Found anchor, int limit, Context context) {
        var found = new ArrayList<Said>();
        if (anchor != null) {
            found.addAll(anchor.transcript().subList(0, anchor.index()).reversed());
        }
        gather(found, anchor, true, limit);
        boolean earlier = found.size() > limit;
        List<Said> page = new ArrayList<>(earlier ? found.subList(0, limit) : found);
        Collections.reverse(page);
        return page(page, earlier, anchor != null, context);
    }

    /** The messages right after one of them. */
    MessagePage after(Found anchor, int limit, Context context) {
        var found = new ArrayList<>(anchor.transcript()
                .subList(anchor.index() + 1, anchor.transcript().size()));
        gather(found, anchor, false, limit);
        boolean later = found.size() > limit;
        return page(later ? found.subList(0, limit) : found, true, later, context);
    }

    private MessagePage page(List<Said> messages, boolean earlier, boolean later, Context context) {
        return new MessagePage(
                messages, earlier, later, context.lastOffset(), context.clearedAt(), earlier ? null : origin());
    }

    /** A conversation that was forked begins by saying so. */
    private MessagePage.@Nullable Origin origin() {
        List<Journal.Entry<Event>> first = reader.events(contextId, 0, 1);
        return first.isEmpty() ? null : ContextEvents.origin(first.getFirst().event());
    }

    private void gather(List<Said> found, @Nullable Found anchor, boolean backwards, int limit) {
        TaskRecord from = anchor == null ? null : anchor.task();
        while (found.size() <= limit) {
            List<TaskRecord> tasks = reader.conversation(contextId, from, backwards, BATCH);
            if (tasks.isEmpty()) {
                return;
            }
            for (TaskRecord task : tasks) {
                List<Said> said = transcript(task);
                found.addAll(backwards ? said.reversed() : said);
                if (found.size() > limit) {
                    return;
                }
            }
            from = tasks.getLast();
        }
    }

    /** Where the message is, if it is part of the conversation. */
    Optional<Found> find(String messageId) {
        TaskRecord task = taskOf(messageId);
        return task == null ? search(messageId) : in(task, messageId);
    }

    /** A message of the user's is remembered by its id; one of the agent's names its task. */
    private @Nullable TaskRecord taskOf(String messageId) {
        SendKey sent = reader.recall(contextId, SendKey.message(messageId));
        int slash = messageId.lastIndexOf('/');
        String taskId = sent != null ? sent.answer().taskId() : slash > 0 ? messageId.substring(0, slash) : null;
        TaskRecord task = taskId == null ? null : reader.task(taskId);
        return task != null && task.contextId().equals(contextId) ? task : null;
    }

    private Optional<Found> in(TaskRecord task, String messageId) {
        List<Said> said = transcript(task);
        return said.stream()
                .filter(each -> each.message().messageId().equals(messageId))
                .findFirst()
                .map(each -> new Found(task, each, said));
    }

    /** Through all of it, for a message whose id tells nothing. */
    private Optional<Found> search(String messageId) {
        TaskRecord from = null;
        while (true) {
            List<TaskRecord> tasks = reader.conversation(contextId, from, true, BATCH);
            if (tasks.isEmpty()) {
                return Optional.empty();
            }
            for (TaskRecord task : tasks) {
                Optional<Found> found = in(task, messageId);
                if (found.isPresent()) {
                    return found;
                }
            }
            from = tasks.getLast();
        }
    }

    /** What was said before the message that this task is to answer, as far as its agent is told, oldest first. */
    List<Message> historyOf(TaskRecord task) {
        var tasks = new ArrayList<TaskRecord>();
        for (TaskRecord earlier : reader.conversation(contextId, task, true, Integer.MAX_VALUE)) {
            if (earlier.position() <= task.since()) {
                break;
            }
            tasks.add(earlier);
        }
        var history = new ArrayList<Message>();
        for (TaskRecord earlier : tasks.reversed()) {
            Transcript.of(reader, earlier).forEach(said -> history.add(said.message()));
        }
        Message message = null;
        for (Said said : Transcript.of(reader, task)) {
            if (said.offset() < task.messageAt()) {
                history.add(said.message());
            } else if (said.offset() == task.messageAt()) {
                message = said.message();
            }
        }
        return ToolTalk.whole(history, message);
    }

    /** What was said in the task after the message that it is to answer. */
    List<Message> saidInAnswer(TaskRecord task) {
        return Transcript.of(reader, task).stream()
                .filter(said -> said.offset() > task.messageAt())
                .map(Said::message)
                .toList();
    }

    /** What was said in the task. Once it has ended, no tool call in it is without a result. */
    private List<Said> transcript(TaskRecord task) {
        List<Said> said = Transcript.of(reader, task);
        if (!task.state().terminal() || !ToolTalk.hasOpenCalls(said)) {
            return said;
        }
        return ToolTalk.wholeOf(said, after(task));
    }

    /** Where a task was cut, and its last answer is tried again, the next one begins with that answer. */
    private @Nullable Message after(TaskRecord task) {
        for (TaskRecord next : reader.conversation(contextId, task, false, 1)) {
            for (Said first : Transcript.of(reader, next)) {
                return first.message();
            }
        }
        return null;
    }
}
