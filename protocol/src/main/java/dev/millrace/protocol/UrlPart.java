package dev.millrace.protocol;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** A {@link Part} that says where the content is. The URL is as the sender gave it, unchecked. */
public record UrlPart(
        String url,
        @Nullable ObjectNode metadata,
        @Nullable String filename,
        @Nullable String mediaType) implements Part {

    public UrlPart {
        requireNonNull(url, "url");
    }
}
