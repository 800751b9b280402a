package dev.millrace.bench.chaos;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/** What one reader of a conversation has seen, each event held against what was promised. One thread at a time. */
final class Witness {
    /** Events that are told with a finding. */
    private static final int REMEMBERED = 60;

    private final String name;
    private final Conversation conversation;
    private final Findings findings;

    /** Of all events but chunks, which may be seen one by one or merged: their words are counted by {@link Progress}. */
    private final BitSet offsets = new BitSet();

    private final Map<String, Progress> tasks = new HashMap<>();
    private final Deque<String> latest = new ArrayDeque<>();
    private volatile long last;
    private boolean wrong;

    Witness(String name, Conversation conversation, Findings findings) {
        this.name = name;
        this.conversation = conversation;
        this.findings = findings;
    }

    long last() {
        return last;
    }

    void see(Feed.Frame frame) {
        JsonNode entry = frame.json();
        JsonNode event = entry.get("event");
        String taskId = entry.path("taskId").asString("");
        remember(frame.id() + " " + taskId + " " + brief(event));
        if (frame.id() <= last || entry.get("offset").longValue() != frame.id()) {
            found(taskId, "after offset " + last + " came " + frame.id());
            return;
        }
        last = frame.id();
        if (!event.has("artifactUpdate")) {
            offsets.set(Math.toIntExact(last));
        }
        found(taskId, conversation.seen(last, taskId, event));
        if (!taskId.isEmpty()) {
            found(taskId, tasks.computeIfAbsent(taskId, id -> new Progress()).see(event));
        }
    }

    /** Chunks by their words: there are many. */
    static String brief(JsonNode event) {
        JsonNode update = event.path("artifactUpdate");
        return update.isMissingNode()
                ? event.toString()
                : (update.path("append").asBoolean(false) ? "+ " : "= ")
                        + update.at("/artifact/parts/0/text").asString("");
    }

    /** Notes something that is no event. */
    synchronized void remember(String what) {
        latest.add(what.length() > 1_000 ? what.substring(0, 1_000) + "…" : what);
        if (latest.size() > REMEMBERED) {
            latest.remove();
        }
    }

    void found(String taskId, @org.jspecify.annotations.Nullable String what) {
        if (what != null && !wrong) {
            wrong = true; // what follows from it is no news
            findings.add("reader " + name + " of " + conversation.id() + ", task " + taskId + ": " + what, evidence());
        }
    }

    private synchronized String evidence() {
        return conversation.describe() + String.join("\n", latest) + "\n";
    }

    /** Holds this reader, who has read to the end, against one who has read everything afterwards. */
    void compare(Witness afterwards) {
        var missed = (BitSet) afterwards.offsets.clone();
        missed.andNot(offsets);
        if (!missed.isEmpty()) {
            found("", "it never saw the events at " + missed + "\n    afterwards:\n" + afterwards.evidence());
        }
        String mine = new TreeMap<>(tasks).toString();
        String theirs = new TreeMap<>(afterwards.tasks).toString();
        if (!mine.equals(theirs)) {
            found("", "it has " + mine + "\n    but afterwards there is " + theirs);
        }
    }

    Map<String, Progress> tasks() {
        return tasks;
    }
}
