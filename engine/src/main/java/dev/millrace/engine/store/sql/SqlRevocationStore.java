package dev.millrace.engine.store.sql;

import dev.millrace.engine.store.RevocationStore;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Instant;

/** What was revoked, in the table {@code revocations}. */
public final class SqlRevocationStore implements RevocationStore {
    private final SqlThread thread;

    /** @param thread whoever owns it closes it */
    public SqlRevocationStore(SqlThread thread) {
        this.thread = thread;
    }

    @Override
    public void revoke(String signature, Instant until, Instant now) {
        boolean _ = thread.call(connection -> {
            try (PreparedStatement over = connection.prepareStatement("DELETE FROM revocations WHERE until < ?")) {
                over.setLong(1, now.getEpochSecond());
                over.executeUpdate();
            }
            try (PreparedStatement insert = connection.prepareStatement(
                    "INSERT INTO revocations (signature, until) VALUES (?, ?) ON CONFLICT (signature) DO NOTHING")) {
                insert.setString(1, signature);
                insert.setLong(2, until.getEpochSecond());
                return insert.executeUpdate() > 0;
            }
        });
    }

    @Override
    public boolean isRevoked(String signature) {
        return thread.call(connection -> {
            try (PreparedStatement select =
                    connection.prepareStatement("SELECT 1 FROM revocations WHERE signature = ?")) {
                select.setString(1, signature);
                try (ResultSet found = select.executeQuery()) {
                    return found.next();
                }
            }
        });
    }
}
