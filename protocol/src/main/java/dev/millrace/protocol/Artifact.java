package dev.millrace.protocol;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Something a task makes. Text that streams is an artifact that grows, see {@link TaskArtifactUpdateEvent}.
 *
 * @param artifactId unique within the task
 * @param name for people, or null
 * @param description for people, or null
 * @param parts the content
 * @param metadata what the agent adds, or null
 * @param extensions the URIs of the extensions that had a part in this artifact
 */
public record Artifact(
        String artifactId,
        @Nullable String name,
        @Nullable String description,
        List<Part> parts,
        @Nullable ObjectNode metadata,
        List<String> extensions) {

    public Artifact {
        requireNonNull(artifactId, "artifactId");
        parts = List.copyOf(parts);
        extensions = List.copyOf(extensions);
    }

    /** An artifact of these parts, with nothing else set. */
    public static Artifact of(String artifactId, Part... parts) {
        return new Artifact(artifactId, null, null, List.of(parts), null, List.of());
    }

    /** An artifact of plain text. */
    public static Artifact text(String artifactId, String text) {
        return of(artifactId, Part.text(text));
    }

    /** The text of all text parts, one after the other with nothing between them; empty if there is none. */
    public String text() {
        return Texts.joined(parts);
    }

    /** This artifact with a name. */
    public Artifact named(@Nullable String name) {
        return new Artifact(artifactId, name, description, parts, metadata, extensions);
    }

    /** This artifact with other parts. */
    public Artifact withParts(List<Part> parts) {
        return new Artifact(artifactId, name, description, parts, metadata, extensions);
    }

    /** This artifact with other metadata. */
    public Artifact withMetadata(@Nullable ObjectNode metadata) {
        return new Artifact(artifactId, name, description, parts, metadata, extensions);
    }
}
