package dev.millrace.bench.chaos;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What is known of one conversation: what was sent and acknowledged, and what its readers saw, all together. What one
 * reader sees later than another must be the same. Any thread.
 */
final class Conversation {
    /** A message that was acknowledged. */
    record Acknowledged(String messageId, String taskId, long offset) {}

    /** A task as its events tell. */
    static final class Facts {
        private final String messageId;
        private final long madeAt;
        private String state = "submitted";
        private @Nullable String writer;

        private Facts(String messageId, long madeAt) {
            this.messageId = messageId;
            this.madeAt = madeAt;
        }

        String messageId() {
            return messageId;
        }

        long madeAt() {
            return madeAt;
        }

        String state() {
            return state;
        }
    }

    private final String id;
    private final boolean serial;
    private final Tally tally;
    private final Map<Long, Integer> contents = new HashMap<>();
    private final Map<String, Facts> tasks = new LinkedHashMap<>();
    private final List<Acknowledged> acknowledged = new ArrayList<>();
    private long lastOffset;

    /** @param serial one task at a time, in the order of the messages */
    Conversation(String id, boolean serial, Tally tally) {
        this.id = id;
        this.serial = serial;
        this.tally = tally;
    }

    String id() {
        return id;
    }

    synchronized void acknowledge(Acknowledged message) {
        acknowledged.add(message);
    }

    synchronized List<Acknowledged> acknowledged() {
        return List.copyOf(acknowledged);
    }

    synchronized Map<String, Facts> tasks() {
        return new LinkedHashMap<>(tasks);
    }

    synchronized long lastOffset() {
        return lastOffset;
    }

    /**
     * A reader has come to this event.
     *
     * @return what is wrong with it; null = nothing
     */
    synchronized @Nullable String seen(long offset, String taskId, JsonNode event) {
        Integer before =
                contents.putIfAbsent(offset * 4 + form(event), event.toString().hashCode());
        if (before != null && before != event.toString().hashCode()) {
            return "another reader saw another event at offset " + offset;
        }
        if (offset <= lastOffset) {
            return null;
        }
        lastOffset = offset;
        tally.add(Tally.Count.EVENTS);
        String wrong = happened(offset, taskId, event);
        notifyAll();
        return wrong;
    }

    /** Chunks and the whole that they are merged to may stand at the same offset. */
    private static int form(JsonNode event) {
        JsonNode update = event.path("artifactUpdate");
        if (update.isMissingNode()) {
            return 0;
        }
        return update.path("append").asBoolean(false)
                ? 1
                : update.path("lastChunk").asBoolean(false) ? 3 : 2;
    }

    private @Nullable String happened(long offset, String taskId, JsonNode event) {
        if (event.has("task")) {
            JsonNode history = event.at("/task/history");
            String messageId = history.get(history.size() - 1).get("messageId").stringValue();
            return tasks.put(taskId, new Facts(messageId, offset)) == null ? null : "the task was made twice";
        }
        Facts facts = tasks.get(taskId);
        if (facts == null) {
            return taskId.isEmpty() ? null : "an event of a task that was never made";
        }
        if (event.has("artifactUpdate")) {
            String text = event.at("/artifactUpdate/artifact/parts/0/text").asString("");
            facts.writer =
                    text.isEmpty() ? facts.writer : Word.all(text).getLast().writer();
        } else if (event.has("statusUpdate")) {
            return moved(facts, event.get("statusUpdate"));
        }
        return null;
    }

    private @Nullable String moved(Facts facts, JsonNode update) {
        facts.state = Progress.state(update.get("status"));
        if (!facts.state.equals("working")) {
            return null;
        }
        if (facts.writer != null && update.at("/metadata/recovering").asBoolean(false)) {
            tally.takenOver(Word.process(facts.writer));
        }
        if (serial) {
            for (Facts each : tasks.values()) {
                if (each.madeAt < facts.madeAt && !Progress.terminal(each.state)) {
                    return "the task works before its turn: the one of message " + each.messageId + " is " + each.state;
                }
            }
        }
        return null;
    }

    /** Waits until this is so, for at most so long. False if it is not. */
    synchronized boolean await(Predicate<Conversation> so, long millis) throws InterruptedException {
        long deadline = System.nanoTime() + millis * 1_000_000;
        while (!so.test(this)) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }

    /** Every message that was acknowledged has its task, and every task has ended. */
    synchronized boolean allEnded() {
        return tasks.values().stream().allMatch(each -> Progress.terminal(each.state))
                && acknowledged.stream().allMatch(each -> tasks.containsKey(each.taskId()));
    }

    /** The tasks that wait for their user. */
    synchronized List<String> asking() {
        return tasks.entrySet().stream()
                .filter(each -> each.getValue().state.equals("input_required"))
                .map(Map.Entry::getKey)
                .toList();
    }

    synchronized String describe() {
        var text = new StringBuilder("conversation " + id + ", last offset seen " + lastOffset + "\n");
        tasks.forEach((taskId, each) -> text.append("task " + taskId + " made at " + each.madeAt + " by message "
                + each.messageId + ": " + each.state + ", last writer " + each.writer + "\n"));
        acknowledged.forEach(each -> text.append(each).append('\n'));
        return text.toString();
    }
}
