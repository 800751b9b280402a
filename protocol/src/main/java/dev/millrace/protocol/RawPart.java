package dev.millrace.protocol;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * A {@link Part} of bytes (base64 in JSON).
 *
 * <p>The array is not copied, since it may be large: who makes or reads a part leaves it unchanged. Two parts are equal
 * if their bytes are.
 */
@SuppressWarnings("ArrayRecordComponent") // equals and hashCode below look at the bytes
public record RawPart(
        byte[] raw,
        @Nullable ObjectNode metadata,
        @Nullable String filename,
        @Nullable String mediaType) implements Part {

    public RawPart {
        requireNonNull(raw, "raw");
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RawPart that
                && Arrays.equals(raw, that.raw)
                && Objects.equals(metadata, that.metadata)
                && Objects.equals(filename, that.filename)
                && Objects.equals(mediaType, that.mediaType);
    }

    @Override
    public int hashCode() {
        return Objects.hash(Arrays.hashCode(raw), metadata, filename, mediaType);
    }

    /** Says how many bytes there are, not which: a log is no place for a file. */
    @Override
    public String toString() {
        return "RawPart[" + raw.length + " bytes, metadata=" + metadata + ", filename=" + filename + ", mediaType="
                + mediaType + "]";
    }
}
