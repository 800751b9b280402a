package dev.millrace.engine.store.sql;

import static dev.millrace.engine.store.sql.Statements.first;
import static dev.millrace.engine.store.sql.Statements.instant;
import static dev.millrace.engine.store.sql.Statements.update;

import dev.millrace.engine.Page;
import dev.millrace.engine.store.FilePlace;
import dev.millrace.engine.store.FileRegister;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The register in the table {@code files}. Who names them is in {@code file_names}, which whoever writes events keeps, and
 * whoever deletes contexts (see the migrations).
 */
public final class SqlFileRegister implements FileRegister {

    /** Where the databases differ: how to be alone with an owner's files, and with one of them, until the commit. */
    public enum Dialect {
        /** A write that changes nothing, before anything is read: then nobody else writes until the commit. */
        SQLITE(
                "UPDATE files SET removing = removing WHERE id = ?",
                "UPDATE files SET removing = removing WHERE id = ?"),
        POSTGRESQL(
                "SELECT pg_advisory_xact_lock(hashtextextended(?, 7))", "SELECT 1 FROM files WHERE id = ? FOR UPDATE");

        private final String lockOwner;
        private final String lockFile;

        Dialect(String lockOwner, String lockFile) {
            this.lockOwner = lockOwner;
            this.lockFile = lockFile;
        }
    }

    private static final String COLUMNS =
            "id, owner, name, media_type, size, sha256, created_at, touched_at, loose_since, removing";
    private static final String SELECT = "SELECT " + COLUMNS + " FROM files ";
    private static final String LISTED = "WHERE owner = ? AND sha256 IS NOT NULL AND removing = 0 ";

    private final SqlThread thread;
    private final Dialect dialect;

    /** @param thread whoever owns it closes it */
    public SqlFileRegister(SqlThread thread, Dialect dialect) {
        this.thread = thread;
        this.dialect = dialect;
    }

    @Override
    public boolean add(Entry e, long quota) {
        return thread.call(connection -> {
            if (quota != NO_QUOTA) {
                lock(connection, dialect.lockOwner, e.owner());
            }
            lock(connection, dialect.lockFile, e.id());
            if (find(connection, e.id()) != null) {
                return true;
            }
            if (over(connection, e.owner(), e.size(), quota)) {
                return false;
            }
            update(
                    connection,
                    "INSERT INTO files (" + COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                            + " ON CONFLICT (id) DO NOTHING",
                    e.id(),
                    e.owner(),
                    e.name(),
                    e.mediaType(),
                    e.size(),
                    e.sha256(),
                    e.createdAt(),
                    e.touchedAt(),
                    e.looseSince(),
                    e.removing());
            return true;
        });
    }

    private boolean over(Connection connection, String owner, long more, long quota) throws SQLException {
        return quota != NO_QUOTA && space(connection, owner).bytes() + more > quota;
    }

    private static void lock(Connection connection, String how, String what) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(how)) {
            statement.setString(1, what);
            statement.execute();
        }
    }

    @Override
    public @Nullable Entry find(String id) {
        return thread.<@Nullable Entry>call(connection -> find(connection, id));
    }

    private static @Nullable Entry find(Connection connection, String id) throws SQLException {
        return first(SqlFileRegister::entry, connection, SELECT + "WHERE id = ?", id);
    }

    @Override
    public boolean grow(String id, long size, Instant now, long quota) {
        return thread.call(connection -> {
            lock(connection, dialect.lockFile, id);
            Entry entry = find(connection, id);
            if (entry == null) {
                return true;
            }
            if (quota != NO_QUOTA) {
                lock(connection, dialect.lockOwner, entry.owner());
            }
            if (size > entry.size() && over(connection, entry.owner(), size - entry.size(), quota)) {
                return false;
            }
            update(
                    connection,
                    "UPDATE files SET size = CASE WHEN size < ? THEN ? ELSE size END, touched_at = ? WHERE id = ?",
                    size,
                    size,
                    now,
                    id);
            return true;
        });
    }

    @Override
    public void finish(String id, long size, String sha256, Instant now) {
        int _ = thread.call(connection -> update(
                connection,
                "UPDATE files SET size = ?, sha256 = ?, touched_at = ?, held_by = NULL WHERE id = ?",
                size,
                sha256,
                now,
                id));
    }

    @Override
    public boolean hold(String id, Instant now) {
        Entry known = find(id);
        if (known == null || (known.looseSince() == null && !known.removing())) {
            return true;
        }
        return thread.call(connection -> {
            lock(connection, dialect.lockFile, id);
            update(
                    connection,
                    "UPDATE files SET loose_since = ? WHERE id = ? AND removing = 0 AND loose_since < ?",
                    now,
                    id,
                    now);
            Entry entry = find(connection, id);
            return entry != null && !entry.removing();
        });
    }

    @Override
    public Page<Entry> list(String owner, int limit, @Nullable String after) {
        return thread.call(connection -> {
            long total = Statements.list(
                            row -> row.getLong(1), connection, "SELECT count(*) FROM files " + LISTED, owner)
                    .getFirst();
            FilePlace place = after == null ? null : FilePlace.parse(after);
            if (after != null && place == null) {
                return new Page<>(List.of(), null, total);
            }
            String order = "ORDER BY created_at DESC, id DESC LIMIT ?";
            List<Entry> found = place == null
                    ? Statements.list(SqlFileRegister::entry, connection, SELECT + LISTED + order, owner, limit + 1)
                    : Statements.list(
                            SqlFileRegister::entry,
                            connection,
                            SELECT + LISTED + "AND (created_at, id) < (?, ?) " + order,
                            owner,
                            place.createdMillis(),
                            place.id(),
                            limit + 1);
            boolean more = found.size() > limit;
            List<Entry> items = more ? found.subList(0, limit) : found;
            return new Page<>(items, more ? FilePlace.after(items.getLast()) : null, total);
        });
    }

    @Override
    public Space space(String owner) {
        return thread.call(connection -> space(connection, owner));
    }

    private static Space space(Connection connection, String owner) throws SQLException {
        return Statements.list(
                        row -> new Space(row.getLong(1), row.getLong(2)),
                        connection,
                        "SELECT count(*), coalesce(sum(size), 0) FROM files WHERE owner = ?",
                        owner)
                .getFirst();
    }

    @Override
    public List<Entry> loose(Instant before, int max) {
        return thread.call(connection -> Statements.list(
                SqlFileRegister::entry,
                connection,
                SELECT + "WHERE loose_since < ? AND sha256 IS NOT NULL OR removing = 1 ORDER BY loose_since LIMIT ?",
                before,
                max));
    }

    @Override
    public List<Entry> unfinished(Instant before, int max) {
        return thread.call(connection -> Statements.list(
                SqlFileRegister::entry,
                connection,
                SELECT + "WHERE sha256 IS NULL AND touched_at < ? ORDER BY touched_at LIMIT ?",
                before,
                max));
    }

    @Override
    public boolean take(String id, Instant before) {
        return thread.call(connection -> {
            lock(connection, dialect.lockFile, id);
            int taken = update(
                    connection,
                    "UPDATE files SET removing = 1 WHERE id = ? AND (removing = 1 OR (loose_since < ?"
                            + " AND NOT EXISTS (SELECT 1 FROM file_names n WHERE n.file_id = files.id)))",
                    id,
                    before);
            if (taken == 0) {
                // It was named at the same time as it was let go of.
                update(
                        connection,
                        "UPDATE files SET loose_since = NULL WHERE id = ?"
                                + " AND EXISTS (SELECT 1 FROM file_names n WHERE n.file_id = files.id)",
                        id);
            }
            return taken > 0;
        });
    }

    @Override
    public void takeAnyway(String id) {
        int _ = thread.call(connection -> update(connection, "UPDATE files SET removing = 1 WHERE id = ?", id));
    }

    @Override
    public void remove(String id) {
        int _ = thread.call(connection -> update(connection, "DELETE FROM files WHERE id = ?", id));
    }

    @Override
    public boolean claim(String id, String holder, Instant now, Duration time) {
        return thread.call(connection -> update(
                                connection,
                                "UPDATE files SET held_by = ?, held_until = ? WHERE id = ?"
                                        + " AND (held_by IS NULL OR held_by = ? OR held_until < ?)",
                                holder,
                                now.plus(time),
                                id,
                                holder,
                                now)
                        > 0
                || find(connection, id) == null);
    }

    @Override
    public void release(String id, String holder) {
        int _ = thread.call(connection ->
                update(connection, "UPDATE files SET held_by = NULL WHERE id = ? AND held_by = ?", id, holder));
    }

    private static Entry entry(ResultSet row) throws SQLException {
        return new Entry(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getLong(5),
                row.getString(6),
                Instant.ofEpochMilli(row.getLong(7)),
                Instant.ofEpochMilli(row.getLong(8)),
                instant(row, 9),
                row.getInt(10) != 0);
    }
}
