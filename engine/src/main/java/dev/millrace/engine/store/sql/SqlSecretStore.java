package dev.millrace.engine.store.sql;

import dev.millrace.engine.store.SecretStore;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Secrets in the table {@code secrets}. */
public final class SqlSecretStore implements SecretStore {
    private final SqlThread thread;

    /** @param thread whoever owns it closes it */
    public SqlSecretStore(SqlThread thread) {
        this.thread = thread;
    }

    @Override
    public String keep(String name, Supplier<String> made) {
        String known = thread.<@Nullable String>call(connection -> find(connection, name));
        if (known != null) {
            return known;
        }
        String mine = made.get();
        return thread.call(connection -> {
            try (PreparedStatement insert = connection.prepareStatement(
                    "INSERT INTO secrets (name, secret) VALUES (?, ?) ON CONFLICT (name) DO NOTHING")) {
                insert.setString(1, name);
                insert.setString(2, mine);
                insert.executeUpdate();
            }
            // Not always mine: another process may have been quicker.
            String kept = find(connection, name);
            return kept == null ? mine : kept;
        });
    }

    private static @Nullable String find(Connection connection, String name) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT secret FROM secrets WHERE name = ?")) {
            select.setString(1, name);
            try (ResultSet found = select.executeQuery()) {
                return found.next() ? found.getString(1) : null;
            }
        }
    }
}
