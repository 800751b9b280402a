package dev.millrace.engine.store.sqlite;

import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.ContextQuery;
import dev.millrace.engine.DayUsage;
import dev.millrace.engine.Event;
import dev.millrace.engine.OpenTasks;
import dev.millrace.engine.Page;
import dev.millrace.engine.Sent;
import dev.millrace.engine.TaskQuery;
import dev.millrace.engine.Usage;
import dev.millrace.engine.store.Labels;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.TaskPlace;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.sql.ContextSearch;
import dev.millrace.engine.store.sql.Statements;
import dev.millrace.engine.store.sql.UsageSums;
import dev.millrace.protocol.TaskState;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads over one connection, inside whatever transaction it is in. Statements are prepared once and kept. Not
 * thread-safe: it belongs to its connection's thread.
 */
final class SqliteReader implements Reader, ContextSearch.Tables, AutoCloseable {
    private static final ContextSearch.Dialect SEARCH = new SqliteSearch();
    private static final String CONTEXT = "SELECT id, owner, agent, title, concurrency, created_at, updated_at,"
            + " last_offset, parent_id, held, cleared_at, answered_at, archived, pin, labels, read_to, change, revision"
            + " FROM contexts c ";
    private static final String TASK =
            "SELECT id, context_id, owner, agent, state, status_at, position, message_at, epoch, leased_by, attempts,"
                    + " merged, place, cut_at, ended_at, since, due_at, waited_ms, worked_ms, asked_ms, input_tokens,"
                    + " output_tokens, cost_micros FROM tasks ";
    private static final String EVENT = "SELECT \"offset\", task_id, kind, state, json FROM events ";
    private static final String ENDED = "(3, 4, 5, 7)";

    /** In these words, or else SQLite does not see that the index {@code tasks_open} has them all. */
    private static final String OPEN = "state IN (1, 2, 6, 8)";

    /** SUBMITTED tasks that nothing in their context keeps waiting, dealt out to the owners in turn. */
    private static final String RUNNABLE = """
            WITH ready AS (
                SELECT t.id, row_number() OVER (PARTITION BY t.owner ORDER BY t.status_at, t.id) AS turn
                FROM tasks t JOIN contexts c ON c.id = t.context_id
                WHERE t.state IN (1, 2, 6, 8) AND t.state = 1 AND c.archived = 0 AND (c.concurrency = 1 OR (c.held = 0 AND NOT EXISTS (
                    SELECT 1 FROM tasks o WHERE o.context_id = t.context_id AND o.state IN (1, 2, 6, 8)
                    AND (o.state IN (2, 6, 8) OR (o.state = 1 AND o.place < t.place))))))
            SELECT t.id, t.context_id, t.owner, t.agent, t.state, t.status_at, t.position, t.message_at, t.epoch,
                t.leased_by, t.attempts, t.merged, t.place, t.cut_at, t.ended_at, t.since, t.due_at, t.waited_ms,
                t.worked_ms, t.asked_ms, t.input_tokens, t.output_tokens, t.cost_micros
            FROM ready JOIN tasks t ON t.id = ready.id ORDER BY ready.turn, t.status_at LIMIT ?""";

    private final Connection connection;
    private final @Nullable RecentRows recent;
    private final Map<String, PreparedStatement> statements = new HashMap<>();

    SqliteReader(Connection connection) {
        this(connection, null);
    }

    /** @param recent what need not be read; null = there is nothing that others could not have changed */
    SqliteReader(Connection connection, @Nullable RecentRows recent) {
        this.connection = connection;
        this.recent = recent;
    }

    /** Prepares a statement once. */
    PreparedStatement statement(String sql) throws SQLException {
        PreparedStatement kept = statements.get(sql);
        if (kept == null) {
            kept = connection.prepareStatement(sql);
            statements.put(sql, kept);
        }
        return kept;
    }

    @FunctionalInterface
    private interface Row<T> {
        T map(ResultSet row) throws SQLException;
    }

    private <T> List<T> list(Row<T> row, String sql, @Nullable Object... arguments) {
        try {
            PreparedStatement statement = statement(sql);
            Statements.bind(statement, arguments);
            var found = new ArrayList<T>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.add(row.map(rows));
                }
            }
            return found;
        } catch (SQLException e) {
            forget();
            throw new StoreFailure("the SQLite store can't be read: " + e.getMessage(), e);
        }
    }

    private <T> @Nullable T one(Row<T> row, String sql, @Nullable Object... arguments) {
        List<T> found = list(row, sql, arguments);
        return found.isEmpty() ? null : found.getFirst();
    }

    @Override
    public @Nullable Context context(String contextId) {
        return recent == null ? readContext(contextId) : recent.context(contextId, this::readContext);
    }

    private @Nullable Context readContext(String contextId) {
        return one(SqliteReader::toContext, CONTEXT + "WHERE id = ?", contextId);
    }

    @Override
    public @Nullable TaskRecord task(String taskId) {
        return recent == null ? readTask(taskId) : recent.task(taskId, this::readTask);
    }

    private @Nullable TaskRecord readTask(String taskId) {
        return one(SqliteReader::toTask, TASK + "WHERE id = ?", taskId);
    }

    @Override
    public List<TaskRecord> openTasks(String contextId) {
        return list(SqliteReader::toTask, TASK + "WHERE context_id = ? AND " + OPEN + " ORDER BY place", contextId);
    }

    @Override
    public List<TaskRecord> tasks(String contextId) {
        return list(SqliteReader::toTask, TASK + "WHERE context_id = ? ORDER BY position", contextId);
    }

    @Override
    public List<Journal.Entry<Event>> events(String contextId, long after, int max) {
        return list(
                SqliteReader::toEvent,
                EVENT + "WHERE context_id = ? AND \"offset\" > ? ORDER BY \"offset\" LIMIT ?",
                contextId,
                after,
                max);
    }

    @Override
    public List<Journal.Entry<Event>> eventsOf(TaskRecord task) {
        return list(
                SqliteReader::toEvent,
                EVENT + "WHERE context_id = ? AND \"offset\" BETWEEN ? AND ? AND task_id = ? ORDER BY \"offset\"",
                task.contextId(),
                task.position(),
                task.endedAt() == 0 ? Long.MAX_VALUE : task.endedAt(),
                task.id());
    }

    @Override
    public @Nullable Event lastStatus(TaskRecord task) {
        Journal.Entry<Event> newest = one(
                SqliteReader::toEvent,
                EVENT + "WHERE context_id = ? AND \"offset\" >= ? AND task_id = ? AND kind = ?"
                        + " ORDER BY \"offset\" DESC LIMIT 1",
                task.contextId(),
                task.position(),
                task.id(),
                Event.Kind.STATUS.code());
        return newest == null ? null : newest.event();
    }

    @Override
    public @Nullable SendKey recall(String contextId, String key) {
        return one(
                row -> new SendKey(
                        key,
                        row.getString(1),
                        new Sent(
                                contextId,
                                row.getString(2),
                                row.getLong(3),
                                row.getLong(4),
                                state(row.getInt(5)),
                                true)),
                "SELECT print, task_id, offset_to, offset_from, state FROM sends WHERE context_id = ? AND key = ?",
                contextId,
                key);
    }

    @Override
    public List<TaskRecord> conversation(String contextId, @Nullable TaskRecord from, boolean backwards, int max) {
        String shown = TASK + "WHERE context_id = ? AND (cut_at = 0 OR cut_at > position)";
        String order = backwards ? " ORDER BY place DESC, position DESC LIMIT ?" : " ORDER BY place, position LIMIT ?";
        if (from == null) {
            return list(SqliteReader::toTask, shown + order, contextId, max);
        }
        return list(
                SqliteReader::toTask,
                shown + " AND (place, position) " + (backwards ? "<" : ">") + " (?, ?)" + order,
                contextId,
                from.place(),
                from.position(),
                max);
    }

    @Override
    public List<Context> parts(String contextId) {
        return list(SqliteReader::toContext, CONTEXT + "WHERE parent_id = ? ORDER BY created_at, id", contextId);
    }

    @Override
    public Page<Context> contexts(ContextQuery query) {
        return new ContextSearch(query, SEARCH).run(this);
    }

    @Override
    public List<Context> contexts(String where, @Nullable Object... arguments) {
        return list(SqliteReader::toContext, CONTEXT + where, arguments);
    }

    @Override
    public List<ContextSearch.Hit> hits(String sql, @Nullable Object... arguments) {
        return list(row -> new ContextSearch.Hit(row.getString(1), row.getLong(2)), sql, arguments);
    }

    @Override
    public List<Context> changes(String owner, long after, int max) {
        List<Context> changed =
                contexts("WHERE owner = ? AND revision > ? ORDER BY revision LIMIT ?", owner, after, max);
        List<Context> deleted = list(
                row -> Context.deleted(row.getString(1), owner, row.getLong(2)),
                "SELECT id, revision FROM forgotten WHERE owner = ? AND revision > ? ORDER BY revision LIMIT ?",
                owner,
                after,
                max);
        if (deleted.isEmpty()) {
            return changed;
        }
        return Stream.concat(changed.stream(), deleted.stream())
                .sorted(Comparator.comparingLong(Context::revision))
                .limit(max)
                .toList();
    }

    @Override
    public long revision(String owner) {
        return count(
                "SELECT max(coalesce((SELECT max(revision) FROM contexts WHERE owner = ?), 0),"
                        + " coalesce((SELECT max(revision) FROM forgotten WHERE owner = ?), 0))",
                owner,
                owner);
    }

    @Override
    public Page<TaskRecord> tasks(TaskQuery q) {
        var where = new StringBuilder("WHERE owner = ?");
        var arguments = new ArrayList<@Nullable Object>(List.of(q.owner()));
        if (q.agent() != null) {
            where.append(" AND agent = ?");
            arguments.add(q.agent());
        }
        if (q.contextId() != null) {
            where.append(" AND context_id = ?");
            arguments.add(q.contextId());
        }
        if (q.state() != null) {
            where.append(" AND state = ?");
            arguments.add(q.state());
        }
        if (q.changedSince() != null) {
            where.append(" AND status_at >= ?");
            arguments.add(q.changedSince());
        }
        long total = total(q, where.toString(), arguments);
        if (q.after() != null) {
            TaskPlace last = TaskPlace.parse(q.after());
            if (last == null) {
                return new Page<>(List.of(), null, total);
            }
            where.append(" AND (status_at, id) < (?, ?)");
            arguments.add(last.statusAt());
            arguments.add(last.taskId());
        }
        arguments.add(q.limit() + 1);
        List<TaskRecord> found = list(
                SqliteReader::toTask, TASK + where + " ORDER BY status_at DESC, id DESC LIMIT ?", arguments.toArray());
        boolean more = found.size() > q.limit();
        List<TaskRecord> items = more ? found.subList(0, q.limit()) : found;
        return new Page<>(items, more ? TaskPlace.after(items.getLast()) : null, total);
    }

    /** Kept counts know all but what is asked of one context or one time; an index counts those. */
    private long total(TaskQuery q, String where, List<@Nullable Object> arguments) {
        if (q.contextId() != null || q.changedSince() != null) {
            return count("SELECT count(*) FROM tasks " + where, arguments.toArray());
        }
        return count("SELECT coalesce(sum(tasks), 0) FROM task_counts " + where, arguments.toArray());
    }

    @Override
    public List<TaskRecord> runnable(int max) {
        return list(SqliteReader::toTask, RUNNABLE, max);
    }

    @Override
    public List<TaskRecord> leasedByOthers(String holder) {
        return list(
                SqliteReader::toTask,
                TASK + "WHERE " + OPEN + " AND state = 2 AND leased_by IS NOT ? ORDER BY status_at",
                holder);
    }

    @Override
    public List<TaskRecord> unmerged(int max) {
        return list(SqliteReader::toTask, TASK + "WHERE merged = 0 AND state IN " + ENDED + " LIMIT ?", max);
    }

    @Override
    public List<OpenTasks> openCounts() {
        return list(
                row -> new OpenTasks(row.getString(1), row.getString(2), state(row.getInt(3)), row.getLong(4)),
                "SELECT owner, agent, state, tasks FROM task_counts WHERE tasks > 0 AND state NOT IN " + ENDED
                        + " ORDER BY owner, agent, state");
    }

    @Override
    public List<TaskRecord> due(int max) {
        return list(SqliteReader::toTask, TASK + "WHERE due_at > 0 ORDER BY due_at LIMIT ?", max);
    }

    @Override
    public Usage usage(String owner, @Nullable String contextId) {
        Usage usage = contextId == null
                ? one(row -> toUsage(row, 1), UsageSums.OF_OWNER, owner, owner)
                : one(row -> toUsage(row, 1), UsageSums.OF_CONTEXT, contextId, owner);
        return usage == null ? Usage.NONE : usage;
    }

    @Override
    public List<DayUsage> usageByDay(String owner, LocalDate from) {
        return list(
                row -> new DayUsage(LocalDate.ofEpochDay(row.getLong(1)), toUsage(row, 2)),
                UsageSums.BY_DAY,
                owner,
                from.atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli(),
                owner,
                from.toEpochDay());
    }

    /** Prepares every statement anew when it is next needed: the driver finalizes one that failed. */
    void forget() {
        if (recent != null) {
            recent.forget();
        }
        statements.values().forEach(SqliteConnections::closeQuietly);
        statements.clear();
    }

    @Override
    public void close() {
        forget();
    }

    @Override
    public long count(String sql, @Nullable Object... arguments) {
        Long count = one(row -> row.getLong(1), sql, arguments);
        return count == null ? 0 : count;
    }

    private static Context toContext(ResultSet row) throws SQLException {
        return new Context(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getInt(5) == 0 ? Context.Concurrency.SERIAL : Context.Concurrency.PARALLEL,
                Instant.ofEpochMilli(row.getLong(6)),
                Instant.ofEpochMilli(row.getLong(7)),
                row.getLong(8),
                row.getString(9),
                row.getInt(10) != 0,
                row.getLong(11),
                row.getLong(12),
                new Context.Shelf(
                        row.getInt(13) != 0, row.getLong(14), Labels.read(row.getString(15)), row.getLong(16)),
                Context.Change.of(row.getInt(17)),
                row.getLong(18));
    }

    private static TaskRecord toTask(ResultSet row) throws SQLException {
        return new TaskRecord(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                state(row.getInt(5)),
                Instant.ofEpochMilli(row.getLong(6)),
                row.getLong(7),
                row.getLong(8),
                row.getLong(9),
                row.getString(10),
                row.getInt(11),
                row.getInt(12) != 0,
                row.getLong(13),
                row.getLong(14),
                row.getLong(15),
                row.getLong(16),
                row.getLong(17) == 0 ? null : Instant.ofEpochMilli(row.getLong(17)),
                toUsage(row, 18));
    }

    private static Usage toUsage(ResultSet row, int first) throws SQLException {
        return new Usage(
                row.getLong(first),
                row.getLong(first + 1),
                row.getLong(first + 2),
                row.getLong(first + 3),
                row.getLong(first + 4),
                row.getLong(first + 5));
    }

    private static Journal.Entry<Event> toEvent(ResultSet row) throws SQLException {
        int state = row.getInt(4);
        return new Journal.Entry<>(
                row.getLong(1),
                new Event(
                        row.getString(2),
                        Event.Kind.of(row.getInt(3)),
                        state == 0 ? null : state(state),
                        row.getBytes(5)));
    }

    private static TaskState state(int number) {
        for (TaskState state : TaskState.values()) {
            if (state.number() == number) {
                return state;
            }
        }
        throw new StoreFailure("the SQLite store holds an unknown task state " + number);
    }
}
