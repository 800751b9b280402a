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
import dev.millrace.protocol.json.ChunkForm;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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
        var growths = new LinkedHashMap<String, Growth>();
        for (var entry : joined(events)) {
            boolean artifact =
                    entry.event().kind() == Event.Kind.CHUNK || entry.event().kind() == Event.Kind.ARTIFACT;
            if (artifact && entry.event().says() instanceof TaskArtifactUpdateEvent update) {
                growths.computeIfAbsent(update.artifact().artifactId(), id -> new Growth(entry))
                        .add(entry, update);
            }
        }
        var merged = new ArrayList<Journal.Entry<Event>>();
        for (Growth growth : growths.values()) {
            if (growth.lastChunk > 0) {
                merged.add(new Journal.Entry<>(
                        growth.lastChunk, artifact(TaskArtifactUpdateEvent.merge(growth.pieces, true))));
            }
        }
        merged.addAll(beginnings(growths));
        merged.sort((a, b) -> Long.compare(a.offset(), b.offset()));
        return merged;
    }

    /** The same with one piece, at the last one's offset, where several of one form follow each other. */
    private static List<Journal.Entry<Event>> joined(List<Journal.Entry<Event>> events) {
        var joined = new ArrayList<Journal.Entry<Event>>();
        var run = new ArrayList<Event>();
        for (int i = 0; i < events.size(); i++) {
            var entry = events.get(i);
            ChunkForm form = entry.event().form();
            if (form == null) {
                joined.add(entry);
                continue;
            }
            run.add(entry.event());
            if (i + 1 == events.size() || events.get(i + 1).event().form() != form) {
                joined.add(new Journal.Entry<>(entry.offset(), Event.joined(run)));
                run.clear();
            }
        }
        return joined;
    }

    /** How an artifact came to be. */
    private static final class Growth {
        final Journal.Entry<Event> first;

        /** What it is made of by now. */
        final List<TaskArtifactUpdateEvent> pieces = new ArrayList<>();

        /** The offset of its last chunk; 0 if there is none, or if the whole artifact came after it and replaced it. */
        long lastChunk;

        Growth(Journal.Entry<Event> first) {
            this.first = first;
        }

        void add(Journal.Entry<Event> entry, TaskArtifactUpdateEvent update) {
            lastChunk = entry.event().kind() == Event.Kind.CHUNK ? entry.offset() : 0;
            if (!update.append()) {
                pieces.clear();
            }
            pieces.add(update);
        }
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
    private static List<Journal.Entry<Event>> beginnings(SequencedMap<String, Growth> growths) {
        var kept = new ArrayList<Journal.Entry<Event>>();
        long nextBegan = Long.MAX_VALUE;
        for (Growth growth : growths.sequencedValues().reversed()) {
            long last = growth.lastChunk == 0 ? Long.MAX_VALUE : growth.lastChunk;
            if (nextBegan < last && growth.first.event().kind() == Event.Kind.CHUNK) {
                kept.add(growth.first);
            }
            nextBegan = growth.first.offset();
        }
        return kept;
    }
}
