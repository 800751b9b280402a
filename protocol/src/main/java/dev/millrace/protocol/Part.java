package dev.millrace.protocol;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** One piece of content in a message or an artifact: text, bytes, a link, or any JSON value. */
public sealed interface Part permits TextPart, RawPart, UrlPart, DataPart {

    /** What the sender adds to the part, or null. */
    @Nullable ObjectNode metadata();

    /** The name that the content would have as a file, or null. */
    @Nullable String filename();

    /** The content's media type, such as {@code text/markdown}, or null. */
    @Nullable String mediaType();

    /** A part of plain text. */
    static TextPart text(String text) {
        return new TextPart(text, null, null, null);
    }

    /** A part of bytes, which are not copied: the caller no longer changes them. */
    static RawPart raw(byte[] raw, String mediaType) {
        return new RawPart(raw, null, null, mediaType);
    }

    /** A part that says where the content is. */
    static UrlPart url(String url) {
        return new UrlPart(url, null, null, null);
    }

    /** A part of structured data. */
    static DataPart data(JsonNode data) {
        return new DataPart(data, null, null, null);
    }
}
