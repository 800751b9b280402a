package dev.millrace.files;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one version of a file.
 *
 * @param name for the reader to save it under; no path
 * @param size in bytes; {@link #UNTOLD} of a {@link WholeFile} whose origin does not say
 * @param mediaType as in {@code Content-Type}
 * @param tag names this version; strong wherever the source can tell versions apart byte for byte, null if it cannot tell
 *     them apart at all
 * @param lastModified null if unknown
 */
public record FileInfo(
        String name,
        long size,
        String mediaType,
        @Nullable EntityTag tag,
        @Nullable Instant lastModified) {
    /** The size of a file that comes without saying how long it is. */
    public static final long UNTOLD = -1;

    public FileInfo {
        if (size < UNTOLD) {
            throw new IllegalArgumentException("size must not be negative: " + size);
        }
    }
}
