package dev.millrace.engine.store.sql;

import static dev.millrace.engine.store.sql.Statements.first;
import static dev.millrace.engine.store.sql.Statements.instant;
import static dev.millrace.engine.store.sql.Statements.list;
import static dev.millrace.engine.store.sql.Statements.update;

import dev.millrace.engine.Page;
import dev.millrace.engine.store.PushStore;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Pushes in the tables {@code push_subscriptions} and {@code push_dead_letters}, which every SQL store has alike. */
public final class SqlPushStore implements PushStore, AutoCloseable {

    /** Where the databases differ. {@link #now} is milliseconds since 1970 by the database's own clock. */
    public enum Dialect {
        SQLITE("CAST(unixepoch('subsec') * 1000 AS INTEGER)", ""),
        POSTGRESQL("(extract(epoch FROM clock_timestamp()) * 1000)::bigint", " FOR UPDATE SKIP LOCKED");

        private final String now;
        private final String skipLocked;

        Dialect(String now, String skipLocked) {
            this.now = now;
            this.skipLocked = skipLocked;
        }
    }

    private static final String COLUMNS =
            "task_id, id, context_id, owner, config, delivered, attempts, failing_since," + " next_at, problem, ended";
    private static final String LETTER =
            "SELECT id, owner, task_id, subscription, config, \"offset\", json, attempts, problem, buried_at"
                    + " FROM push_dead_letters ";

    private final SqlThread thread;
    private final Dialect dialect;

    public SqlPushStore(SqlThread thread, Dialect dialect) {
        this.thread = thread;
        this.dialect = dialect;
    }

    @Override
    public void put(Subscription s, String holder, Duration claim) {
        thread.call(connection -> update(
                connection,
                "INSERT INTO push_subscriptions (" + COLUMNS + ", claimed_by, claimed_until)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, " + dialect.now + " + ?)"
                        + " ON CONFLICT (task_id, id) DO UPDATE SET config = excluded.config,"
                        + " attempts = 0, failing_since = NULL, next_at = NULL, problem = NULL",
                s.taskId(),
                s.id(),
                s.contextId(),
                s.owner(),
                s.config(),
                s.delivered(),
                s.attempts(),
                s.failingSince(),
                s.nextAt(),
                s.problem(),
                s.ended(),
                holder,
                claim.toMillis()));
    }

    @Override
    public @Nullable Subscription get(String taskId, String id) {
        return thread.<@Nullable Subscription>call(connection -> first(
                SqlPushStore::subscription,
                connection,
                "SELECT " + COLUMNS + " FROM push_subscriptions WHERE task_id = ? AND id = ?",
                taskId,
                id));
    }

    @Override
    public Page<Subscription> of(String taskId, int limit, @Nullable String after) {
        return thread.call(connection -> {
            List<Subscription> found = list(
                    SqlPushStore::subscription,
                    connection,
                    "SELECT " + COLUMNS + " FROM push_subscriptions WHERE task_id = ? AND id > ? ORDER BY id LIMIT ?",
                    taskId,
                    after == null ? "" : after,
                    limit + 1);
            return page(found, limit, Subscription::id);
        });
    }

    @Override
    public boolean delete(String taskId, String id) {
        return thread.call(connection ->
                update(connection, "DELETE FROM push_subscriptions WHERE task_id = ? AND id = ?", taskId, id) > 0);
    }

    @Override
    public List<Subscription> claim(String holder, Duration claim, int max) {
        return thread.call(connection -> list(
                SqlPushStore::subscription,
                connection,
                "UPDATE push_subscriptions SET claimed_by = ?, claimed_until = " + dialect.now + " + ?"
                        + " WHERE (task_id, id) IN (SELECT task_id, id FROM push_subscriptions WHERE ended = 0"
                        + " AND claimed_until < " + dialect.now + " LIMIT ?" + dialect.skipLocked + ") RETURNING "
                        + COLUMNS,
                holder,
                claim.toMillis(),
                max));
    }

    @Override
    public void renew(String holder, Duration claim) {
        thread.call(connection -> update(
                connection,
                "UPDATE push_subscriptions SET claimed_until = " + dialect.now + " + ?"
                        + " WHERE claimed_by = ? AND ended = 0",
                claim.toMillis(),
                holder));
    }

    @Override
    public void release(String holder) {
        thread.call(connection -> update(
                connection,
                "UPDATE push_subscriptions SET claimed_by = NULL, claimed_until = 0 WHERE claimed_by = ?",
                holder));
    }

    @Override
    public boolean move(Subscription now, String holder) {
        return thread.call(connection -> move(connection, now, holder));
    }

    private static boolean move(Connection connection, Subscription now, String holder) throws SQLException {
        return update(
                        connection,
                        "UPDATE push_subscriptions SET delivered = ?, attempts = ?, failing_since = ?, next_at = ?,"
                                + " problem = ?, ended = ? WHERE task_id = ? AND id = ? AND claimed_by = ?",
                        now.delivered(),
                        now.attempts(),
                        now.failingSince(),
                        now.nextAt(),
                        now.problem(),
                        now.ended(),
                        now.taskId(),
                        now.id(),
                        holder)
                > 0;
    }

    @Override
    public boolean bury(Subscription now, String holder, DeadLetter letter) {
        return thread.call(connection -> {
            if (!move(connection, now, holder)) {
                return false;
            }
            update(
                    connection,
                    "INSERT INTO push_dead_letters (id, owner, task_id, subscription, config, \"offset\", json,"
                            + " attempts, problem, buried_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                            + " ON CONFLICT (id) DO NOTHING",
                    letter.id(),
                    letter.owner(),
                    letter.taskId(),
                    letter.subscription(),
                    letter.config(),
                    letter.offset(),
                    letter.json(),
                    letter.attempts(),
                    letter.problem(),
                    letter.buriedAt());
            return true;
        });
    }

    @Override
    public Tally tally() {
        return thread.call(connection -> list(
                        row -> new Tally(row.getLong(1), row.getLong(2), row.getLong(3)),
                        connection,
                        "SELECT count(*), count(failing_since), (SELECT count(*) FROM push_dead_letters)"
                                + " FROM push_subscriptions WHERE ended = 0")
                .getFirst());
    }

    @Override
    public Page<DeadLetter> dead(String owner, int limit, @Nullable String after) {
        return thread.call(connection -> {
            List<DeadLetter> found = list(
                    SqlPushStore::letter,
                    connection,
                    LETTER + "WHERE owner = ? AND id > ? ORDER BY id LIMIT ?",
                    owner,
                    after == null ? "" : after,
                    limit + 1);
            return page(found, limit, DeadLetter::id);
        });
    }

    @Override
    public @Nullable DeadLetter letter(String owner, String id) {
        return thread.<@Nullable DeadLetter>call(connection ->
                first(SqlPushStore::letter, connection, LETTER + "WHERE owner = ? AND id = ?", owner, id));
    }

    @Override
    public void exhume(String id) {
        thread.call(connection -> update(connection, "DELETE FROM push_dead_letters WHERE id = ?", id));
    }

    @Override
    public void close() {
        thread.close();
    }

    private static <T> Page<T> page(List<T> found, int limit, java.util.function.Function<T, String> id) {
        boolean more = found.size() > limit;
        List<T> items = more ? found.subList(0, limit) : found;
        return new Page<>(items, more ? id.apply(items.getLast()) : null, items.size());
    }

    private static Subscription subscription(ResultSet row) throws SQLException {
        return new Subscription(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getLong(6),
                row.getInt(7),
                instant(row, 8),
                instant(row, 9),
                row.getString(10),
                row.getInt(11) != 0);
    }

    private static DeadLetter letter(ResultSet row) throws SQLException {
        return new DeadLetter(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getLong(6),
                row.getBytes(7),
                row.getInt(8),
                row.getString(9),
                Instant.ofEpochMilli(row.getLong(10)));
    }
}
