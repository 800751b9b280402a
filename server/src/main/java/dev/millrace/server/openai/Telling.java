package dev.millrace.server.openai;

import dev.millrace.core.Journal;
import dev.millrace.engine.Event;
import dev.millrace.engine.ToolCall;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.DataPart;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.RawPart;
import dev.millrace.protocol.Role;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatus;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import dev.millrace.protocol.TextPart;
import dev.millrace.protocol.UrlPart;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One answer as the journal tells it: from the event of the message to where its task rests. Whoever listens is told each
 * new piece of text once, whether it comes as chunks or merged, and when something that was said does not hold any more.
 */
final class Telling {
    /** Where a question of the agent's goes, which is no artifact. */
    private static final String QUESTION = "question";

    /** Who listens. An item is a text that grows; its id is that of the artifact. */
    interface Listener {
        /** More of what is said to the user. */
        void text(String item, String more);

        /** More of what the agent says to itself. */
        void thought(String item, String more);

        /** More of the arguments of a call that the client is to run. */
        void arguments(String item, ClientCall call, String more);

        /** All that the item said so far does not hold: it is begun again. */
        void withdrawn(String item);

        /** The client is asked to run these, of which nothing was told before. */
        void calls(List<ToolCall> calls);
    }

    /** A call of a tool of the client's, whose arguments are still to come. */
    record ClientCall(String id, String name) {}

    /** What models took for it. */
    record Spent(long input, long cached, long cacheWrites, long output, long reasoning) {
        Spent plus(JsonNode usage) {
            return new Spent(
                    input + usage.path("inputTokens").asLong(0),
                    cached + usage.path("cachedTokens").asLong(0),
                    cacheWrites + usage.path("cacheWriteTokens").asLong(0),
                    output + usage.path("outputTokens").asLong(0),
                    reasoning + usage.path("reasoningTokens").asLong(0));
        }
    }

    private final String taskId;
    private final Listener listener;
    private final Map<String, String> kinds = new HashMap<>();
    private final Map<String, StringBuilder> texts = new LinkedHashMap<>();
    private final Map<String, ClientCall> clientCalls = new HashMap<>();
    private final Map<String, JsonNode> usages = new LinkedHashMap<>();
    private TaskState state = TaskState.SUBMITTED;
    private @Nullable Message message;
    private @Nullable Instant begun;
    private @Nullable String reason;
    private boolean cutShort;
    private boolean calling;

    /** The offset of the event before, once something was said; 0 = nothing was. */
    private long last;

    /**
     * What was said since the first event that is missing, by items in the order in which they began. Events are missing where
     * chunks were merged, which is after the task's end: so nobody waits for what is held.
     */
    private @Nullable Map<String, StringBuilder> held;

    Telling(String taskId, Listener listener) {
        this.taskId = taskId;
        this.listener = listener;
    }

    /** Takes the next event of the journal. What belongs to other tasks, or comes after the end, is passed over. */
    void hear(Journal.Entry<Event> entry) {
        if (over()) {
            return;
        }
        if (last > 0 && entry.offset() != last + 1 && held == null) {
            held = new LinkedHashMap<>(); // merged: an artifact's end may stand behind the beginning of the next
            for (String id : texts.keySet()) {
                held.put(id, new StringBuilder());
            }
        }
        Event event = entry.event();
        if (taskId.equals(event.taskId())) {
            hear(event);
        }
        last = texts.isEmpty() ? 0 : entry.offset();
    }

    private void hear(Event event) {
        PlainChunk plain = PlainChunk.read(event);
        if (plain != null) {
            more(plain.artifactId(), plain.text());
            return;
        }
        StreamResponse said = event.says();
        switch (said) {
            case Task task -> {
                message = task.history().isEmpty() ? message : task.history().getLast();
                moved(task.status());
                task.artifacts().forEach(artifact -> artifact(artifact, false));
            }
            case Message answer -> message = answer.role() == Role.USER ? answer : message;
            case TaskStatusUpdateEvent update -> moved(update.status());
            case TaskArtifactUpdateEvent update -> artifact(update.artifact(), update.append());
        }
    }

    private void moved(TaskStatus status) {
        state = status.state();
        if (over()) {
            release();
        }
        if (begun == null) {
            begun = status.timestamp();
        }
        Message says = status.message();
        if (state.interrupted() && says != null) {
            if (!says.text().isEmpty()) {
                listener.text(QUESTION, says.text());
            }
            List<ToolCall> calls = ToolCall.in(says);
            if (!calls.isEmpty()) {
                calling = true;
                listener.calls(calls.stream()
                        .filter(call -> clientCalls.values().stream()
                                .noneMatch(told -> told.id().equals(call.id())))
                        .toList());
            }
        } else if (state.terminal() && says != null) {
            reason = says.text();
        }
    }

    private void artifact(Artifact piece, boolean append) {
        String id = piece.artifactId();
        JsonNode marks = piece.metadata() == null ? null : piece.metadata().get("millrace");
        if (marks instanceof ObjectNode known) {
            account(id, known);
        }
        if (append && marks == null) {
            more(id, words(piece.parts()));
        } else if (kind(id).equals("call")) {
            call(id, piece, append);
        } else {
            say(id, words(piece.parts()), append);
        }
    }

    private String kind(String id) {
        return kinds.getOrDefault(id, "answer");
    }

    /** A piece for an artifact that was begun. */
    private void more(String id, String text) {
        if (!kind(id).equals("call")) {
            say(id, text, true);
            return;
        }
        if (clientCalls.containsKey(id)) {
            tell(id, added(id, text, true));
        }
    }

    private void say(String id, String text, boolean append) {
        if (kind(id).equals("answer") || kind(id).equals("reasoning")) {
            tell(id, added(id, text, append));
        } // what the agent does with tools of its own is its own affair
    }

    private void tell(String id, String text) {
        if (text.isEmpty()) {
            return;
        }
        if (held != null) {
            held.computeIfAbsent(id, none -> new StringBuilder()).append(text);
            return;
        }
        ClientCall call = clientCalls.get(id);
        if (call != null) {
            listener.arguments(id, call, text);
        } else if (kind(id).equals("reasoning")) {
            listener.thought(id, text);
        } else {
            listener.text(id, text);
        }
    }

    private void release() {
        Map<String, StringBuilder> said = held;
        held = null;
        if (said != null) {
            said.forEach((id, text) -> tell(id, text.toString()));
        }
    }

    private void withdraw(String id) {
        listener.withdrawn(id);
        if (held != null) {
            held.remove(id);
        }
    }

    /** A call: told if it is one of the client's, and nobody else's affair if not. */
    private void call(String id, Artifact piece, boolean append) {
        ClientCall before = clientCalls.get(id);
        JsonNode marks = piece.metadata() == null ? null : piece.metadata().at("/millrace/client");
        ClientCall now = append
                ? before
                : marks instanceof ObjectNode known
                        ? new ClientCall(
                                known.path("id").asString(""),
                                known.path("name").asString(""))
                        : null;
        if (before != null && !before.equals(now)) {
            withdraw(id);
            clientCalls.remove(id);
            texts.remove(id);
        }
        if (now == null) {
            return;
        }
        clientCalls.put(id, now);
        JsonNode whole = marks == null ? null : marks.get("arguments");
        tell(id, added(id, whole == null ? words(piece.parts()) : whole.asString(""), append));
    }

    /** What is new in a text, of which something may have been said. */
    private String added(String id, String said, boolean append) {
        String text = said;
        StringBuilder before = texts.computeIfAbsent(id, none -> new StringBuilder());
        if (!append) {
            if (text.startsWith(before.toString())) {
                text = text.substring(before.length());
            } else {
                withdraw(id);
                before.setLength(0);
            }
        }
        before.append(text);
        return text;
    }

    private void account(String id, ObjectNode marks) {
        if (marks.path("kind").isString()) {
            kinds.put(id, marks.path("kind").stringValue());
        }
        if (marks.path("usage").isObject()) {
            usages.put(id, marks.path("usage"));
        }
        if (marks.path("finish").isString()) {
            cutShort = marks.path("finish").stringValue().equals("length");
        }
    }

    private static String words(List<Part> parts) {
        var words = new StringBuilder();
        for (Part part : parts) {
            words.append(
                    switch (part) {
                        case TextPart text -> text.text();
                        case DataPart data -> data.data().toString();
                        case UrlPart url -> url.url();
                        case RawPart raw -> "[" + Objects.requireNonNullElse(raw.filename(), "a file") + "]";
                    });
        }
        return words.toString();
    }

    /** Whether the answer is there: its task has ended, or asks its user. */
    boolean over() {
        return state.terminal() || state.interrupted();
    }

    TaskState state() {
        return state;
    }

    /** Whether it ended with calls for the client to run. */
    boolean calling() {
        return calling;
    }

    /** Whether a model reached its limit of tokens. */
    boolean cutShort() {
        return cutShort && state == TaskState.COMPLETED;
    }

    /** Why it ended as it did, if the task said so. */
    @Nullable String reason() {
        return reason;
    }

    /** The message that is answered; null before its event was heard. */
    @Nullable Message message() {
        return message;
    }

    /** When it was sent, in seconds since 1970. */
    long createdAt() {
        return begun == null ? 0 : begun.getEpochSecond();
    }

    Spent spent() {
        var spent = new Spent(0, 0, 0, 0, 0);
        for (JsonNode usage : usages.values()) {
            spent = spent.plus(usage);
        }
        return spent;
    }
}
