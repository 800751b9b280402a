package dev.millrace.bench.chaos;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
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
        private String messageId;
        private long saidAt;
        private long place;
        private String state = "submitted";
        private @Nullable String writer;
        private boolean worked;
        private boolean gone;

        private Facts(String messageId, long madeAt) {
            this.messageId = messageId;
            saidAt = madeAt;
            place = madeAt;
        }

        String messageId() {
            return messageId;
        }

        /** The offset of its message, or of what replaced it while it waited. */
        long saidAt() {
            return saidAt;
        }

        /** It was taken out of the conversation by an edit. */
        boolean gone() {
            return gone;
        }

        private boolean waits() {
            return !gone && !worked && state.equals("submitted");
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

    /** The replacement of a message was acknowledged: where that waited, it stands in its place, else behind all. */
    synchronized void replace(String messageId, Acknowledged replacement) {
        acknowledged.removeIf(
                each -> each.messageId().equals(messageId) && each.taskId().equals(replacement.taskId()));
        acknowledged.add(replacement);
    }

    /** The messages that began the tasks that are part of the conversation, in its order. */
    synchronized List<String> standing() {
        return tasks.values().stream()
                .filter(each -> !each.gone)
                .sorted(Comparator.comparingLong(each -> each.place))
                .map(Facts::messageId)
                .toList();
    }

    /** Those of them that an agent has taken up: nothing before one of these waits in the queue. */
    synchronized List<String> begun() {
        return tasks.values().stream()
                .filter(each -> !each.gone && each.worked)
                .map(Facts::messageId)
                .toList();
    }

    /** The tasks that wait in the queue, as far as readers have seen. */
    synchronized List<String> waiting() {
        return tasks.entrySet().stream()
                .filter(each -> each.getValue().waits())
                .map(Map.Entry::getKey)
                .toList();
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
            Facts before = tasks.get(taskId);
            if (before != null && before.waits()) {
                before.messageId = messageId; // edited where it stood
                before.saidAt = offset;
                return null;
            }
            return tasks.put(taskId, new Facts(messageId, offset)) == null ? null : "the task was made twice";
        }
        if (event.has("queue")) {
            return reordered(event.at("/queue/taskIds"));
        }
        if (event.has("rewound")) {
            return rewound(event.get("rewound"));
        }
        Facts facts = tasks.get(taskId);
        if (facts == null) {
            return taskId.isEmpty() ? null : "an event of a task that was never made";
        }
        if (facts.gone && !event.has("artifactUpdate")) { // what it had said is merged when it has ended, as ever
            return "the task went on after an edit had taken it out of the conversation";
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
        facts.worked = true;
        if (facts.writer != null && update.at("/metadata/recovering").asBoolean(false)) {
            tally.takenOver(Word.process(facts.writer));
        }
        if (serial) {
            for (Facts each : tasks.values()) {
                if (each.place < facts.place && !Progress.terminal(each.state)) {
                    return "the task works before its turn: the one of message " + each.messageId + " is " + each.state;
                }
            }
        }
        return null;
    }

    /** The tasks that wait deal out the places that they had among them. */
    private @Nullable String reordered(JsonNode taskIds) {
        var moved = new ArrayList<Facts>();
        for (JsonNode id : taskIds) {
            Facts facts = tasks.get(id.stringValue());
            if (facts == null || !facts.waits()) {
                return "the queue has task " + id + ", which does not wait";
            }
            moved.add(facts);
        }
        List<Long> places = moved.stream().map(each -> each.place).sorted().toList();
        for (int i = 0; i < places.size(); i++) {
            moved.get(i).place = places.get(i);
        }
        return null;
    }

    /** An edit takes out the task of its message, and what stands behind that; no more, and no less. */
    private @Nullable String rewound(JsonNode rewound) {
        String messageId = rewound.get("messageId").stringValue();
        Facts edited = tasks.values().stream()
                .filter(each -> !each.gone && each.messageId.equals(messageId))
                .findFirst()
                .orElse(null);
        if (edited == null) {
            return "an edit of message " + messageId + ", which is not there";
        }
        var cut = new HashSet<Facts>();
        for (JsonNode each : rewound.get("tasks")) {
            Facts facts = tasks.get(each.get("taskId").stringValue());
            if (facts == null || !each.get("gone").booleanValue() || !Progress.terminal(facts.state)) {
                return "an edit of message " + messageId + " took out " + each + ", which is not at its end";
            }
            cut.add(facts);
        }
        for (Facts each : tasks.values()) {
            if (!each.gone && cut.contains(each) != each.place >= edited.place) {
                return "an edit of message " + messageId + (cut.contains(each) ? " took out " : " left ")
                        + each.messageId;
            }
        }
        cut.forEach(each -> each.gone = true);
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
        tasks.forEach((taskId, each) -> text.append("task " + taskId + " at " + each.place + " by message "
                + each.messageId + " of " + each.saidAt + ": " + each.state + (each.gone ? ", taken out" : "")
                + ", last writer " + each.writer + "\n"));
        acknowledged.forEach(each -> text.append(each).append('\n'));
        return text.toString();
    }
}
