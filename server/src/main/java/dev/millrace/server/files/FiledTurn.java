package dev.millrace.server.files;

import dev.millrace.engine.ToolCall;
import dev.millrace.engine.Turn;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A turn whose agent sees the bytes of files where the journal has their URLs, as {@link Attachments} says. */
final class FiledTurn implements Turn {
    private final Turn turn;
    private final Attachments attachments;
    private final AtomicLong allowance = Attachments.allowance();
    private final ReentrantLock opening = new ReentrantLock();
    private @Nullable Message message;
    private @Nullable List<Message> history;

    FiledTurn(Turn turn, Attachments attachments) {
        this.turn = turn;
        this.attachments = attachments;
    }

    @Override
    public Message message() {
        opening.lock();
        try {
            if (message == null) {
                message = attachments.opened(turn.owner(), turn.message(), allowance);
            }
            return message;
        } finally {
            opening.unlock();
        }
    }

    @Override
    public List<Message> history() {
        opening.lock();
        try {
            if (history == null) {
                // What is to be answered goes first, then the newest: the allowance is theirs.
                var _ = message();
                List<Message> opened = new ArrayList<>();
                for (Message said : turn.history().reversed()) {
                    opened.add(attachments.opened(turn.owner(), said, allowance));
                }
                Collections.reverse(opened);
                history = List.copyOf(opened);
            }
            return history;
        } finally {
            opening.unlock();
        }
    }

    @Override
    public void emit(Artifact artifact) {
        turn.emit(attachments.stored(turn, artifact));
    }

    // ---- everything else is the turn's own

    @Override
    public String contextId() {
        return turn.contextId();
    }

    @Override
    public String taskId() {
        return turn.taskId();
    }

    @Override
    public String owner() {
        return turn.owner();
    }

    @Override
    public int attempt() {
        return turn.attempt();
    }

    @Override
    public String answerId() {
        return turn.answerId();
    }

    @Override
    public void say(String text) {
        turn.say(text);
    }

    @Override
    public ArtifactStream artifact(String artifactId) {
        return turn.artifact(artifactId);
    }

    @Override
    public void status(String text) {
        turn.status(text);
    }

    @Override
    public void used(long inputTokens, long outputTokens, long costMicros) {
        turn.used(inputTokens, outputTokens, costMicros);
    }

    @Override
    public void ask(String question) {
        turn.ask(question);
    }

    @Override
    public void ask(String says, List<ToolCall> calls) {
        turn.ask(says, calls);
    }

    @Override
    public void ask(String says, List<ToolCall> calls, Duration within) {
        turn.ask(says, calls, within);
    }

    @Override
    public List<Message> saidBefore() {
        return turn.saidBefore();
    }

    @Override
    public void askForAuth(String request) {
        turn.askForAuth(request);
    }

    @Override
    public void reject(String reason) {
        turn.reject(reason);
    }

    @Override
    public boolean cancelled() {
        return turn.cancelled();
    }

    @Override
    public void onCancel(Runnable action) {
        turn.onCancel(action);
    }

    @Override
    public boolean taskEnded() {
        return turn.taskEnded();
    }

    @Override
    public Loan lend() {
        return turn.lend();
    }

    @Override
    public void flush() throws InterruptedException {
        turn.flush();
    }
}
