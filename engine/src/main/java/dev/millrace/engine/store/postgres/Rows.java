package dev.millrace.engine.store.postgres;

import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.Event;
import dev.millrace.engine.Sent;
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
            "c.id, c.owner, c.agent, c.title, c.concurrency, c.created_at, c.updated_at, c.last_offset";

    static final String TASK = "t.id, t.context_id, t.owner, t.agent, t.state, t.status_at, t.position, t.message_at,"
            + " t.epoch, t.leased_by, t.attempts, t.merged";

    static final String EVENT = "e.\"offset\", e.task_id, e.kind, e.state, e.json";

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
                row.getLong(8));
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
                row.getBoolean(before + 12));
    }

    static TaskRecord task(ResultSet row) throws SQLException {
        return task(row, 0);
    }

    static Journal.Entry<Event> event(ResultSet row) throws SQLException {
        int state = row.getInt(4);
        return new Journal.Entry<>(
                row.getLong(1),
                new Event(
                        row.getString(2),
                        Event.Kind.of(row.getInt(3)),
                        state == 0 ? null : state(state),
                        row.getBytes(5)));
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

    private static TaskState state(int number) {
        for (TaskState state : TaskState.values()) {
            if (state.number() == number) {
                return state;
            }
        }
        throw new StoreFailure("the PostgreSQL store holds an unknown task state " + number);
    }
}
