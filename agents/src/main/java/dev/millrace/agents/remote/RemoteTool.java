package dev.millrace.agents.remote;

import dev.millrace.agents.Tool;
import dev.millrace.client.TaskStream;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.Role;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskFold;
import dev.millrace.protocol.TaskState;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * An agent that is somewhere else and speaks A2A, as a tool: it is told something and its answer is the result. Each call is a
 * conversation of its own there. A call that is stopped is cancelled there.
 */
public final class RemoteTool implements Tool, AutoCloseable {
    private static final Duration PATIENCE = Duration.ofHours(1);

    private final RemotePeer peer;
    private final String description;

    /** @param description what it is good for, for models */
    public RemoteTool(RemoteConfig config, String description) {
        peer = new RemotePeer(config);
        this.description = description;
    }

    @Override
    public String name() {
        return "ask_" + peer.config().name().replaceAll("[^a-zA-Z0-9_-]", "_");
    }

    @Override
    public String description() {
        return description;
    }

    @Override
    public ObjectNode parameters() {
        ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "object");
        schema.putObject("properties")
                .putObject("text")
                .put("type", "string")
                .put("description", "what it is told: a question or a task, with all that it needs to know");
        schema.putArray("required").add("text");
        return schema;
    }

    @Override
    public Duration timeout() {
        return PATIENCE;
    }

    /** Where the other one knows messages again. */
    @Override
    public boolean repeatable() {
        try {
            return peer.knowsAgain();
        } catch (RuntimeException unreachable) {
            return false;
        }
    }

    @Override
    public JsonNode call(Call call) throws RemoteFailure, InterruptedException {
        String text = call.arguments().path("text").asString("");
        if (text.isBlank()) {
            throw new IllegalArgumentException("text: say something");
        }
        var fold = new TaskFold();
        String context = peer.knowsAgain() ? peer.idOf(call.key()) : null;
        var message = new Message(
                peer.idOf("message " + call.key()),
                context,
                null,
                Role.USER,
                List.of(Part.text(text)),
                null,
                List.of(),
                List.of());
        try (TaskStream stream = peer.client().stream(message)) {
            for (StreamResponse event : stream) {
                if (event instanceof Message answer) {
                    return StringNode.valueOf(answer.text());
                }
                fold.apply(event);
                if (fold.task().status().state().interrupted()) {
                    break; // nobody here can answer
                }
            }
        } catch (CancellationException interrupted) {
            cancel(fold, message);
            throw new InterruptedException();
        }
        return result(fold.task());
    }

    private void cancel(TaskFold fold, Message message) {
        boolean interrupted = Thread.interrupted(); // or else the request would not go out
        try {
            peer.cancel(fold.hasTask() ? fold.task().id() : null, message);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static JsonNode result(Task task) throws RemoteFailure {
        TaskState state = task.status().state();
        @Nullable Message says = task.status().message();
        String words = says == null ? "" : says.text();
        if (state == TaskState.COMPLETED) {
            String answer = task.artifacts().stream()
                    .filter(RemoteTool::aloud)
                    .map(Artifact::text)
                    .filter(text -> !text.isBlank())
                    .collect(Collectors.joining("\n\n"));
            return StringNode.valueOf(answer.isEmpty() ? words : answer);
        }
        if (state.interrupted()) {
            return StringNode.valueOf("It asks: " + words);
        }
        throw new RemoteFailure(words.isEmpty() ? "its task is " + state.wireName() : words);
    }

    /** What Millrace's agents with models mark as something else than an answer is none. */
    private static boolean aloud(Artifact artifact) {
        JsonNode kind = artifact.metadata() == null
                ? null
                : artifact.metadata().path("millrace").get("kind");
        return kind == null || kind.asString("").equals("answer");
    }

    @Override
    public void close() {
        peer.close();
    }
}
