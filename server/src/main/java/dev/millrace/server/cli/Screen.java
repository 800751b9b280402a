package dev.millrace.server.cli;

import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.DataPart;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.RawPart;
import dev.millrace.protocol.StreamResponse;
import dev.millrace.protocol.Task;
import dev.millrace.protocol.TaskArtifactUpdateEvent;
import dev.millrace.protocol.TaskState;
import dev.millrace.protocol.TaskStatus;
import dev.millrace.protocol.TaskStatusUpdateEvent;
import dev.millrace.protocol.TextPart;
import dev.millrace.protocol.UrlPart;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * A task's events on a terminal: what the agent makes on standard output, piece by piece, and what is said about it on
 * standard error.
 *
 * <p>A terminal cannot take back what it shows. Where an artifact is replaced by one that begins with what is there, only
 * the rest is printed; else a line on standard error says so and the new text begins on a line of its own.
 */
final class Screen {
    private final PrintWriter out;
    private final PrintWriter err;
    private final boolean terminal;
    private final Map<String, StringBuilder> shown = new HashMap<>();
    private final Set<String> asides = new HashSet<>();
    private @Nullable String current;
    private boolean midLine;

    /** @param terminal whether colours and cursor controls mean something to who reads this */
    Screen(PrintWriter out, PrintWriter err, boolean terminal) {
        this.out = out;
        this.err = err;
        this.terminal = terminal;
    }

    void show(StreamResponse event) {
        switch (event) {
            case Task task -> {
                for (Artifact artifact : task.artifacts()) {
                    artifact(artifact, false);
                }
                status(task.status());
            }
            case Message message -> {
                endLine();
                print(text(message.parts()));
            }
            case TaskStatusUpdateEvent update -> status(update.status());
            case TaskArtifactUpdateEvent update -> artifact(update.artifact(), update.append());
        }
    }

    /** A line of its own on standard output. */
    void line(String text) {
        out.println(text);
        out.flush();
    }

    /** A line about the whole, on standard error. */
    void say(String text) {
        endLine();
        err.println(safe(text));
        err.flush();
    }

    /** Why the task goes no further, in the agent's words if it gave any. */
    void ended(TaskStatus status, String otherwise) {
        Message message = status.message();
        String words = message == null ? "" : message.text().strip();
        say(words.isEmpty() ? otherwise : otherwise + ": " + words);
    }

    /** Ends the last line. */
    void end() {
        endLine();
    }

    private void status(TaskStatus status) {
        Message message = status.message();
        boolean ending = status.state().terminal() && status.state() != TaskState.COMPLETED;
        if (message == null || ending || status.state().interrupted()) {
            return; // those are told with the exit code
        }
        String words = safe(message.text().strip());
        if (!words.isEmpty()) {
            dim(words);
        }
    }

    private void artifact(Artifact artifact, boolean append) {
        String id = artifact.artifactId();
        if (aside(artifact)) {
            return;
        }
        StringBuilder before = shown.computeIfAbsent(id, _ -> new StringBuilder());
        String text = text(artifact.parts());
        if (!id.equals(current)) {
            if (current != null) {
                endLine();
            }
            current = id;
        }
        if (append || before.isEmpty()) {
            before.append(text);
            print(text);
        } else if (text.startsWith(before.toString())) {
            print(text.substring(before.length()));
            before.append(text, before.length(), text.length());
        } else {
            say("[the agent began this answer again]");
            before.setLength(0);
            before.append(text);
            print(text);
        }
    }

    /** What an agent with a model does beside its answer ({@code docs/agents.md}): told in a word, and not shown. */
    private boolean aside(Artifact artifact) {
        String id = artifact.artifactId();
        ObjectNode metadata = artifact.metadata();
        String kind =
                metadata == null ? "" : metadata.path("millrace").path("kind").asString("");
        if (!kind.isEmpty() && !kind.equals("answer") && asides.add(id)) {
            switch (kind) {
                case "reasoning" -> dim("[thinks]");
                case "call" -> dim("[calls " + (artifact.name() == null ? "a tool" : artifact.name()) + "]");
                case "summary" -> dim("[sums up what was said]");
                default -> {
                    // What came of a call is in the answer, if it matters.
                }
            }
        }
        return asides.contains(id);
    }

    private void dim(String words) {
        endLine();
        err.println(terminal ? "\u001b[2m" + safe(words) + "\u001b[0m" : words);
        err.flush();
    }

    private String text(List<Part> parts) {
        var text = new StringBuilder();
        for (Part part : parts) {
            switch (part) {
                case TextPart words -> text.append(words.text());
                case DataPart data -> text.append(data.data()).append('\n');
                case UrlPart url -> text.append(url.url()).append('\n');
                case RawPart file ->
                    say("[" + (file.filename() == null ? "a file" : file.filename())
                            + (file.mediaType() == null ? "" : ", " + file.mediaType()) + ", " + file.raw().length
                            + " bytes: not shown]");
            }
        }
        return text.toString();
    }

    private void print(String text) {
        if (!text.isEmpty()) {
            out.print(safe(text));
            out.flush();
            midLine = !text.endsWith("\n");
        }
    }

    private void endLine() {
        if (midLine) {
            out.println();
            out.flush();
            midLine = false;
        }
    }

    /** An agent's words must not steer the terminal: controls other than line feed and tab become visible. */
    private String safe(String text) {
        return terminal ? text.replaceAll("[\\p{Cc}&&[^\n\t]]", "\uFFFD") : text;
    }
}
