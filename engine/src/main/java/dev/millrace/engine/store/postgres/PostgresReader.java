package dev.millrace.engine.store.postgres;

import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.ContextQuery;
import dev.millrace.engine.DayUsage;
import dev.millrace.engine.Event;
import dev.millrace.engine.OpenTasks;
import dev.millrace.engine.Page;
import dev.millrace.engine.TaskQuery;
import dev.millrace.engine.Usage;
import dev.millrace.engine.store.Reader;
import dev.millrace.engine.store.Replicas;
import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.TaskEvents;
import dev.millrace.engine.store.TaskPlace;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.WholeConversation;
import dev.millrace.engine.store.sql.ContextSearch;
import dev.millrace.engine.store.sql.UsageSums;
import dev.millrace.protocol.TaskState;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads over one connection, inside whatever transaction it is in. Each question is one round trip; the driver keeps the
 * statements prepared. Not thread-safe: it belongs to its connection's thread.
 */
final class PostgresReader implements Reader, ContextSearch.Tables {
    private static final ContextSearch.Dialect SEARCH = new PostgresSearch();
    private static final String CONTEXT = "SELECT " + Rows.CONTEXT + " FROM contexts c ";
    private static final String TASK = "SELECT " + Rows.TASK + " FROM tasks t ";
    private static final String EVENT = "SELECT " + Rows.EVENT + " FROM events e ";
    private static final String ENDED = "(3, 4, 5, 7)";

    /** Of the tasks, those that are part of the conversation; of a task's events, those that are. */
    private static final String SHOWN = "(t.cut_at = 0 OR t.cut_at > t.position)";

    private static final String EVENT_SHOWN = "e.context_id = t.context_id AND e.task_id = t.id"
            + " AND (t.cut_at = 0 OR e.\"offset\" < t.cut_at) AND e.\"offset\" BETWEEN t.position AND ";
    private static final String LAST_EVENT = "CASE t.ended_at WHEN 0 THEN " + Long.MAX_VALUE + " ELSE t.ended_at END";

    private static final String LAST_WORKED_ON = "SELECT " + Rows.TASK + ", " + Rows.EVENT
            + " FROM (SELECT * FROM tasks t WHERE t.context_id = ? AND " + SHOWN
            + " AND NOT (t.state = 1 AND t.epoch = 0) ORDER BY t.place DESC, t.position DESC LIMIT 1) t"
            + " LEFT JOIN events e ON " + EVENT_SHOWN + LAST_EVENT + " ORDER BY e.\"offset\"";

    /** The events of the first task alone: no other's range has any, so that the index is not read for them. */
    private static final String CONVERSATION_FROM = "SELECT " + Rows.TASK + ", " + Rows.EVENT
            + " FROM (SELECT f.id, f.place, f.position FROM sends s JOIN tasks f ON f.id = s.task_id"
            + " WHERE s.context_id = ? AND s.key = ? AND (f.cut_at = 0 OR f.cut_at > f.position)) first"
            + " JOIN tasks t ON t.context_id = ? AND (t.place, t.position) >= (first.place, first.position) AND "
            + SHOWN
            + " LEFT JOIN events e ON " + EVENT_SHOWN
            + "CASE WHEN t.id = first.id AND t.message_at <> t.position THEN " + LAST_EVENT + " ELSE -1 END"
            + " ORDER BY t.place, t.position, e.\"offset\"";

    private static final String WHOLE = CONTEXT + "WHERE c.id = ? AND c.owner = ?; " + TASK
            + "WHERE t.context_id = ? AND t.owner = ? AND " + SHOWN + " ORDER BY t.place, t.position; " + EVENT
            + "JOIN tasks t ON t.id = e.task_id WHERE e.context_id = ? AND t.owner = ? AND " + SHOWN + " AND "
            + EVENT_SHOWN + LAST_EVENT + " ORDER BY e.\"offset\"";

    /** SUBMITTED tasks that nothing in their context keeps waiting, dealt out to the owners in turn. */
    private static final String RUNNABLE = "WITH ready AS ("
            + "SELECT t.id, row_number() OVER (PARTITION BY t.owner ORDER BY t.status_at, t.id) AS turn"
            + " FROM tasks t JOIN contexts c ON c.id = t.context_id"
            + " WHERE t.state = 1 AND NOT c.archived AND (c.concurrency = 1 OR (NOT c.held AND NOT EXISTS ("
            + "SELECT 1 FROM tasks o WHERE o.context_id = t.context_id"
            + " AND (o.state IN (2, 6, 8) OR (o.state = 1 AND o.place < t.place))))))"
            + " SELECT " + Rows.TASK
            + " FROM ready JOIN tasks t ON t.id = ready.id ORDER BY ready.turn, t.status_at, t.id LIMIT ?";

    private final Connection connection;

    PostgresReader(Connection connection) {
        this.connection = connection;
    }

    @FunctionalInterface
    private interface Row<T> {
        T map(ResultSet row) throws SQLException;
    }

    private <T> List<T> list(Row<T> row, String sql, @Nullable Object... arguments) {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, arguments);
            statement.execute();
            return rows(statement, row);
        } catch (SQLException e) {
            throw unreadable(e);
        }
    }

    private static <T> List<T> rows(PreparedStatement answered, Row<T> row) throws SQLException {
        var found = new ArrayList<T>();
        try (ResultSet rows = answered.getResultSet()) {
            while (rows.next()) {
                found.add(row.map(rows));
            }
        }
        return found;
    }

    private static StoreFailure unreadable(SQLException e) {
        return new StoreFailure("the PostgreSQL store can't be read: " + e.getMessage(), e);
    }

    /** Rows of tasks, each with one of its events or with none, by task. */
    private List<TaskEvents> withEvents(String sql, @Nullable Object... arguments) {
        var found = new ArrayList<TaskEvents>();
        list(
                row -> {
                    if (found.isEmpty() || !found.getLast().task().id().equals(row.getString(1))) {
                        found.add(new TaskEvents(Rows.task(row), new ArrayList<>()));
                    }
                    return row.getBytes(Rows.TASK_COLUMNS + Rows.EVENT_COLUMNS) == null
                            || found.getLast().events().add(Rows.event(row, Rows.TASK_COLUMNS));
                },
                sql,
                arguments);
        return found;
    }

    private <T> @Nullable T one(Row<T> row, String sql, @Nullable Object... arguments) {
        List<T> found = list(row, sql, arguments);
        return found.isEmpty() ? null : found.getFirst();
    }

    private void bind(PreparedStatement statement, @Nullable Object... arguments) throws SQLException {
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case null -> statement.setString(i + 1, null);
                case String text -> statement.setString(i + 1, text);
                case Long number -> statement.setLong(i + 1, number);
                case Integer number -> statement.setInt(i + 1, number);
                case Instant at -> statement.setLong(i + 1, at.toEpochMilli());
                case List<?> texts -> statement.setArray(i + 1, connection.createArrayOf("text", texts.toArray()));
                case Boolean flag -> statement.setBoolean(i + 1, flag);
                case TaskState state -> statement.setInt(i + 1, state.number());
                case Object other -> throw new IllegalArgumentException("can't bind a " + other.getClass());
            }
        }
    }

    @Override
    public @Nullable Context context(String contextId) {
        return one(Rows::context, CONTEXT + "WHERE c.id = ?", contextId);
    }

    @Override
    public @Nullable TaskRecord task(String taskId) {
        return one(Rows::task, TASK + "WHERE t.id = ?", taskId);
    }

    @Override
    public List<TaskRecord> openTasks(String contextId) {
        return list(
                Rows::task,
                TASK + "WHERE t.context_id = ? AND t.state NOT IN " + ENDED + " ORDER BY t.place",
                contextId);
    }

    @Override
    public List<TaskRecord> tasks(String contextId) {
        return list(Rows::task, TASK + "WHERE t.context_id = ? ORDER BY t.position", contextId);
    }

    @Override
    public List<Journal.Entry<Event>> events(String contextId, long after, int max) {
        return list(
                Rows::event,
                EVENT + "WHERE e.context_id = ? AND e.\"offset\" > ? ORDER BY e.\"offset\" LIMIT ?",
                contextId,
                after,
                max);
    }

    @Override
    public List<Journal.Entry<Event>> eventsOf(TaskRecord task) {
        return list(
                Rows::event,
                EVENT + "WHERE e.context_id = ? AND e.\"offset\" BETWEEN ? AND ? AND e.task_id = ?"
                        + " ORDER BY e.\"offset\"",
                task.contextId(),
                task.position(),
                task.endedAt() == 0 ? Long.MAX_VALUE : task.endedAt(),
                task.id());
    }

    @Override
    public @Nullable Event lastStatus(TaskRecord task) {
        Journal.Entry<Event> newest = one(
                Rows::event,
                EVENT + "WHERE e.context_id = ? AND e.\"offset\" >= ? AND e.task_id = ? AND e.kind = ?"
                        + " ORDER BY e.\"offset\" DESC LIMIT 1",
                task.contextId(),
                task.position(),
                task.id(),
                Event.Kind.STATUS.code());
        return newest == null ? null : newest.event();
    }

    @Override
    public @Nullable SendKey recall(String contextId, String key) {
        return one(
                Rows::send,
                "SELECT " + Rows.SEND + " FROM sends s WHERE s.context_id = ? AND s.key = ?",
                contextId,
                key);
    }

    @Override
    public List<TaskRecord> conversation(String contextId, @Nullable TaskRecord from, boolean backwards, int max) {
        String shown = TASK + "WHERE t.context_id = ? AND " + SHOWN;
        String order =
                backwards ? " ORDER BY t.place DESC, t.position DESC LIMIT ?" : " ORDER BY t.place, t.position LIMIT ?";
        if (from == null) {
            return list(Rows::task, shown + order, contextId, max);
        }
        return list(
                Rows::task,
                shown + " AND (t.place, t.position) " + (backwards ? "<" : ">") + " (?, ?)" + order,
                contextId,
                from.place(),
                from.position(),
                max);
    }

    @Override
    public List<TaskEvents> conversationFrom(String contextId, String key) {
        return withEvents(CONVERSATION_FROM, contextId, key, contextId);
    }

    @Override
    public @Nullable TaskEvents lastWorkedOn(String contextId) {
        List<TaskEvents> last = withEvents(LAST_WORKED_ON, contextId);
        return last.isEmpty() ? null : last.getFirst();
    }

    /** Three questions in one round trip, of one snapshot where the connection reads snapshots. */
    @Override
    public @Nullable WholeConversation whole(String owner, String contextId) {
        try (PreparedStatement statement = connection.prepareStatement(WHOLE)) {
            bind(statement, contextId, owner, contextId, owner, contextId, owner);
            statement.execute();
            List<Context> context = rows(statement, Rows::context);
            statement.getMoreResults();
            var tasks = new LinkedHashMap<String, TaskEvents>();
            rows(statement, Rows::task).forEach(task -> tasks.put(task.id(), new TaskEvents(task, new ArrayList<>())));
            statement.getMoreResults();
            for (Journal.Entry<Event> entry : rows(statement, Rows::event)) {
                TaskEvents of = tasks.get(entry.event().taskId());
                if (of != null) {
                    of.events().add(entry);
                }
            }
            return context.isEmpty() ? null : new WholeConversation(context.getFirst(), List.copyOf(tasks.values()));
        } catch (SQLException e) {
            throw unreadable(e);
        }
    }

    @Override
    public List<Context> parts(String contextId) {
        return contexts("WHERE c.parent_id = ? ORDER BY c.created_at, c.id", contextId);
    }

    @Override
    public List<Context> around(String contextId) {
        return contexts(
                "WHERE c.id = ? OR c.parent_id = ? OR c.id = (SELECT p.parent_id FROM contexts p WHERE p.id = ?)"
                        + " ORDER BY c.created_at, c.id",
                contextId,
                contextId,
                contextId);
    }

    @Override
    public Page<Context> contexts(ContextQuery query) {
        return new ContextSearch(query, SEARCH).run(this);
    }

    @Override
    public List<Context> contexts(String where, @Nullable Object... arguments) {
        return list(Rows::context, CONTEXT + where, arguments);
    }

    @Override
    public List<ContextSearch.Hit> hits(String sql, @Nullable Object... arguments) {
        return list(row -> new ContextSearch.Hit(row.getString(1), row.getLong(2)), sql, arguments);
    }

    @Override
    public List<Context> changes(String owner, long after, int max) {
        List<Context> changed =
                contexts("WHERE c.owner = ? AND c.revision > ? ORDER BY c.revision LIMIT ?", owner, after, max);
        List<Context> deleted = list(
                row -> Context.deleted(row.getString(1), owner, row.getLong(2)),
                "SELECT f.id, f.revision FROM forgotten f WHERE f.owner = ? AND f.revision > ?"
                        + " ORDER BY f.revision LIMIT ?",
                owner,
                after,
                max);
        return Stream.concat(changed.stream(), deleted.stream())
                .sorted(Comparator.comparingLong(Context::revision))
                .limit(max)
                .toList();
    }

    @Override
    public long revision(String owner) {
        return count("SELECT o.revision FROM owners o WHERE o.owner = ?", owner);
    }

    @Override
    public Page<TaskRecord> tasks(TaskQuery q) {
        var where = new StringBuilder("WHERE t.owner = ?");
        var arguments = new ArrayList<@Nullable Object>(List.of(q.owner()));
        if (q.agent() != null) {
            where.append(" AND t.agent = ?");
            arguments.add(q.agent());
        }
        if (q.contextId() != null) {
            where.append(" AND t.context_id = ?");
            arguments.add(q.contextId());
        }
        if (q.state() != null) {
            where.append(" AND t.state = ?");
            arguments.add(q.state());
        }
        if (q.changedSince() != null) {
            where.append(" AND t.status_at >= ?");
            arguments.add(q.changedSince());
        }
        long total = total(q, where.toString(), arguments);
        if (q.after() != null) {
            TaskPlace last = TaskPlace.parse(q.after());
            if (last == null) {
                return new Page<>(List.of(), null, total);
            }
            where.append(" AND (t.status_at, t.id) < (?, ?)");
            arguments.add(last.statusAt());
            arguments.add(last.taskId());
        }
        arguments.add(q.limit() + 1);
        List<TaskRecord> found =
                list(Rows::task, TASK + where + " ORDER BY t.status_at DESC, t.id DESC LIMIT ?", arguments.toArray());
        boolean more = found.size() > q.limit();
        List<TaskRecord> items = more ? found.subList(0, q.limit()) : found;
        return new Page<>(items, more ? TaskPlace.after(items.getLast()) : null, total);
    }

    /** Kept counts know all but what is asked of one context or one time; an index counts those. */
    private long total(TaskQuery q, String where, List<@Nullable Object> arguments) {
        if (q.contextId() != null || q.changedSince() != null) {
            return count("SELECT count(*) FROM tasks t " + where, arguments.toArray());
        }
        return count("SELECT coalesce(sum(tasks), 0) FROM task_counts t " + where, arguments.toArray());
    }

    @Override
    public List<TaskRecord> runnable(int max) {
        return list(Rows::task, RUNNABLE, max);
    }

    @Override
    public List<TaskRecord> leasedByOthers(String holder) {
        return list(
                Rows::task,
                TASK + "WHERE t.state = 2 AND t.leased_by IS DISTINCT FROM ? AND NOT EXISTS (SELECT 1 FROM replicas r"
                        + " WHERE r.id = t.leased_by AND r.expires_at > now()) ORDER BY t.status_at",
                holder);
    }

    /** See {@link dev.millrace.engine.store.Replicas#held}. */
    Map<String, Long> held(String holder) {
        var held = new HashMap<String, Long>();
        list(Rows::task, TASK + "WHERE t.state = 2 AND t.leased_by = ?", holder)
                .forEach(task -> held.put(task.id(), task.epoch()));
        return held;
    }

    /** See {@link Replicas#alive}. */
    List<Replicas.Alive> replicas() {
        return list(
                row -> new Replicas.Alive(
                        row.getString(1), Duration.ofMillis(Math.round(row.getDouble(2) * 1000)), row.getLong(3)),
                "SELECT r.id, extract(epoch FROM r.expires_at - now()), (SELECT count(*) FROM tasks t WHERE t.state = 2"
                        + " AND t.leased_by = r.id) FROM replicas r WHERE r.expires_at > now() ORDER BY r.id");
    }

    @Override
    public List<OpenTasks> openCounts() {
        return list(
                row -> new OpenTasks(row.getString(1), row.getString(2), Rows.state(row.getInt(3)), row.getLong(4)),
                "SELECT t.owner, t.agent, t.state, sum(t.tasks) FROM task_counts t WHERE t.state NOT IN " + ENDED
                        + " GROUP BY t.owner, t.agent, t.state HAVING sum(t.tasks) > 0 ORDER BY 1, 2, 3");
    }

    /** See {@link dev.millrace.engine.store.Replicas#lastOffsets}. */
    Map<String, Long> lastOffsets(Collection<String> contextIds) {
        return list(
                        row -> Map.entry(row.getString(1), row.getLong(2)),
                        // Not of the context's row, which after a restart of PostgreSQL skips what no event has.
                        "SELECT c.id, (SELECT max(e.\"offset\") FROM events e WHERE e.context_id = c.id)"
                                + " FROM contexts c WHERE c.id = ANY (?)",
                        List.copyOf(contextIds))
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    @Override
    public List<TaskRecord> unmerged(int max) {
        return list(Rows::task, TASK + "WHERE NOT t.merged AND t.state IN " + ENDED + " LIMIT ?", max);
    }

    @Override
    public List<TaskRecord> due(int max) {
        return list(Rows::task, TASK + "WHERE t.due_at > 0 ORDER BY t.due_at LIMIT ?", max);
    }

    @Override
    public Usage usage(String owner, @Nullable String contextId) {
        Usage usage = contextId == null
                ? one(row -> Rows.usage(row, 1), UsageSums.OF_OWNER, owner, owner)
                : one(row -> Rows.usage(row, 1), UsageSums.OF_CONTEXT, contextId, owner);
        return usage == null ? Usage.NONE : usage;
    }

    @Override
    public List<DayUsage> usageByDay(String owner, LocalDate from) {
        return list(
                row -> new DayUsage(LocalDate.ofEpochDay(row.getLong(1)), Rows.usage(row, 2)),
                UsageSums.BY_DAY,
                owner,
                from.atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli(),
                owner,
                from.toEpochDay());
    }

    @Override
    public long count(String sql, @Nullable Object... arguments) {
        Long count = one(row -> row.getLong(1), sql, arguments);
        return count == null ? 0 : count;
    }
}
