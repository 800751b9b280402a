package dev.millrace.engine.store.postgres;

import dev.millrace.engine.store.sql.ContextSearch;
import java.util.List;
import java.util.stream.Collectors;

/** Texts are found by their tsvectors, labels are JSONB. */
final class PostgresSearch implements ContextSearch.Dialect {
    @Override
    public String label() {
        return "c.labels ->> ? = ?";
    }

    @Override
    public String found() {
        return "x.words @@ ?::tsquery";
    }

    @Override
    public String texts() {
        return "texts x";
    }

    /** Quoted, so that nothing in them is an operator. */
    @Override
    public String match(List<String> words) {
        return words.stream().map(word -> "'" + word + "':*").collect(Collectors.joining(" & "));
    }
}
