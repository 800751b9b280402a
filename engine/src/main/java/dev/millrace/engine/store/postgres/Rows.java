package dev.millrace.engine.store.postgres;

import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.Event;
import dev.millrace.engine.Sent;
import dev.millrace.engine.Usage;
import dev.millrace.engine.store.Labels;
import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.StoreFailure;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.protocol.TaskState;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;

/** The tables' rows as records. Each list of columns stands beside the method that reads it. */
final class Rows {
    static final String CONTEXT =
            "c.id, c.owner, c.agent, c.title, c.concurrency, c.created_at, c.updated_at, c.last_offset, c.parent_id, c.held,"
                    + " c.cleared_at, c.answered_at, c.archived, c.pin, c.labels, c.read_to, c.change, c.revision";

    /** How many those are. */
    static final int CONTEXT_COLUMNS = 18;

    static final String TASK = "t.id, t.context_id, t.owner, t.agent, t.state, t.status_at, t.position, t.message_at,"
            + " t.epoch, t.leased_by, t.attempts, t.merged, t.place, t.cut_at, t.ended_at, t.since,"
            + " t.due_at, t.waited_ms, t.worked_ms, t.asked_ms, t.input_tokens, t.output_tokens, t.cost_micros";

    /** How many those are. */
    static final int TASK_COLUMNS = 23;

    static final String EVENT = "e.\"offset\", e.task_id, e.kind, e.state, e.json";

    /** How many those are; the last of them is never null. */
    static final int EVENT_COLUMNS = 5;

    static final String SEND = "s.context_id, s.key, s.print, s.task_id, s.offset_to, s.offset_from, s.state";

    private Rows() {}

    static Context context(ResultSet row) throws SQLException {
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
                row.getBoolean(10),
                row.getLong(11),
                row.getLong(12),
                new Context.Shelf(row.getBoolean(13), row.getLong(14), Labels.read(row.getString(15)), row.getLong(16)),
                Context.Change.of(row.getInt(17)),
                row.getLong(18));
    }

    /** @param before columns before the task's */
    static TaskRecord task(ResultSet row, int before) throws SQLException {
        return new TaskRecord(
                row.getString(before + 1),
                row.getString(before + 2),
                row.getString(before + 3),
                row.getString(before + 4),
                state(row.getInt(before + 5)),
                Instant.ofEpochMilli(row.getLong(before + 6)),
                row.getLong(before + 7),
                row.getLong(before + 8),
                row.getLong(before + 9),
                row.getString(before + 10),
                row.getInt(before + 11),
                row.getBoolean(before + 12),
                row.getLong(before + 13),
                row.getLong(before + 14),
                row.getLong(before + 15),
                row.getLong(before + 16),
                row.getLong(before + 17) == 0 ? null : Instant.ofEpochMilli(row.getLong(before + 17)),
                usage(row, before + 18));
    }

    static Usage usage(ResultSet row, int first) throws SQLException {
        return new Usage(
                row.getLong(first),
                row.getLong(first + 1),
                row.getLong(first + 2),
                row.getLong(first + 3),
                row.getLong(first + 4),
                row.getLong(first + 5));
    }

    static TaskRecord task(ResultSet row) throws SQLException {
        return task(row, 0);
    }

    static Journal.Entry<Event> event(ResultSet row) throws SQLException {
        return event(row, 0);
    }

    /** @param before columns before the event's */
    static Journal.Entry<Event> event(ResultSet row, int before) throws SQLException {
        int state = row.getInt(before + 4);
        return new Journal.Entry<>(
                row.getLong(before + 1),
                new Event(
                        row.getString(before + 2),
                        Event.Kind.of(row.getInt(before + 3)),
                        state == 0 ? null : state(state),
                        row.getBytes(before + 5)));
    }

    static SendKey send(ResultSet row) throws SQLException {
        return new SendKey(
                row.getString(2),
                row.getString(3),
                new Sent(
                        row.getString(1),
                        row.getString(4),
                        row.getLong(5),
                        row.getLong(6),
                        state(row.getInt(7)),
                        true));
    }

    static int number(Context.Concurrency concurrency) {
        return concurrency == Context.Concurrency.SERIAL ? 0 : 1;
    }

    static TaskState state(int number) {
        for (TaskState state : TaskState.values()) {
            if (state.number() == number) {
                return state;
            }
        }
        throw new StoreFailure("the PostgreSQL store holds an unknown task state " + number);
    }
}
