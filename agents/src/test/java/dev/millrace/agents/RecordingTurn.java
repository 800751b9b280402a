package dev.millrace.agents;

import dev.millrace.engine.ToolCall;
import dev.millrace.engine.Turn;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.DataPart;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.TextPart;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/** A turn without an engine: it remembers what an agent did, as {@code kind:text}, and can be cancelled. */
class RecordingTurn implements Turn {
    private final Message message;
    private final List<Message> history = new ArrayList<>();
    private final List<Runnable> onCancel = new ArrayList<>();
    final List<String> done = new CopyOnWriteArrayList<>();
    final List<ToolCall> asked = new CopyOnWriteArrayList<>();
    final List<String> used = new CopyOnWriteArrayList<>();
    final BlockingQueue<String> said = new LinkedBlockingQueue<>();
    final Map<String, ObjectNode> annotations = new ConcurrentHashMap<>();
    private boolean cancelled;

    RecordingTurn(Message message, Message... history) {
        this.message = message;
        this.history.addAll(List.of(history));
    }

    static RecordingTurn of(String text) {
        return new RecordingTurn(Message.user("m1", text));
    }

    /** The chunks of the answer. */
    List<String> chunks() {
        return done.stream()
                .filter(entry -> entry.startsWith("say:"))
                .map(entry -> entry.substring(4))
                .toList();
    }

    String answer() {
        var answer = new StringBuilder();
        for (String entry : done) {
            if (entry.startsWith("whole:")) {
                answer.setLength(0);
                answer.append(entry.substring(6));
            } else if (entry.startsWith("say:")) {
                answer.append(entry.substring(4));
            }
        }
        return answer.toString();
    }

    @Override
    public void used(long inputTokens, long outputTokens, long costMicros) {
        used.add(inputTokens + " " + outputTokens + " " + costMicros);
    }

    /** What the engine does on a cancel: fence, tell, interrupt. */
    void cancel(Thread agent) {
        List<Runnable> actions;
        synchronized (this) {
            cancelled = true;
            actions = List.copyOf(onCancel);
        }
        actions.forEach(Runnable::run);
        if (agent != null) {
            agent.interrupt();
        }
    }

    /** All that was said of an artifact that is not the answer, one piece after the other. */
    String text(String artifact) {
        return done.stream()
                .filter(entry -> entry.startsWith(artifact + "=") || entry.startsWith(artifact + "+"))
                .map(entry -> entry.substring(artifact.length() + 1))
                .collect(Collectors.joining());
    }

    private void add(String entry) {
        if (cancelled()) {
            throw new Fenced();
        }
        done.add(entry);
    }

    @Override
    public String contextId() {
        return "c1";
    }

    @Override
    public String taskId() {
        return "t1";
    }

    @Override
    public String owner() {
        return "me";
    }

    @Override
    public int attempt() {
        return 1;
    }

    @Override
    public Message message() {
        return message;
    }

    @Override
    public List<Message> history() {
        return history;
    }

    @Override
    public ArtifactStream artifact(String artifactId) {
        return new ArtifactStream() {
            @Override
            public void say(String text) {
                add(artifactId.equals(ANSWER) ? "say:" + text : artifactId + "+" + text);
                said.add(text);
            }

            @Override
            public ArtifactStream annotate(ObjectNode metadata) {
                annotations.put(artifactId, metadata);
                return this;
            }

            @Override
            public ArtifactStream name(String name) {
                return this;
            }
        };
    }

    @Override
    public void emit(Artifact artifact) {
        String content = artifact.parts().getFirst() instanceof TextPart text
                ? text.text()
                : ((DataPart) artifact.parts().getFirst()).data().toString();
        if (artifact.artifactId().equals(ANSWER)) {
            add("whole:" + content);
        } else {
            add(artifact.artifactId() + "=" + content);
            said.add(content);
        }
    }

    @Override
    public void status(String text) {
        add("status:" + text);
    }

    @Override
    public void ask(String question) {
        add("ask:" + question);
    }

    @Override
    public void ask(String says, List<ToolCall> calls) {
        add("ask:" + says);
        asked.addAll(calls);
    }

    @Override
    public void askForAuth(String request) {
        add("auth:" + request);
    }

    @Override
    public void reject(String reason) {
        add("reject:" + reason);
    }

    @Override
    public synchronized boolean cancelled() {
        return cancelled;
    }

    @Override
    public void onCancel(Runnable action) {
        boolean now;
        synchronized (this) {
            now = cancelled;
            onCancel.add(action);
        }
        if (now) {
            action.run();
        }
    }

    @Override
    public void flush() {}

    /** Stands for {@link dev.millrace.engine.TurnLost}, which only an engine can make. */
    static final class Fenced extends RuntimeException {}
}
