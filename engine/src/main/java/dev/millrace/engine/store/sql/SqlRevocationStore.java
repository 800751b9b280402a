package dev.millrace.engine.store.sql;

import dev.millrace.engine.store.RevocationStore;
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
        int _ = thread.call(connection -> {
            Statements.update(connection, "DELETE FROM revocations WHERE until < ?", now.getEpochSecond());
            return Statements.update(
                    connection,
                    "INSERT INTO revocations (signature, until) VALUES (?, ?) ON CONFLICT (signature) DO NOTHING",
                    signature,
                    until.getEpochSecond());
        });
    }

    @Override
    public boolean isRevoked(String signature) {
        return thread.call(connection -> !Statements.list(
                        row -> row.getInt(1), connection, "SELECT 1 FROM revocations WHERE signature = ?", signature)
                .isEmpty());
    }
}
