package dev.millrace.engine.store.sql;

import dev.millrace.protocol.TaskState;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Statements that are prepared, run once, and closed. For the thread of their connection. */
public final class Statements {
    /** What a row says. */
    @FunctionalInterface
    interface Row<T> {
        T map(ResultSet row) throws SQLException;
    }

    private Statements() {}

    /** Binds a statement's parameters, in order. An {@link Instant} is milliseconds since 1970, a flag 1 or 0, a state its number. */
    public static void bind(PreparedStatement statement, @Nullable Object... arguments) throws SQLException {
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case null -> statement.setObject(i + 1, null);
                case String text -> statement.setString(i + 1, text);
                case Long number -> statement.setLong(i + 1, number);
                case Integer number -> statement.setInt(i + 1, number);
                case Boolean flag -> statement.setInt(i + 1, flag ? 1 : 0);
                case Instant at -> statement.setLong(i + 1, at.toEpochMilli());
                case TaskState state -> statement.setInt(i + 1, state.number());
                case byte[] bytes -> statement.setBytes(i + 1, bytes);
                case Object other -> throw new IllegalArgumentException("can't bind a " + other.getClass());
            }
        }
    }

    /** Gives the number of rows that it changed. */
    static int update(Connection connection, String sql, @Nullable Object... arguments) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, arguments);
            return statement.executeUpdate();
        }
    }

    static <T> List<T> list(Row<T> row, Connection connection, String sql, @Nullable Object... arguments)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, arguments);
            try (ResultSet rows = statement.executeQuery()) {
                var found = new ArrayList<T>();
                while (rows.next()) {
                    found.add(row.map(rows));
                }
                return found;
            }
        }
    }

    /** The first row; null if there is none. */
    static <T> @Nullable T first(Row<T> row, Connection connection, String sql, @Nullable Object... arguments)
            throws SQLException {
        List<T> found = list(row, connection, sql, arguments);
        return found.isEmpty() ? null : found.getFirst();
    }

    /** The time in a column of milliseconds since 1970; null if there is none. */
    static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
        long millis = row.getLong(column);
        return row.wasNull() ? null : Instant.ofEpochMilli(millis);
    }
}
