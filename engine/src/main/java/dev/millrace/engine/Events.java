package dev.millrace.engine;

import dev.millrace.core.Journal;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskFold;
import dev.millrace.protocol.TaskStatus;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import dev.millrace.protocol.json.A2aJson;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Between the protocol's records and the journal's encoded events. */
final class Events {
    private Events() {}

    static Event task(Task task) {
        return Event.of(task.id(), Event.Kind.TASK, task.status().state(), task);
    }

    static Event message(String taskId, Message message) {
        return Event.of(taskId, Event.Kind.MESSAGE, null, message);
    }

    static Event status(String taskId, String contextId, TaskStatus status, @Nullable ObjectNode metadata) {
        return Event.of(
                taskId,
                Event.Kind.STATUS,
                status.state(),
                new TaskStatusUpdateEvent(taskId, contextId, status, metadata));
    }

    static Event chunk(String taskId, String contextId, Artifact piece, boolean append) {
        return Event.of(
                taskId, Event.Kind.CHUNK, null, TaskArtifactUpdateEvent.chunk(taskId, contextId, piece, append));
    }

    /** A piece of text for an artifact that has begun, in the form of its pieces. */
    static Event appended(String taskId, String contextId, Artifact piece, byte[] json) {
        return Event.of(
                taskId, Event.Kind.CHUNK, null, TaskArtifactUpdateEvent.chunk(taskId, contextId, piece, true), json);
    }

    static Event artifact(TaskArtifactUpdateEvent whole) {
        return Event.of(whole.taskId(), Event.Kind.ARTIFACT, null, whole);
    }

    /** Says that a task is taken up again; null for the first time. */
    static @Nullable ObjectNode attempt(int attempt) {
        return attempt <= 1
                ? null
                : JsonNodeFactory.instance.objectNode().put("recovering", true).put("attempt", attempt);
    }

    static byte[] encode(StreamResponse event) {
        return A2aJson.STREAM_RESPONSE.write(event);
    }

    /** The task that these events of it make. */
    static Task fold(List<Journal.Entry<Event>> events) {
        var fold = new TaskFold();
        for (var entry : events) {
            fold.apply(entry.event().says());
        }
        return fold.task();
    }

    /**
     * For each artifact among these events that has chunks: one whole event, at the offset of its last chunk.
     *
     * <p>An artifact's place among the task's artifacts is where it began. If the whole events alone would give another
     * order, the first chunk of those artifacts stays, so that the merged journal folds to the same task.
     */
    static List<Journal.Entry<Event>> mergeChunks(List<Journal.Entry<Event>> events) {
        if (events.stream().noneMatch(entry -> entry.event().kind() == Event.Kind.CHUNK)) {
            return List.of(); // without a look into whole artifacts, which may be large
        }
        var pieces = new LinkedHashMap<String, List<TaskArtifactUpdateEvent>>();
        var firsts = new LinkedHashMap<String, Journal.Entry<Event>>();
        var lastOffsets = new LinkedHashMap<String, Long>();
        for (var entry : events) {
            boolean artifact =
                    entry.event().kind() == Event.Kind.CHUNK || entry.event().kind() == Event.Kind.ARTIFACT;
            if (!artifact || !(entry.event().says() instanceof TaskArtifactUpdateEvent update)) {
                continue;
            }
            String id = update.artifact().artifactId();
            firsts.putIfAbsent(id, entry);
            if (entry.event().kind() == Event.Kind.CHUNK) {
                lastOffsets.put(id, entry.offset());
            } else {
                lastOffsets.remove(id); // a whole artifact came after its chunks and replaces them
            }
            if (!update.append()) {
                pieces.remove(id);
            }
            pieces.computeIfAbsent(id, i -> new ArrayList<>()).add(update);
        }
        var merged = new ArrayList<Journal.Entry<Event>>();
        lastOffsets.forEach((id, offset) -> {
            List<TaskArtifactUpdateEvent> all = pieces.getOrDefault(id, List.of());
            merged.add(new Journal.Entry<>(offset, artifact(TaskArtifactUpdateEvent.merge(all, true))));
        });
        if (firsts.size() > 1) {
            merged.addAll(beginnings(firsts, lastOffsets));
        }
        merged.sort((a, b) -> Long.compare(a.offset(), b.offset()));
        return merged;
    }

    /** What is left of a task's events when {@code merged}, which {@link #mergeChunks} made of them, stands for its chunks. */
    static List<Journal.Entry<Event>> afterMerge(List<Journal.Entry<Event>> events, List<Journal.Entry<Event>> merged) {
        if (merged.isEmpty()) {
            return events;
        }
        var left = new ArrayList<>(merged);
        for (var entry : events) {
            if (entry.event().kind() != Event.Kind.CHUNK) {
                left.add(entry);
            }
        }
        left.sort((a, b) -> Long.compare(a.offset(), b.offset()));
        return left;
    }

    /** The first chunks of the artifacts in whose midst another one began. */
    private static List<Journal.Entry<Event>> beginnings(
            SequencedMap<String, Journal.Entry<Event>> firsts, Map<String, Long> lastOffsets) {
        var kept = new ArrayList<Journal.Entry<Event>>();
        long nextBegan = Long.MAX_VALUE;
        for (var first : firsts.sequencedEntrySet().reversed()) {
            long last = lastOffsets.getOrDefault(first.getKey(), Long.MAX_VALUE);
            if (nextBegan < last && first.getValue().event().kind() == Event.Kind.CHUNK) {
                kept.add(first.getValue());
            }
            nextBegan = first.getValue().offset();
        }
        return kept;
    }
}
