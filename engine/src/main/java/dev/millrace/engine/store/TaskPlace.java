package dev.millrace.engine.store;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Where a page of tasks ended: by the status's time and the id that its last task had then, so that the place stays where
 * it is when that task moves on.
 */
public record TaskPlace(Instant statusAt, String taskId) {

    /** As {@link dev.millrace.engine.Page#next} has it. */
    public static String after(TaskRecord last) {
        return last.statusAt().toEpochMilli() + ":" + last.id();
    }

    /** Null if the text is none of {@link #after}'s. */
    public static @Nullable TaskPlace parse(String text) {
        int colon = text.indexOf(':');
        if (colon < 1 || colon > 18 || !text.substring(0, colon).matches("-?[0-9]+")) {
            return null;
        }
        return new TaskPlace(Instant.ofEpochMilli(Long.parseLong(text.substring(0, colon))), text.substring(colon + 1));
    }
}
