package dev.millrace.protocol;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * An artifact while its chunks come in.
 *
 * <p>Streamed text arrives in pieces of a word. Concatenating strings would copy all that is there for each of them, so
 * the last text part is kept open in a {@link StringBuilder} while pieces continue it: all the chunks of an artifact
 * cost time linear in their size. Only the seam between two chunks is closed up; two text parts that an agent put into
 * one chunk stay two.
 */
final class GrowingArtifact {
    private final String artifactId;
    private @Nullable String name;
    private @Nullable String description;
    private @Nullable ObjectNode metadata;
    private final Set<String> extensions = new LinkedHashSet<>();

    private final List<Part> parts = new ArrayList<>();
    /** The text of the last part, if that part has grown since it was put in {@link #parts}. */
    private @Nullable StringBuilder openText;

    private @Nullable Artifact built;

    GrowingArtifact(Artifact start) {
        artifactId = start.artifactId();
        replaceBy(start);
    }

    void take(TaskArtifactUpdateEvent chunk) {
        if (chunk.append()) {
            append(chunk.artifact());
        } else {
            replaceBy(chunk.artifact());
        }
    }

    private void replaceBy(Artifact whole) {
        name = whole.name();
        description = whole.description();
        metadata = whole.metadata();
        extensions.clear();
        extensions.addAll(whole.extensions());
        parts.clear();
        parts.addAll(whole.parts());
        openText = null;
        built = whole;
    }

    private void append(Artifact piece) {
        name = piece.name() == null ? name : piece.name();
        description = piece.description() == null ? description : piece.description();
        metadata = overlay(metadata, piece.metadata());
        extensions.addAll(piece.extensions());
        boolean seam = true;
        for (Part part : piece.parts()) {
            if (!(seam && part instanceof TextPart next && continueText(next))) {
                closeText();
                parts.add(part);
            }
            seam = false;
        }
        built = null;
    }

    private boolean continueText(TextPart next) {
        if (parts.isEmpty() || !(parts.getLast() instanceof TextPart last) || !last.continuesInto(next)) {
            return false;
        }
        if (openText == null) {
            openText = new StringBuilder(last.text());
        }
        openText.append(next.text());
        return true;
    }

    private void closeText() {
        if (openText != null && parts.getLast() instanceof TextPart last) {
            parts.set(parts.size() - 1, last.withText(openText.toString()));
        }
        openText = null;
    }

    /** The artifact as it is now. Costs a copy of the text if it has grown since the last call, else nothing. */
    Artifact artifact() {
        if (built == null) {
            List<Part> now = new ArrayList<>(parts);
            if (openText != null && now.getLast() instanceof TextPart last) {
                now.set(now.size() - 1, last.withText(openText.toString()));
            }
            built = new Artifact(artifactId, name, description, now, metadata, List.copyOf(extensions));
        }
        return built;
    }

    /** The fields of both, those of {@code upper} where both have one; neither is changed. */
    static @Nullable ObjectNode overlay(@Nullable ObjectNode lower, @Nullable ObjectNode upper) {
        if (lower == null || upper == null || lower.equals(upper)) {
            return upper == null ? lower : upper;
        }
        return lower.objectNode().setAll(lower).setAll(upper);
    }
}
