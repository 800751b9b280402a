package dev.millrace.engine.store.memory;

import dev.millrace.engine.Page;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Cuts one page out of a sorted stream whose items have ids. */
final class Paging {
    private Paging() {}

    /** Items after the one with id {@code after}; none if there is no such item any more. */
    static <T> Page<T> page(Stream<T> sorted, Function<T, String> id, int limit, @Nullable String after) {
        var items = new ArrayList<T>();
        String next = null;
        long total = 0;
        boolean started = after == null;
        for (Iterator<T> i = sorted.iterator(); i.hasNext(); ) {
            T item = i.next();
            total++;
            if (started) {
                if (items.size() < limit) {
                    items.add(item);
                } else if (next == null) {
                    next = id.apply(items.getLast());
                }
            } else if (id.apply(item).equals(after)) {
                started = true;
            }
        }
        return new Page<>(items, next, total);
    }
}
