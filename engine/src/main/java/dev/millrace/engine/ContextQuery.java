package dev.millrace.engine;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which contexts to list: the pinned first, in the order of their pins, then those with the newest activity.
 *
 * @param text each word of it must begin a word of the title, or each of what was said in one task (case and accents do
 *     not count); null = any
 * @param labels labels that they must have, each with this value
 * @param archived only those that are, or are not; null = both
 * @param unread only those that are, or are not; null = both
 * @param agent only this agent's; null = of all
 * @param roots only those that are no part of another
 * @param parentId only the parts of this one; null = no matter
 * @param after the {@link Page#next} of the page before; null = from the first
 */
public record ContextQuery(
        String owner,
        @Nullable String text,
        Map<String, String> labels,
        @Nullable Boolean archived,
        @Nullable Boolean unread,
        @Nullable String agent,
        boolean roots,
        @Nullable String parentId,
        int limit,
        @Nullable String after) {

    public ContextQuery {
        labels = Map.copyOf(labels);
    }

    /** All of the owner's. */
    public static ContextQuery of(String owner, int limit, @Nullable String after) {
        return new ContextQuery(owner, null, new TreeMap<>(), null, null, null, false, null, limit, after);
    }
}
