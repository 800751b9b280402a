package dev.millrace.engine.store.sql;

import dev.millrace.engine.store.SecretStore;
import java.sql.Connection;
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
            Statements.update(
                    connection,
                    "INSERT INTO secrets (name, secret) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
                    name,
                    mine);
            // Not always mine: another process may have been quicker.
            String kept = find(connection, name);
            return kept == null ? mine : kept;
        });
    }

    private static @Nullable String find(Connection connection, String name) throws SQLException {
        return Statements.first(row -> row.getString(1), connection, "SELECT secret FROM secrets WHERE name = ?", name);
    }
}
