package dev.millrace.engine.store;

import java.time.Instant;
import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A file's place in its owner's list: by when it was made, in milliseconds, and its id. */
public record FilePlace(long createdMillis, String id) {
    /** The order of the list. */
    public static final Comparator<FileRegister.Entry> NEWEST_FIRST = Comparator.comparingLong(
                    (FileRegister.Entry e) -> e.createdAt().toEpochMilli())
            .thenComparing(FileRegister.Entry::id)
            .reversed();

    private static final Pattern TEXT = Pattern.compile("([0-9]{1,15})-([0-9a-f]{32})");

    /** As {@link dev.millrace.engine.Page#next} has it. */
    public static String after(FileRegister.Entry last) {
        return last.createdAt().toEpochMilli() + "-" + last.id();
    }

    /** Null if the text is none of {@link #after}'s. */
    public static @Nullable FilePlace parse(String text) {
        Matcher parts = TEXT.matcher(text);
        return parts.matches() ? new FilePlace(Long.parseLong(parts.group(1)), parts.group(2)) : null;
    }

    /** Whether the file comes after this place. */
    public boolean isBefore(FileRegister.Entry entry) {
        Instant created = entry.createdAt();
        return created.toEpochMilli() < createdMillis
                || (created.toEpochMilli() == createdMillis && entry.id().compareTo(id) < 0);
    }
}
