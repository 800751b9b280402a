package dev.millrace.engine.store;

import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a page of tasks ended: by the status's time and the id that its last task had then, so that the place stays where
 * it is when that task moves on.
 */
public record TaskPlace(Instant statusAt, String taskId) {
    /** Seconds since 1970, nanoseconds, id: a store may keep times finer than others. */
    private static final Pattern TEXT = Pattern.compile("([0-9]{1,11})\\.([0-9]{1,9}):(.+)", Pattern.DOTALL);

    /** As {@link dev.millrace.engine.Page#next} has it. */
    public static String after(TaskRecord last) {
        Instant at = last.statusAt();
        return at.getEpochSecond() + "." + at.getNano() + ":" + last.id();
    }

    /** Null if the text is none of {@link #after}'s. */
    public static @Nullable TaskPlace parse(String text) {
        Matcher parts = TEXT.matcher(text);
        if (!parts.matches()) {
            return null;
        }
        Instant at = Instant.ofEpochSecond(Long.parseLong(parts.group(1)), Long.parseLong(parts.group(2)));
        return new TaskPlace(at, parts.group(3));
    }
}
