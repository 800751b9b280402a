package dev.millrace.bench.decisions;

import dev.millrace.engine.ToolCall;
import dev.millrace.engine.Turn;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import java.util.List;

/** A turn that costs next to nothing: it only keeps the answer and the moment of its first word. */
final class CollectingTurn implements Turn {
    private final StringBuilder text = new StringBuilder();
    private long firstNanos;

    String text() {
        return text.toString();
    }

    long firstNanos() {
        return firstNanos;
    }

    @Override
    public void say(String words) {
        firstNanos = firstNanos == 0 ? System.nanoTime() : firstNanos;
        text.append(words);
    }

    @Override
    public String contextId() {
        return "c";
    }

    @Override
    public String taskId() {
        return "t";
    }

    @Override
    public String owner() {
        return "bench";
    }

    @Override
    public int attempt() {
        return 1;
    }

    @Override
    public Message message() {
        return Message.user("m", "x");
    }

    @Override
    public List<Message> history() {
        return List.of();
    }

    @Override
    public ArtifactStream artifact(String artifactId) {
        throw new UnsupportedOperationException("the model only says");
    }

    @Override
    public void emit(Artifact artifact) {
        throw new UnsupportedOperationException("the model only says");
    }

    @Override
    public void status(String words) {}

    @Override
    public void ask(String question) {}

    @Override
    public void ask(String says, List<ToolCall> calls) {}

    @Override
    public void askForAuth(String request) {}

    @Override
    public void reject(String reason) {
        throw new IllegalStateException(reason);
    }

    @Override
    public boolean cancelled() {
        return false;
    }

    @Override
    public void onCancel(Runnable action) {}

    @Override
    public void flush() {}
}
