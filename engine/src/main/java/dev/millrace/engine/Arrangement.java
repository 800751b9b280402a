package dev.millrace.engine;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a conversation is to be kept; null leaves what is.
 *
 * @param title its new title
 * @param labels all of its labels
 * @param pin its place among the pinned, ascending; {@link Context.Shelf#UNPINNED} takes it from them
 * @param readTo the offset up to which its owner has read it
 * @param archived whether it, and every conversation that is a part of it, is put away
 */
public record Arrangement(
        @Nullable String title,
        @Nullable Map<String, String> labels,
        @Nullable Long pin,
        @Nullable Long readTo,
        @Nullable Boolean archived) {

    /** Only put away, or taken out again. */
    public static Arrangement archived(boolean put) {
        return new Arrangement(null, null, null, null, put);
    }
}
