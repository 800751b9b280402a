package dev.millrace.engine.store.sqlite;

import dev.millrace.core.Journal;
import dev.millrace.engine.Context;
import dev.millrace.engine.Event;
import dev.millrace.engine.store.FileNames;
import dev.millrace.engine.store.FileRegister;
import dev.millrace.engine.store.Labels;
import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.TaskRecord;
import dev.millrace.engine.store.Write;
import dev.millrace.engine.store.sql.Statements;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Turns a {@link Write} into statements, on the writer's connection and inside its transaction. */
final class SqliteWriter {
    /** Events that go into the table with one statement. */
    private static final int ROWS = 8;

    /** For one event, for two, and so on. */
    private static final List<String> INSERT_EVENTS = IntStream.rangeClosed(1, ROWS)
            .mapToObj(rows -> "INSERT INTO events (context_id, \"offset\", task_id, kind, state, json) VALUES "
                    + String.join(", ", Collections.nCopies(rows, "(?, ?, ?, ?, ?, ?)")))
            .toList();

    private final SqliteReader statements;
    private final RecentRows recent;

    /** @param recent what the reader of the same connection need not read again */
    SqliteWriter(SqliteReader statements, RecentRows recent) {
        this.statements = statements;
        this.recent = recent;
    }

    void write(String contextId, Write<?> write) throws SQLException {
        if (write.forget()) {
            forget(contextId);
            return;
        }
        Context context = write.context();
        if (context != null) {
            save(context);
        }
        for (TaskRecord task : write.tasks()) {
            save(task);
        }
        append(contextId, write.events());
        for (SendKey key : write.keys()) {
            remember(contextId, key);
        }
        if (write.merged() != null) {
            merge(write.merged());
        }
    }

    private long nextRevision(String owner) {
        return recent.nextRevision(owner, statements::revision);
    }

    private void save(Context c) throws SQLException {
        if (recent.onlyAdvanced(c)) {
            run("UPDATE contexts SET last_offset = ? WHERE id = ?", c.lastOffset(), c.id());
            recent.advanced(c);
            return;
        }
        boolean told = c.revision() == 0;
        long revision = told ? nextRevision(c.owner()) : c.revision();
        Context.Shelf shelf = c.shelf();
        run(
                "INSERT INTO contexts (id, owner, agent, title, concurrency, created_at, updated_at, last_offset,"
                        + " parent_id, held, cleared_at, answered_at, archived, pin, labels, read_to, change, revision)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                        + " title = excluded.title, updated_at = excluded.updated_at,"
                        + " last_offset = excluded.last_offset, held = excluded.held,"
                        + " cleared_at = excluded.cleared_at, answered_at = excluded.answered_at,"
                        + " archived = excluded.archived, pin = excluded.pin, labels = excluded.labels,"
                        + " read_to = excluded.read_to, change = excluded.change, revision = excluded.revision",
                c.id(),
                c.owner(),
                c.agent(),
                c.title(),
                c.concurrency() == Context.Concurrency.SERIAL ? 0 : 1,
                c.createdAt(),
                c.updatedAt(),
                c.lastOffset(),
                c.parentId(),
                c.held(),
                c.clearedAt(),
                c.answeredAt(),
                shelf.archived(),
                shelf.pin(),
                Labels.write(shelf.labels()),
                shelf.readTo(),
                c.change().code(),
                revision);
        recent.written(c, revision);
        // What is there for one answer alone, nobody looks for.
        String title = c.title() == null || shelf.labels().containsKey(Context.PASSING) ? "" : c.title();
        if (told
                && (c.change() == Context.Change.TITLE || (c.change() == Context.Change.CREATED && !title.isEmpty()))) {
            find(c.id(), "", title);
        }
    }

    /** What a context (no task), or a task in it, is found by. */
    private void find(String contextId, String taskId, String text) throws SQLException {
        if (!text.isEmpty()) {
            run(
                    "INSERT INTO texts (context_id, task_id, text) VALUES (?, ?, ?)"
                            + " ON CONFLICT (context_id, task_id) DO UPDATE SET text = excluded.text",
                    contextId,
                    taskId,
                    text);
        } else {
            run("DELETE FROM texts WHERE context_id = ? AND task_id = ?", contextId, taskId);
        }
    }

    private void forget(String contextId) throws SQLException {
        Context there = statements.context(contextId);
        if (there == null) {
            return;
        }
        run(
                "INSERT INTO forgotten (owner, revision, id) VALUES (?, ?, ?)",
                there.owner(),
                nextRevision(there.owner()),
                contextId);
        recent.forgetAllOf(contextId);
        run("DELETE FROM texts WHERE context_id = ?", contextId);
        run("DELETE FROM sends WHERE context_id = ?", contextId);
        run("DELETE FROM events WHERE context_id = ?", contextId);
        run("DELETE FROM tasks WHERE context_id = ?", contextId);
        run("DELETE FROM contexts WHERE id = ?", contextId); // and lets go of the files that it named, by a trigger
    }

    private void save(TaskRecord t) throws SQLException {
        run(
                "INSERT INTO tasks (id, context_id, owner, agent, state, status_at, position, message_at, epoch,"
                        + " leased_by, attempts, merged, place, cut_at, ended_at, since, due_at, waited_ms, worked_ms,"
                        + " asked_ms, input_tokens, output_tokens, cost_micros)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                        + " ON CONFLICT (id) DO UPDATE SET state = excluded.state, status_at = excluded.status_at,"
                        + " position = excluded.position, message_at = excluded.message_at, epoch = excluded.epoch,"
                        + " leased_by = excluded.leased_by, attempts = excluded.attempts, merged = excluded.merged,"
                        + " place = excluded.place, cut_at = excluded.cut_at, ended_at = excluded.ended_at,"
                        + " due_at = excluded.due_at, waited_ms = excluded.waited_ms, worked_ms = excluded.worked_ms,"
                        + " asked_ms = excluded.asked_ms, input_tokens = excluded.input_tokens,"
                        + " output_tokens = excluded.output_tokens, cost_micros = excluded.cost_micros",
                t.id(),
                t.contextId(),
                t.owner(),
                t.agent(),
                t.state(),
                t.statusAt(),
                t.position(),
                t.messageAt(),
                t.epoch(),
                t.leasedBy(),
                t.attempts(),
                t.merged(),
                t.place(),
                t.cutAt(),
                t.endedAt(),
                t.since(),
                t.dueAt() == null ? 0L : t.dueAt().toEpochMilli(),
                t.usage().waitedMillis(),
                t.usage().workedMillis(),
                t.usage().askedMillis(),
                t.usage().inputTokens(),
                t.usage().outputTokens(),
                t.usage().costMicros());
        recent.written(t);
    }

    private void append(String contextId, List<Journal.Entry<Event>> events) throws SQLException {
        for (int from = 0; from < events.size(); from += ROWS) {
            List<Journal.Entry<Event>> some = events.subList(from, Math.min(events.size(), from + ROWS));
            PreparedStatement insert = statements.statement(INSERT_EVENTS.get(some.size() - 1));
            var values = new @Nullable Object[6 * some.size()];
            int next = 0;
            for (Journal.Entry<Event> entry : some) {
                Event event = entry.event();
                values[next++] = contextId;
                values[next++] = entry.offset();
                values[next++] = event.taskId();
                values[next++] = event.kind().code();
                values[next++] = event.state();
                values[next++] = event.json();
            }
            Statements.bind(insert, values);
            insert.executeUpdate();
            for (Journal.Entry<Event> entry : some) {
                for (String file : FileNames.in(entry.event().json())) {
                    name(contextId, file);
                }
            }
        }
    }

    /** The context names this file from now on; see {@link FileRegister}. */
    private void name(String contextId, String file) throws SQLException {
        run("INSERT INTO file_names (file_id, context_id) VALUES (?, ?) ON CONFLICT DO NOTHING", file, contextId);
        run("UPDATE files SET loose_since = NULL WHERE id = ? AND loose_since IS NOT NULL AND removing = 0", file);
    }

    private void remember(String contextId, SendKey key) throws SQLException {
        run(
                "INSERT INTO sends (context_id, key, print, task_id, offset_to, offset_from, state)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (context_id, key) DO UPDATE SET"
                        + " print = excluded.print, task_id = excluded.task_id, offset_to = excluded.offset_to,"
                        + " offset_from = excluded.offset_from, state = excluded.state",
                contextId,
                key.key(),
                key.print(),
                key.answer().taskId(),
                key.answer().offset(),
                key.answer().from(),
                key.answer().state());
    }

    private void merge(Write.Merge merge) throws SQLException {
        TaskRecord task = merge.task();
        run(
                "DELETE FROM events WHERE context_id = ? AND \"offset\" >= ? AND task_id = ? AND kind = ?",
                task.contextId(),
                task.position(),
                task.id(),
                Event.Kind.CHUNK.code());
        append(task.contextId(), merge.artifacts());
        find(task.contextId(), task.id(), merge.text().get());
    }

    private void run(String sql, @Nullable Object... arguments) throws SQLException {
        PreparedStatement statement = statements.statement(sql);
        Statements.bind(statement, arguments);
        statement.executeUpdate();
    }
}
