package dev.millrace.agents;

import dev.millrace.engine.Turn;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.Role;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * One call of the model within a turn, with all its tries: the ids of what is said in it, and which of them were begun. What
 * a try that failed has said is replaced by what the next one says under the same id, and what the next one does not say is
 * emptied.
 */
final class Step {
    /** Who knows which calls are the client's. */
    interface Announcer {
        /**
         * The id of a call that begins, if the user's client is to run it; null = it is for a tool of our own.
         *
         * @param given the id that the model gave it, if it did
         */
        @Nullable String announce(int index, @Nullable String given, String name);
    }

    private final Turn turn;
    private final int number;
    private final Set<String> stale = new LinkedHashSet<>();
    private final Set<String> begun = new LinkedHashSet<>();
    private final Map<Integer, String> announced = new HashMap<>();
    private Announcer announcer = (index, given, name) -> null;

    /**
     * @param number 1 for the first of a turn
     * @param left what earlier attempts of the task have left unfinished
     */
    Step(Turn turn, int number, Set<String> left) {
        this.turn = turn;
        this.number = number;
        stale.addAll(left);
    }

    /** Before the model is called. */
    Step announcing(Announcer whichAreTheClients) {
        announcer = whichAreTheClients;
        return this;
    }

    int number() {
        return number;
    }

    /** The first step's answer has the id that plain agents use. */
    String answerId() {
        return number <= 1 ? turn.answerId() : prefix();
    }

    String reasoningId() {
        return prefix() + ".reasoning";
    }

    String callId(int index) {
        return prefix() + ".call" + index;
    }

    String resultId(int index) {
        return prefix() + ".result" + index;
    }

    String summaryId() {
        return prefix() + ".summary";
    }

    private String prefix() {
        return turn.answerId() + ".s" + number;
    }

    /** The next try begins. */
    void tryAgain() {
        stale.addAll(begun);
        begun.clear();
        announced.clear();
    }

    /** Says a piece of the arguments of a call. */
    void sayOfCall(int index, @Nullable String givenId, String name, String text) {
        say(callId(index), name, text, () -> {
            String id = announcer.announce(index, givenId, name);
            ObjectNode marks = Marks.object();
            if (id != null) {
                announced.put(index, id);
                marks.putObject("client").put("id", id).put("name", name);
            }
            return Marks.of(Marks.Kind.CALL, marks);
        });
    }

    /** The id under which readers know a call of the client's already; null = they do not. */
    @Nullable String announcedId(int index) {
        return announced.get(index);
    }

    /** Says a piece of what is of this kind. */
    void say(String artifactId, Marks.Kind kind, String text) {
        say(artifactId, kind.wireName(), text, () -> Marks.of(kind));
    }

    /** @param metadata for the artifact that begins with this piece */
    private void say(String artifactId, String name, String text, Supplier<ObjectNode> metadata) {
        if (!begun.add(artifactId)) {
            turn.artifact(artifactId).say(text);
        } else if (artifactId.equals(turn.answerId()) && !stale.contains(artifactId)) {
            turn.artifact(artifactId).say(text);
        } else {
            turn.emit(new Artifact(artifactId, name, null, List.of(Part.text(text)), metadata.get(), List.of()));
        }
    }

    /** Whether the artifact was begun in this try. */
    boolean began(String artifactId) {
        return begun.contains(artifactId);
    }

    /** Emits a whole artifact, and gives it as the message that it will be in the conversation. */
    Message record(Artifact artifact) {
        begun.add(artifact.artifactId());
        turn.emit(artifact);
        return message(artifact);
    }

    Message message(Artifact artifact) {
        return new Message(
                turn.taskId() + "/" + artifact.artifactId(),
                turn.contextId(),
                turn.taskId(),
                Role.AGENT,
                artifact.parts(),
                artifact.metadata(),
                List.of(),
                List.of());
    }

    /** The model is done: what tries that failed have left is emptied. */
    void done() {
        stale.removeAll(begun);
        stale.forEach(id -> turn.emit(Artifact.text(id, "")));
        stale.clear();
    }
}
