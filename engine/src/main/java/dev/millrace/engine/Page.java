package dev.millrace.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a longer list.
 *
 * @param next what to ask for the part that follows; null at the end
 * @param total how many there are in all parts
 */
public record Page<T>(List<T> items, @Nullable String next, long total) {
    public Page {
        items = List.copyOf(items);
    }
}
