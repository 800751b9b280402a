package dev.millrace.engine.store.sqlite;

import dev.millrace.engine.Context;
import dev.millrace.engine.ContextQuery;
import dev.millrace.engine.Page;
import dev.millrace.engine.store.ContextPlace;
import dev.millrace.engine.store.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One question for contexts, as SQL. The pinned and the others are asked for by themselves, so that each part comes out
 * of its index in order and a page costs what is on it, however many contexts there are.
 */
final class ContextSearch {
    private final ContextQuery query;
    private final StringBuilder where = new StringBuilder("WHERE owner = ?");
    private final List<@Nullable Object> arguments = new ArrayList<>();

    ContextSearch(ContextQuery query) {
        this.query = query;
        arguments.add(query.owner());
        if (query.agent() != null) {
            and("agent = ?", query.agent());
        }
        if (query.archived() != null) {
            and("archived = ?", query.archived());
        }
        if (query.unread() != null) {
            and("(answered_at > read_to) = ?", query.unread());
        }
        if (query.parentId() != null) {
            and("parent_id = ?", query.parentId());
        } else if (query.roots()) {
            where.append(" AND parent_id IS NULL");
        }
        query.labels().forEach((key, value) -> {
            and("EXISTS (SELECT 1 FROM json_each(labels) l WHERE l.key = ? AND l.value = ?)", key);
            arguments.add(value);
        });
        if (query.text() != null) {
            and(
                    "id IN (SELECT x.context_id FROM texts_index JOIN texts x ON x.id = texts_index.rowid"
                            + " LEFT JOIN tasks t ON t.id = x.task_id WHERE texts_index MATCH ?"
                            + " AND (x.task_id = '' OR t.cut_at = 0 OR t.cut_at > t.position))",
                    match(query.text()));
        }
    }

    private void and(String condition, Object argument) {
        where.append(" AND ").append(condition);
        arguments.add(argument);
    }

    /** FTS5's words: quoted, so that nothing in them is an operator, and each the beginning of one. */
    private static String match(String text) {
        return Words.of(text).stream().map(word -> "\"" + word + "\"*").collect(Collectors.joining(" "));
    }

    Page<Context> run(SqliteReader reader) {
        if (query.text() != null && Words.of(query.text()).isEmpty()) {
            return new Page<>(List.of(), null, 0);
        }
        long total = reader.count("SELECT count(*) FROM contexts " + where, arguments.toArray());
        ContextPlace after = query.after() == null ? null : ContextPlace.parse(query.after());
        if (query.after() != null && after == null) {
            return new Page<>(List.of(), null, total);
        }
        int wanted = query.limit() == Integer.MAX_VALUE ? query.limit() : query.limit() + 1;
        var found = new ArrayList<Context>();
        if (after == null || after.pin() != Context.Shelf.UNPINNED) {
            found.addAll(pinned(reader, after, wanted));
        }
        if (found.size() < wanted) {
            found.addAll(others(reader, after, wanted - found.size()));
        }
        boolean more = found.size() > query.limit();
        List<Context> items = more ? found.subList(0, query.limit()) : found;
        return new Page<>(items, more ? ContextPlace.of(items.getLast()).toString() : null, total);
    }

    private List<Context> pinned(SqliteReader reader, @Nullable ContextPlace after, int max) {
        var sql = new StringBuilder(where).append(" AND pin < ").append(Context.Shelf.UNPINNED);
        var with = new ArrayList<>(arguments);
        if (after != null) {
            sql.append(" AND (pin > ? OR (pin = ? AND (updated_at, id) < (?, ?)))");
            with.addAll(List.of(after.pin(), after.pin(), after.updatedAt(), after.id()));
        }
        with.add(max);
        return reader.contexts(sql + " ORDER BY pin, updated_at DESC, id DESC LIMIT ?", with.toArray());
    }

    private List<Context> others(SqliteReader reader, @Nullable ContextPlace after, int max) {
        var sql = new StringBuilder(where).append(" AND pin = ").append(Context.Shelf.UNPINNED);
        var with = new ArrayList<>(arguments);
        if (after != null && after.pin() == Context.Shelf.UNPINNED) {
            sql.append(" AND (updated_at, id) < (?, ?)");
            with.addAll(List.of(after.updatedAt(), after.id()));
        }
        with.add(max);
        return reader.contexts(sql + " ORDER BY updated_at DESC, id DESC LIMIT ?", with.toArray());
    }
}
