package dev.millrace.engine;

import dev.millrace.core.Journal;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.TaskEvents;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Role;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskFold;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was said in one task, as messages in the order of its events: the user's message, what the agent said, its
 * question, the answer, what the agent said to that.
 *
 * <p>An artifact stands where its last piece is: there its merged event will be, too, so that the order does not depend on
 * whether the pieces were merged. What the agent said of its progress or of its failure stays in the status and is no part
 * of the conversation while it is the newest status; a question is.
 */
final class Transcript {
    private final TaskFold fold = new TaskFold();
    private final Map<String, Long> at = new LinkedHashMap<>();
    private final Map<String, Long> artifactAt = new LinkedHashMap<>();

    private Transcript() {}

    /** What is part of the conversation. */
    static List<Said> of(Reader reader, TaskRecord task) {
        return of(reader.shown(task));
    }

    static List<Said> of(TaskEvents shown) {
        return of(shown.task().state(), shown.events());
    }

    /** What these events of one task say. */
    static List<Said> of(TaskState state, List<Journal.Entry<Event>> events) {
        if (events.isEmpty()) {
            return List.of();
        }
        var transcript = new Transcript();
        for (var entry : events) {
            transcript.hear(entry.offset(), entry.event().says());
        }
        return transcript.said(state);
    }

    private void hear(long offset, StreamResponse event) {
        fold.apply(event);
        switch (event) {
            case Task task -> {
                at.clear();
                artifactAt.clear();
                task.history().forEach(message -> at.putIfAbsent(message.messageId(), offset));
                task.artifacts().forEach(artifact -> artifactAt.put(artifact.artifactId(), offset));
                note(task.status().message(), offset);
            }
            case Message message -> note(message, offset);
            case TaskStatusUpdateEvent update -> note(update.status().message(), offset);
            case TaskArtifactUpdateEvent update ->
                artifactAt.put(update.artifact().artifactId(), offset);
        }
    }

    private void note(@Nullable Message message, long offset) {
        if (message != null) {
            at.putIfAbsent(message.messageId(), offset);
        }
    }

    private List<Said> said(TaskState state) {
        Task task = fold.task();
        var all = new ArrayList<Said>();
        for (Message message : task.history()) {
            all.add(new Said(task.id(), state, at.getOrDefault(message.messageId(), 0L), message));
        }
        for (Artifact artifact : task.artifacts()) {
            all.add(new Said(
                    task.id(),
                    state,
                    artifactAt.getOrDefault(artifact.artifactId(), 0L),
                    new Message(
                            task.id() + "/" + artifact.artifactId(),
                            task.contextId(),
                            task.id(),
                            Role.AGENT,
                            artifact.parts(),
                            artifact.metadata(),
                            List.of(),
                            List.of())));
        }
        Message asks = task.status().message();
        if (asks != null && task.status().state().interrupted()) {
            all.add(new Said(task.id(), state, at.getOrDefault(asks.messageId(), 0L), asks));
        }
        all.sort(Comparator.comparingLong(Said::offset)); // stable: what one event says stays in its order
        return all;
    }
}
