package dev.millrace.protocol;

import static java.util.Objects.requireNonNull;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** A {@link Part} of text. Empty text is text too. */
public record TextPart(
        String text,
        @Nullable ObjectNode metadata,
        @Nullable String filename,
        @Nullable String mediaType) implements Part {

    public TextPart {
        requireNonNull(text, "text");
    }

    /** This part with other text. */
    public TextPart withText(String text) {
        return new TextPart(text, metadata, filename, mediaType);
    }

    /** True if {@code next} only continues this part's text: everything else about the two is the same. */
    boolean continuesInto(TextPart next) {
        return Objects.equals(metadata, next.metadata)
                && Objects.equals(filename, next.filename)
                && Objects.equals(mediaType, next.mediaType);
    }
}
