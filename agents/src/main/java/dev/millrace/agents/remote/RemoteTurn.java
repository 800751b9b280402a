package dev.millrace.agents.remote;

import dev.millrace.client.A2aException;
import dev.millrace.client.ConnectionFailed;
import dev.millrace.client.TaskStream;
import dev.millrace.engine.ToolCall;
import dev.millrace.engine.Turn;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskFold;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatus;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import dev.millrace.protocol.TextPart;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * One turn that is worked on somewhere else. Where is kept beside the answer, in an artifact without content, so that the
 * next turn of the chat, or the next attempt at this one, finds it.
 */
final class RemoteTurn {
    private static final Logger log = LoggerFactory.getLogger(RemoteTurn.class);
    private static final String MARK = "remote";

    /** How long one that has our task may be away, before it is given up: longer than a restart, or a new version, takes. */
    private static final Duration AWAY = Duration.ofMinutes(5);

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LAST_PAUSE = Duration.ofSeconds(15);

    /** A task over there. */
    private record Place(String task, @Nullable String context) {}

    private final Turn turn;
    private final RemotePeer peer;
    private final TaskFold fold = new TaskFold();
    private final Map<String, Artifact> relayed = new HashMap<>();
    private volatile @Nullable String remoteTask;
    private @Nullable TaskStatus last;

    RemoteTurn(Turn turn, RemotePeer peer) {
        this.turn = turn;
        this.peer = peer;
    }

    void run() throws RemoteFailure, InterruptedException {
        long until = System.nanoTime() + AWAY.toNanos();
        Duration pause = FIRST_PAUSE;
        while (true) {
            try {
                relay();
                return;
            } catch (ConnectionFailed e) {
                if (turn.cancelled()) {
                    throw new InterruptedException();
                }
                if (remoteTask == null || System.nanoTime() > until) {
                    throw new RemoteFailure(name() + " can't be reached: " + e.getMessage());
                }
                log.info("task {} waits for {}: {}", turn.taskId(), name(), e.getMessage());
            }
            Thread.sleep(pause);
            pause = pause.multipliedBy(2).compareTo(LAST_PAUSE) < 0 ? pause.multipliedBy(2) : LAST_PAUSE;
        }
    }

    /** Follows the task there to its end, or to where its user is asked. */
    private void relay() throws RemoteFailure, InterruptedException {
        try (TaskStream stream = open()) {
            turn.onCancel(() -> leave(stream));
            for (StreamResponse event : stream) {
                hear(event);
                if (last != null && last.state().interrupted()) {
                    break; // some end their streams here, and some go on when somebody has answered
                }
            }
            if (turn.cancelled()) {
                throw new InterruptedException();
            }
            end();
        } catch (CancellationException interrupted) {
            throw new InterruptedException();
        } catch (A2aException e) {
            throw new RemoteFailure(name() + " refused this: " + e.getMessage());
        }
    }

    private String name() {
        return "The agent " + peer.config().name();
    }

    private TaskStream open() {
        Place begun = place(turn.saidBefore(), false);
        if (begun != null && remoteTask == null) {
            remoteTask = begun.task();
        }
        String known = remoteTask;
        if (known != null) {
            return peer.client().subscribe(known);
        }
        return peer.client().stream(outgoing());
    }

    /** The user's message, as a part of the conversation there. */
    private Message outgoing() {
        Place before = place(turn.history(), false);
        Place asking = place(turn.history(), true);
        String context = before == null ? null : before.context();
        if (context == null && peer.knowsAgain()) {
            context = peer.idOf(turn.contextId()); // so that a message that comes twice meets the first one
        }
        Message message = turn.message();
        return new Message(
                message.messageId(),
                context,
                asking == null ? null : asking.task(),
                message.role(),
                message.parts(),
                message.metadata(),
                message.extensions(),
                List.of());
    }

    /** The newest of these, or of those of this task alone, which then waits for an answer. */
    private @Nullable Place place(List<Message> said, boolean ofThisTask) {
        for (Message message : said.reversed()) {
            JsonNode marks = message.metadata() == null
                    ? JsonNodeFactory.instance.objectNode()
                    : message.metadata().path("millrace");
            if (marks.path("kind").asString("").equals(MARK)
                    && marks.path("name").asString("").equals(peer.config().name())
                    && (!ofThisTask || turn.taskId().equals(message.taskId()))) {
                String context = marks.path("context").asString("");
                return new Place(marks.path("task").asString(""), context.isEmpty() ? null : context);
            }
        }
        return null;
    }

    private void leave(TaskStream stream) {
        stream.close();
        if (turn.taskEnded()) {
            try {
                peer.cancel(remoteTask, outgoing());
            } catch (RuntimeException e) {
                log.info("{} was not told that its task is cancelled: {}", name(), e.toString());
            }
        }
    }

    private void hear(StreamResponse event) {
        switch (event) {
            case Task task -> {
                note(task.id(), task.contextId());
                task.artifacts().forEach(this::whole);
                status(task.status());
            }
            case TaskStatusUpdateEvent update -> {
                note(update.taskId(), update.contextId());
                status(update.status());
            }
            case TaskArtifactUpdateEvent update -> {
                note(update.taskId(), update.contextId());
                piece(update);
            }
            case Message message -> {
                last = new TaskStatus(TaskState.COMPLETED, null, null);
                turn.emit(new Artifact(
                        turn.answerId(), null, null, message.parts(), message.metadata(), message.extensions()));
            }
        }
        if (!(event instanceof Message)) {
            fold.apply(event);
        }
    }

    /** Keeps where the task is, before anything of it is shown. */
    private void note(String task, @Nullable String context) {
        if (last == null) {
            last = new TaskStatus(TaskState.SUBMITTED, null, null);
            remoteTask = task;
            ObjectNode metadata = JsonNodeFactory.instance.objectNode();
            ObjectNode marks = metadata.putObject("millrace")
                    .put("kind", MARK)
                    .put("name", peer.config().name())
                    .put("task", task);
            if (context != null) {
                marks.put("context", context);
            }
            turn.artifact(turn.answerId() + "." + MARK).annotate(metadata);
        }
    }

    private void status(TaskStatus status) {
        last = status;
        Message says = status.message();
        if (status.state() == TaskState.WORKING && says != null && !says.text().isBlank()) {
            turn.status(says.text());
        }
    }

    private void whole(Artifact artifact) {
        if (!artifact.equals(relayed.get(artifact.artifactId()))) {
            relayed.put(artifact.artifactId(), artifact);
            if (!isMark(artifact)) {
                turn.emit(artifact);
            }
        }
    }

    private void piece(TaskArtifactUpdateEvent update) {
        Artifact piece = update.artifact();
        Artifact before = relayed.get(piece.artifactId());
        if (!update.append() || before == null) {
            whole(piece);
            return;
        }
        relayed.put(piece.artifactId(), piece); // no more than that it is there: the fold has all of it
        if (isMark(piece)) {
            return;
        }
        if (piece.parts().stream().allMatch(TextPart.class::isInstance)) {
            for (Part part : piece.parts()) {
                turn.artifact(piece.artifactId()).say(((TextPart) part).text());
            }
            if (piece.metadata() != null) {
                turn.artifact(piece.artifactId()).annotate(piece.metadata());
            }
        } else {
            var grown = new TaskFold();
            grown.apply(fold.task());
            grown.apply(update);
            grown.task().artifacts().stream()
                    .filter(artifact -> artifact.artifactId().equals(piece.artifactId()))
                    .forEach(turn::emit);
        }
    }

    /** The other one may pass things on itself: where from is its own affair. */
    private static boolean isMark(Artifact artifact) {
        return artifact.metadata() != null
                && artifact.metadata()
                        .path("millrace")
                        .path("kind")
                        .asString("")
                        .equals(MARK);
    }

    private void end() throws RemoteFailure {
        TaskStatus status = last;
        if (status == null) {
            throw new RemoteFailure(name() + " said nothing.");
        }
        Message message = status.message();
        String says = message == null ? "" : message.text();
        switch (status.state()) {
            case COMPLETED -> {
                if (relayed.isEmpty() && !says.isEmpty()) {
                    turn.say(says);
                }
            }
            case INPUT_REQUIRED -> {
                List<ToolCall> calls = message == null ? List.of() : ToolCall.in(message);
                if (calls.isEmpty()) {
                    turn.ask(says);
                } else {
                    turn.ask(says, calls);
                }
            }
            case AUTH_REQUIRED -> turn.askForAuth(says);
            case REJECTED -> turn.reject(says.isEmpty() ? name() + " refused this." : says);
            case FAILED -> throw new RemoteFailure(says.isEmpty() ? name() + " failed." : says);
            case CANCELED -> throw new RemoteFailure(name() + "'s task was cancelled there.");
            default ->
                throw new RemoteFailure(name() + " ended its stream while the task was "
                        + status.state().wireName() + ". Send again.");
        }
    }
}
