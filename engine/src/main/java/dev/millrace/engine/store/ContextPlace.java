package dev.millrace.engine.store;

import dev.millrace.engine.Context;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/**
 * Where a context stands in the list of its owner's: what {@link dev.millrace.engine.Page#next} is made of, so that a
 * page follows the one before even if the context between them has moved or gone meanwhile.
 */
public record ContextPlace(long pin, Instant updatedAt, String id) implements Comparable<ContextPlace> {
    public static ContextPlace of(Context context) {
        return new ContextPlace(context.shelf().pin(), context.updatedAt(), context.id());
    }

    /** What {@link #toString} wrote; null if it did not write this. */
    public static @Nullable ContextPlace parse(String text) {
        String[] pieces = text.split("~", 3);
        if (pieces.length < 3) {
            return null;
        }
        try {
            long pin = pieces[0].isEmpty() ? Context.Shelf.UNPINNED : Long.parseLong(pieces[0]);
            return new ContextPlace(pin, Instant.parse(pieces[1]), pieces[2]);
        } catch (NumberFormatException | DateTimeParseException e) {
            return null;
        }
    }

    @Override
    public int compareTo(ContextPlace other) {
        int byPin = Long.compare(pin, other.pin);
        int byTime = byPin != 0 ? byPin : other.updatedAt.compareTo(updatedAt);
        return byTime != 0 ? byTime : other.id.compareTo(id);
    }

    @Override
    public String toString() {
        return (pin == Context.Shelf.UNPINNED ? "" : pin) + "~" + updatedAt + "~" + id;
    }
}
