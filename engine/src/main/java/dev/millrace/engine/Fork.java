package dev.millrace.engine;

import dev.millrace.core.Journal;
import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.TaskEvents;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.WholeConversation;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Role;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatus;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a new conversation takes over of an old one: copies of its tasks up to a message, event for event, with ids of
 * their own. A task that is copied before its end ends there, cancelled; one that waits for its user waits in the copy,
 * too.
 *
 * @param source the conversation as it was read
 * @param tasks what is copied, in order, chunks merged
 * @param last the last message that is copied; null if nothing was said yet
 */
record Fork(
        Context source, List<TaskEvents> tasks, @Nullable Message last) {
    /**
     * @param messageId the last message to take over; null = all that was worked on
     * @throws Refused with NO_MESSAGE
     */
    static Fork of(WholeConversation source, @Nullable String messageId) {
        var tasks = new ArrayList<TaskEvents>();
        for (int i = 0; i < source.tasks().size(); i++) {
            TaskEvents each = source.tasks().get(i);
            List<Said> transcript = messageId == null ? List.of() : transcript(source.tasks(), i);
            Said last = find(transcript, messageId);
            if (last != null) {
                tasks.add(upTo(each, last, last.equals(transcript.getLast())));
                return new Fork(source.context(), tasks, last.message());
            }
            if (!each.task().queued()) {
                tasks.add(new TaskEvents(each.task(), whole(each.events())));
            }
        }
        if (messageId != null) {
            throw new Refused(Refused.Reason.NO_MESSAGE, "there is no message " + messageId + " in this conversation");
        }
        return new Fork(source.context(), tasks, null);
    }

    /** What was said in the task. Once it has ended, no tool call in it is without a result. */
    private static List<Said> transcript(List<TaskEvents> tasks, int index) {
        TaskEvents task = tasks.get(index);
        List<Said> said = Transcript.of(task);
        if (!task.task().state().terminal() || !ToolTalk.hasOpenCalls(said)) {
            return said;
        }
        List<Said> next = index + 1 < tasks.size() ? Transcript.of(tasks.get(index + 1)) : List.of();
        return ToolTalk.wholeOf(said, next.isEmpty() ? null : next.getFirst().message());
    }

    private static @Nullable Said find(List<Said> transcript, @Nullable String messageId) {
        return transcript.stream()
                .filter(said -> said.message().messageId().equals(messageId))
                .findFirst()
                .orElse(null);
    }

    /** All of the task if its agent had the last word and that is the one, so that it ends as it did. */
    private static TaskEvents upTo(TaskEvents task, Said last, boolean isLast) {
        boolean complete = isLast && last.message().role() != Role.USER;
        return new TaskEvents(
                task.task(),
                whole(task.events().stream()
                        .filter(entry -> complete || entry.offset() <= last.offset())
                        .toList()));
    }

    private static List<Journal.Entry<Event>> whole(List<Journal.Entry<Event>> events) {
        if (events.stream().noneMatch(entry -> entry.event().kind() == Event.Kind.CHUNK)) {
            return events;
        }
        return Stream.concat(
                        events.stream().filter(entry -> entry.event().kind() != Event.Kind.CHUNK),
                        Events.mergeChunks(events).stream())
                .sorted(Comparator.comparingLong(Journal.Entry::offset))
                .toList();
    }

    /** Writes it into a draft whose context was just made. */
    void write(Draft draft, Supplier<String> ids) {
        draft.append(ContextEvents.forked(source.id(), last));
        Map<Long, Long> boundaries = new HashMap<>();
        for (TaskEvents original : tasks) {
            long since = original.task().since();
            long boundary = since == 0
                    ? 0
                    : boundaries.computeIfAbsent(since, s -> draft.existing().lastOffset());
            copy(draft, original, ids.get(), boundary);
        }
        long cleared = source.clearedAt();
        if (cleared > 0) {
            long all = draft.existing().lastOffset();
            boolean beyond = tasks.stream().anyMatch(t -> t.task().since() == cleared);
            long boundary = beyond ? boundaries.getOrDefault(cleared, all) : last == null ? all : 0;
            draft.update(draft.existing().withClearedAt(boundary));
        }
    }

    private static void copy(Draft draft, TaskEvents original, String taskId, long since) {
        if (original.events().isEmpty()) {
            return;
        }
        TaskRecord task = original.task();
        String contextId = draft.existing().id();
        Map<Long, Long> offsets = new HashMap<>();
        var copies = new ArrayList<Journal.Entry<Event>>();
        TaskState state = TaskState.SUBMITTED;
        long position = draft.existing().lastOffset() + 1;
        for (var entry : original.events()) {
            Event event = entry.event();
            StreamResponse copied = moved(event.says(), contextId, taskId);
            var copy = new Event(taskId, event.kind(), event.state(), Events.encode(copied));
            long offset = draft.append(copy);
            offsets.put(entry.offset(), offset);
            copies.add(new Journal.Entry<>(offset, copy));
            state = event.state() == null ? state : event.state();
        }
        if (!state.terminal() && !state.interrupted()) {
            state = TaskState.CANCELED;
            Event end = Events.status(taskId, contextId, TaskStatus.of(state, draft.now()), null);
            copies.add(new Journal.Entry<>(draft.append(end), end));
        }
        List<Said> said = Transcript.of(state, copies);
        long messageAt = offsets.getOrDefault(task.messageAt(), position);
        var record = new TaskRecord(
                        taskId,
                        contextId,
                        draft.existing().owner(),
                        draft.existing().agent(),
                        state,
                        task.statusAt(),
                        position,
                        messageAt,
                        1,
                        null,
                        0,
                        false)
                .since(since);
        draft.put(state.terminal() ? record.endedAt(copies.getLast().offset()) : record.dueAt(task.dueAt()));
        for (Said each : said) {
            if (each.message().role() == Role.USER) {
                var sent = new Sent(contextId, taskId, each.offset(), each.offset() - 1, TaskState.SUBMITTED, false);
                draft.remember(new SendKey(SendKey.message(each.message().messageId()), null, sent));
            }
        }
    }

    private static StreamResponse moved(StreamResponse event, String contextId, String taskId) {
        return switch (event) {
            case Task task ->
                new Task(
                        taskId,
                        contextId,
                        moved(task.status(), contextId, taskId),
                        task.artifacts(),
                        task.history().stream()
                                .map(message -> message.in(contextId, taskId))
                                .toList(),
                        task.metadata());
            case Message message -> message.in(contextId, taskId);
            case TaskStatusUpdateEvent update ->
                new TaskStatusUpdateEvent(
                        taskId, contextId, moved(update.status(), contextId, taskId), update.metadata());
            case TaskArtifactUpdateEvent update ->
                new TaskArtifactUpdateEvent(
                        taskId, contextId, update.artifact(), update.append(), update.lastChunk(), update.metadata());
        };
    }

    private static TaskStatus moved(TaskStatus status, String contextId, String taskId) {
        Message message = status.message();
        return message == null ? status : status.withMessage(message.in(contextId, taskId));
    }
}
