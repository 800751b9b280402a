package dev.millrace.engine.store.sqlite;

import dev.millrace.engine.store.sql.ContextSearch;
import java.util.List;
import java.util.stream.Collectors;

/** Texts are found by FTS5, labels are JSON. */
final class SqliteSearch implements ContextSearch.Dialect {
    @Override
    public String label() {
        return "EXISTS (SELECT 1 FROM json_each(c.labels) l WHERE l.key = ? AND l.value = ?)";
    }

    @Override
    public String found() {
        return "texts_index MATCH ?";
    }

    @Override
    public String texts() {
        return "texts_index JOIN texts x ON x.id = texts_index.rowid";
    }

    /** Quoted, so that nothing in them is an operator. */
    @Override
    public String match(List<String> words) {
        return words.stream().map(word -> "\"" + word + "\"*").collect(Collectors.joining(" "));
    }
}
