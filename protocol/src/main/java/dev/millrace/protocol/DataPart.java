package dev.millrace.protocol;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A {@link Part} of structured data: any JSON value. JSON's null is a value too, and is a {@code NullNode} here. */
public record DataPart(
        JsonNode data,
        @Nullable ObjectNode metadata,
        @Nullable String filename,
        @Nullable String mediaType) implements Part {

    public DataPart {
        requireNonNull(data, "data");
    }
}
