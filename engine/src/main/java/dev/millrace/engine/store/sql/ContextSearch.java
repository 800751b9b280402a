package dev.millrace.engine.store.sql;

import dev.millrace.engine.Context;
import dev.millrace.engine.ContextQuery;
import dev.millrace.engine.Page;
import dev.millrace.engine.store.ContextPlace;
import dev.millrace.engine.store.Words;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One question for contexts, as SQL. The pinned and the others are asked for by themselves, so that each part comes out
 * of its index in order and a page costs what is on it, however many contexts there are. All are counted only where the
 * page does not tell how many there are. What has words in it is looked up by them, once: its hits are counted and
 * sorted in the same statement.
 */
public final class ContextSearch {
    /** What a database says in words of its own. */
    public interface Dialect {
        /** The condition on a label of a context {@code c}, whose key and value are bound. */
        String label();

        /** The condition on a text {@code x}, which is bound as {@link #match} gives it. */
        String found();

        /** Where the texts are: the tables, {@code x} among them. */
        String texts();

        /** A question for texts in which each of these words is the beginning of one. */
        String match(List<String> words);
    }

    /** The tables, in one transaction. */
    public interface Tables {
        /** The contexts of a table {@code contexts c}. */
        List<Context> contexts(String where, @Nullable Object... arguments);

        long count(String sql, @Nullable Object... arguments);

        /** Each row's id and total. */
        List<Hit> hits(String sql, @Nullable Object... arguments);
    }

    /**
     * A context that was found.
     *
     * @param total how many were found in all
     */
    public record Hit(String id, long total) {}

    /** Contexts fetched by one statement. */
    private static final int AT_ONCE = 256;

    private final ContextQuery query;
    private final List<String> words;
    private final StringBuilder where = new StringBuilder("WHERE c.owner = ?");
    private final List<@Nullable Object> arguments = new ArrayList<>();

    public ContextSearch(ContextQuery query, Dialect dialect) {
        this.query = query;
        words = query.text() == null ? List.of() : Words.of(query.text());
        arguments.add(query.owner());
        if (query.agent() != null) {
            and("c.agent = ?", query.agent());
        }
        if (query.archived() != null) {
            and("c.archived = ?", query.archived());
        }
        if (query.unread() != null) {
            and("(c.answered_at > c.read_to) = ?", query.unread());
        }
        if (query.parentId() != null) {
            and("c.parent_id = ?", query.parentId());
        } else if (query.roots()) {
            where.append(" AND c.parent_id IS NULL");
        }
        query.labels().forEach((key, value) -> {
            and(dialect.label(), key);
            arguments.add(value);
        });
        if (!words.isEmpty()) {
            and(
                    "c.id IN (SELECT x.context_id FROM " + dialect.texts()
                            + " LEFT JOIN tasks t ON t.id = x.task_id WHERE " + dialect.found()
                            + " AND (x.task_id = '' OR t.cut_at = 0 OR t.cut_at > t.position))",
                    dialect.match(words));
        }
    }

    private void and(String condition, Object argument) {
        where.append(" AND ").append(condition);
        arguments.add(argument);
    }

    public Page<Context> run(Tables tables) {
        if (query.text() != null && words.isEmpty()) {
            return new Page<>(List.of(), null, 0);
        }
        ContextPlace after = query.after() == null ? null : ContextPlace.parse(query.after());
        if (query.after() != null && after == null) {
            return new Page<>(List.of(), null, count(tables));
        }
        int wanted = query.limit() == Integer.MAX_VALUE ? query.limit() : query.limit() + 1;
        if (!words.isEmpty()) {
            return byWords(tables, after, wanted);
        }
        var found = new ArrayList<Context>();
        if (after == null || after.pin() != Context.Shelf.UNPINNED) {
            found.addAll(pinned(tables, after, wanted));
        }
        if (found.size() < wanted) {
            found.addAll(others(tables, after, wanted - found.size()));
        }
        boolean more = found.size() > query.limit();
        long total = more || after != null ? count(tables) : found.size();
        List<Context> items = more ? found.subList(0, query.limit()) : found;
        return new Page<>(items, more ? ContextPlace.of(items.getLast()).toString() : null, total);
    }

    private Page<Context> byWords(Tables tables, @Nullable ContextPlace after, int wanted) {
        var sql = new StringBuilder("SELECT h.id, h.total FROM (SELECT c.id, c.pin, c.updated_at, count(*) OVER ()")
                .append(" AS total FROM contexts c ")
                .append(where)
                .append(") h");
        var with = new ArrayList<>(arguments);
        if (after != null) {
            sql.append(" WHERE h.pin > ? OR (h.pin = ? AND (h.updated_at, h.id) < (?, ?))");
            with.addAll(List.of(after.pin(), after.pin(), after.updatedAt(), after.id()));
        }
        with.add(wanted);
        List<Hit> hits = tables.hits(sql + " ORDER BY h.pin, h.updated_at DESC, h.id DESC LIMIT ?", with.toArray());
        if (hits.isEmpty()) {
            return new Page<>(List.of(), null, after == null ? 0 : count(tables));
        }
        boolean more = hits.size() > query.limit();
        List<Context> items =
                fetch(tables, hits.stream().limit(query.limit()).map(Hit::id).toList());
        return new Page<>(
                items,
                more ? ContextPlace.of(items.getLast()).toString() : null,
                hits.getFirst().total());
    }

    /** The contexts with these ids, in the order of lists. */
    private static List<Context> fetch(Tables tables, List<String> ids) {
        var found = new ArrayList<Context>();
        for (int from = 0; from < ids.size(); from += AT_ONCE) {
            var some = new ArrayList<@Nullable Object>(ids.subList(from, Math.min(ids.size(), from + AT_ONCE)));
            // To a power of two, so that there are few statements to keep prepared.
            int places = Integer.highestOneBit(Math.max(1, 2 * some.size() - 1));
            while (some.size() < places) {
                some.add(some.getLast());
            }
            found.addAll(tables.contexts(
                    "WHERE c.id IN (" + String.join(", ", Collections.nCopies(places, "?")) + ")", some.toArray()));
        }
        found.sort(Comparator.comparing(ContextPlace::of));
        return found;
    }

    private long count(Tables tables) {
        return tables.count("SELECT count(*) FROM contexts c " + where, arguments.toArray());
    }

    private List<Context> pinned(Tables tables, @Nullable ContextPlace after, int max) {
        var sql = new StringBuilder(where).append(" AND c.pin < ").append(Context.Shelf.UNPINNED);
        var with = new ArrayList<>(arguments);
        if (after != null) {
            sql.append(" AND (c.pin > ? OR (c.pin = ? AND (c.updated_at, c.id) < (?, ?)))");
            with.addAll(List.of(after.pin(), after.pin(), after.updatedAt(), after.id()));
        }
        with.add(max);
        return tables.contexts(sql + " ORDER BY c.pin, c.updated_at DESC, c.id DESC LIMIT ?", with.toArray());
    }

    private List<Context> others(Tables tables, @Nullable ContextPlace after, int max) {
        var sql = new StringBuilder(where).append(" AND c.pin = ").append(Context.Shelf.UNPINNED);
        var with = new ArrayList<>(arguments);
        if (after != null && after.pin() == Context.Shelf.UNPINNED) {
            sql.append(" AND (c.updated_at, c.id) < (?, ?)");
            with.addAll(List.of(after.updatedAt(), after.id()));
        }
        with.add(max);
        return tables.contexts(sql + " ORDER BY c.updated_at DESC, c.id DESC LIMIT ?", with.toArray());
    }
}
