package dev.millrace.engine.store.postgres;

import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.Event;
import dev.millrace.engine.store.Labels;
import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.TaskState;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The changes of a group as the arguments of {@code write_group}: an array for each column. */
final class GroupCall {
    private static final String SQL = "SELECT write_group(" + "?, ".repeat(61) + "?)";

    private record Said<T>(String contextId, T what) {}

    private final List<Change> changes;
    private final List<TaskRecord> tasks = new ArrayList<>();
    private final List<Said<String>> assumed = new ArrayList<>();
    private final List<TaskRecord> merged = new ArrayList<>();
    private final List<Said<Journal.Entry<Event>>> events = new ArrayList<>();
    private final List<Said<SendKey>> sends = new ArrayList<>();
    private final List<Said<Map.Entry<String, String>>> texts = new ArrayList<>();

    GroupCall(List<Change> changes) {
        this.changes = changes;
        for (Change change : changes) {
            String contextId = change.contextId();
            change.assumedUnknown().forEach(key -> assumed.add(new Said<>(contextId, key)));
            tasks.addAll(change.tasks().values());
            merged.addAll(change.merged());
            change.events().forEach(entry -> events.add(new Said<>(contextId, entry)));
            var last = new LinkedHashMap<String, SendKey>();
            change.sends().forEach(key -> last.put(key.key(), key));
            last.values().forEach(key -> sends.add(new Said<>(contextId, key)));
            if (change.writes()) {
                change.texts().entrySet().forEach(text -> texts.add(new Said<>(contextId, text)));
            }
        }
    }

    /** One round trip. Gives the contexts that lost. */
    Set<String> run(Connection connection, String writer, long incarnation, long group, boolean durable)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(SQL)) {
            statement.setString(1, writer);
            statement.setLong(2, incarnation);
            statement.setLong(3, group);
            statement.setBoolean(4, durable);
            var arrays = new Arrays(connection, statement, 5);
            contexts(arrays);
            arrays.text(assumed, Said::contextId);
            arrays.text(assumed, Said::what);
            tasks(arrays);
            arrays.text(merged, TaskRecord::contextId);
            arrays.text(merged, TaskRecord::id);
            arrays.longs(merged, TaskRecord::position);
            events(arrays);
            sends(arrays);
            arrays.text(texts, Said::contextId);
            arrays.text(texts, text -> text.what().getKey());
            arrays.text(texts, text -> words(text.what().getValue()));
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return lost(row.getArray(1));
            }
        }
    }

    static Set<String> lost(Array array) throws SQLException {
        return Set.of((String[]) array.getArray());
    }

    private void contexts(Arrays arrays) throws SQLException {
        // What is only checked may have no row; the server does not look at these columns then.
        List<@Nullable Context> rows = new ArrayList<>();
        changes.forEach(change -> rows.add(change.writes() ? change.row() : null));
        arrays.text(changes, Change::contextId);
        arrays.longs(changes, change -> change.before().version());
        arrays.booleans(changes, Change::writes);
        arrays.text(rows, row -> row == null ? null : row.owner());
        arrays.text(rows, row -> row == null ? null : row.agent());
        arrays.text(rows, row -> row == null ? null : row.title());
        arrays.ints(rows, row -> row == null ? null : Rows.number(row.concurrency()));
        arrays.longs(rows, row -> row == null ? null : row.createdAt().toEpochMilli());
        arrays.longs(rows, row -> row == null ? null : row.updatedAt().toEpochMilli());
        arrays.longs(rows, row -> row == null ? null : row.lastOffset());
        arrays.text(rows, row -> row == null ? null : row.parentId());
        arrays.flags(rows, row -> row == null ? null : row.held());
        arrays.longs(rows, row -> row == null ? null : row.clearedAt());
        arrays.longs(rows, row -> row == null ? null : row.answeredAt());
        arrays.flags(rows, row -> row == null ? null : row.shelf().archived());
        arrays.longs(rows, row -> row == null ? null : row.shelf().pin());
        arrays.text(rows, row -> row == null ? null : Labels.write(row.shelf().labels()));
        arrays.longs(rows, row -> row == null ? null : row.shelf().readTo());
        arrays.ints(rows, row -> row == null ? null : row.change().code());
        arrays.booleans(changes, Change::told);
        arrays.booleans(changes, Change::forgets);
    }

    /** Each word once; what a tsvector can't take for a word (2 KiB) nobody looks for. */
    private static String words(String text) {
        return dev.millrace.engine.store.Words.of(text).stream()
                .distinct()
                .filter(word -> word.length() <= 500)
                .collect(Collectors.joining(" "));
    }

    private void tasks(Arrays arrays) throws SQLException {
        arrays.text(tasks, TaskRecord::id);
        arrays.text(tasks, TaskRecord::contextId);
        arrays.text(tasks, TaskRecord::owner);
        arrays.text(tasks, TaskRecord::agent);
        arrays.ints(tasks, task -> task.state().number());
        arrays.longs(tasks, task -> task.statusAt().toEpochMilli());
        arrays.longs(tasks, TaskRecord::position);
        arrays.longs(tasks, TaskRecord::messageAt);
        arrays.longs(tasks, TaskRecord::epoch);
        arrays.text(tasks, TaskRecord::leasedBy);
        arrays.ints(tasks, TaskRecord::attempts);
        arrays.booleans(tasks, TaskRecord::merged);
        arrays.longs(tasks, TaskRecord::place);
        arrays.longs(tasks, TaskRecord::cutAt);
        arrays.longs(tasks, TaskRecord::endedAt);
        arrays.longs(tasks, TaskRecord::since);
    }

    private void events(Arrays arrays) throws SQLException {
        arrays.text(events, Said::contextId);
        arrays.longs(events, entry -> entry.what().offset());
        arrays.text(events, entry -> entry.what().event().taskId());
        arrays.ints(events, entry -> entry.what().event().kind().code());
        arrays.ints(events, entry -> number(entry.what().event().state()));
        arrays.bytes(events, entry -> entry.what().event().json());
    }

    private static @Nullable Integer number(@Nullable TaskState state) {
        return state == null ? null : state.number();
    }

    private void sends(Arrays arrays) throws SQLException {
        arrays.text(sends, Said::contextId);
        arrays.text(sends, send -> send.what().key());
        arrays.text(sends, send -> send.what().print());
        arrays.text(sends, send -> send.what().answer().taskId());
        arrays.longs(sends, send -> send.what().answer().offset());
        arrays.longs(sends, send -> send.what().answer().from());
        arrays.ints(sends, send -> send.what().answer().state().number());
    }

    /** Binds columns, one after the other. */
    private static final class Arrays {
        private final Connection connection;
        private final PreparedStatement statement;
        private int next;

        Arrays(Connection connection, PreparedStatement statement, int first) {
            this.connection = connection;
            this.statement = statement;
            next = first;
        }

        <T extends @Nullable Object> void text(Collection<T> rows, Function<T, @Nullable String> column)
                throws SQLException {
            bind("text", rows.stream().map(column).toArray(String[]::new));
        }

        <T extends @Nullable Object> void longs(Collection<T> rows, Function<T, @Nullable Long> column)
                throws SQLException {
            bind("int8", rows.stream().map(column).toArray(Long[]::new));
        }

        <T extends @Nullable Object> void ints(Collection<T> rows, Function<T, @Nullable Integer> column)
                throws SQLException {
            bind("int4", rows.stream().map(column).toArray(Integer[]::new));
        }

        <T extends @Nullable Object> void flags(Collection<T> rows, Function<T, @Nullable Boolean> column)
                throws SQLException {
            bind("bool", rows.stream().map(column).toArray(Boolean[]::new));
        }

        <T> void booleans(Collection<T> rows, Function<T, Boolean> column) throws SQLException {
            bind("bool", rows.stream().map(column).toArray(Boolean[]::new));
        }

        <T> void bytes(Collection<T> rows, Function<T, byte[]> column) throws SQLException {
            bind("bytea", rows.stream().map(column).toArray(byte[][]::new));
        }

        private void bind(String type, Object[] values) throws SQLException {
            statement.setArray(next++, connection.createArrayOf(type, values));
        }
    }
}
