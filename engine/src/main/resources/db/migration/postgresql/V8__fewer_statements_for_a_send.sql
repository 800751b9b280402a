-- A send waits for each statement of its write, also for those that find nothing to do: half of a millisecond for six.

-- Positions are offsets of events, which are unique; what is asked for in their order is one context's.
DROP INDEX tasks_by_position;

CREATE OR REPLACE FUNCTION count_tasks_moved() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    -- An INSERT that may update, as every write of tasks is, comes here also if it updated none.
    IF NOT EXISTS (SELECT FROM after_it) THEN
        RETURN NULL;
    END IF;
    INSERT INTO task_counts AS c (owner, agent, state, slot, tasks)
    SELECT owner, agent, state, pg_backend_pid() % 16, sum(n) FROM (
        SELECT owner, agent, state, 1 AS n FROM after_it UNION ALL
        SELECT owner, agent, state, -1 AS n FROM before_it) AS moves
        GROUP BY owner, agent, state HAVING sum(n) <> 0 ORDER BY owner, agent, state
    ON CONFLICT (owner, agent, state, slot) DO UPDATE SET tasks = c.tasks + excluded.tasks;
    RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION count_tasks_made() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM made) THEN
        RETURN NULL;
    END IF;
    INSERT INTO task_counts AS c (owner, agent, state, slot, tasks)
    SELECT owner, agent, state, pg_backend_pid() % 16, count(*) FROM made GROUP BY owner, agent, state
        ORDER BY owner, agent, state
    ON CONFLICT (owner, agent, state, slot) DO UPDATE SET tasks = c.tasks + excluded.tasks;
    RETURN NULL;
END
$$;

-- As before, but what nothing is there for is not asked for.
CREATE OR REPLACE FUNCTION write_group(
    writer TEXT, writer_incarnation BIGINT, writer_group BIGINT, durable BOOLEAN,
    c_id TEXT[], c_expected BIGINT[], c_writes BOOLEAN[], c_owner TEXT[], c_agent TEXT[], c_title TEXT[],
    c_concurrency INT[], c_created_at BIGINT[], c_updated_at BIGINT[], c_last_offset BIGINT[],
    c_parent_id TEXT[], c_held BOOLEAN[], c_cleared_at BIGINT[], c_answered_at BIGINT[], c_archived BOOLEAN[],
    c_pin BIGINT[], c_labels TEXT[], c_read_to BIGINT[], c_change INT[], c_told BOOLEAN[], c_forget BOOLEAN[],
    a_context_id TEXT[], a_key TEXT[],
    t_id TEXT[], t_context_id TEXT[], t_owner TEXT[], t_agent TEXT[], t_state INT[], t_status_at BIGINT[],
    t_position BIGINT[], t_message_at BIGINT[], t_epoch BIGINT[], t_leased_by TEXT[], t_attempts INT[],
    t_merged BOOLEAN[], t_place BIGINT[], t_cut_at BIGINT[], t_ended_at BIGINT[], t_since BIGINT[],
    t_due_at BIGINT[], t_waited_ms BIGINT[], t_worked_ms BIGINT[], t_asked_ms BIGINT[], t_input_tokens BIGINT[],
    t_output_tokens BIGINT[], t_cost_micros BIGINT[],
    m_context_id TEXT[], m_task_id TEXT[], m_from BIGINT[],
    e_context_id TEXT[], e_offset BIGINT[], e_task_id TEXT[], e_kind INT[], e_state INT[], e_json BYTEA[],
    s_context_id TEXT[], s_key TEXT[], s_print TEXT[], s_task_id TEXT[], s_to BIGINT[], s_from BIGINT[], s_state INT[],
    x_context_id TEXT[], x_task_id TEXT[], x_words TEXT[]
) RETURNS TEXT[] LANGUAGE plpgsql AS $$
DECLARE
    made TEXT[] := '{}';
    lost_now TEXT[];
    any_old BOOLEAN := 0 < ANY (c_expected);
    known BIGINT;
BEGIN
    UPDATE writers w SET last_group = writer_group, lost = '{}', seen_at = now()
        WHERE w.id = writer AND w.incarnation = writer_incarnation;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'writer % of incarnation % is fenced', writer, writer_incarnation USING ERRCODE = 'MR001';
    END IF;
    IF NOT durable THEN
        PERFORM set_config('synchronous_commit', 'off', true);
    END IF;

    -- In the order of their ids, so that no two groups wait for each other in a circle.
    IF any_old THEN
        PERFORM 1 FROM contexts c
            WHERE c.id IN (SELECT n.id FROM unnest(c_id, c_expected, c_writes) AS n (id, expected, writes)
                           WHERE n.writes AND n.expected > 0)
            ORDER BY c.id FOR UPDATE;
    END IF;
    IF 0 = ANY (c_expected) THEN
        WITH inserted AS (
            INSERT INTO contexts (id, version, owner, agent, title, concurrency, created_at, updated_at, last_offset,
                                  parent_id, held, cleared_at, answered_at, archived, pin, labels, read_to, change)
            SELECT n.id, 1 + coalesce((SELECT max(f.version) FROM forgotten f WHERE f.id = n.id), 0), n.owner, n.agent,
                n.title, n.concurrency, n.created_at, n.updated_at, n.last_offset, n.parent_id, n.held, n.cleared_at,
                n.answered_at, n.archived, n.pin, n.labels::jsonb, n.read_to, n.change
            FROM unnest(c_id, c_expected, c_writes, c_owner, c_agent, c_title, c_concurrency, c_created_at, c_updated_at,
                        c_last_offset, c_parent_id, c_held, c_cleared_at, c_answered_at, c_archived, c_pin, c_labels,
                        c_read_to, c_change)
                AS n (id, expected, writes, owner, agent, title, concurrency, created_at, updated_at, last_offset,
                      parent_id, held, cleared_at, answered_at, archived, pin, labels, read_to, change)
            WHERE n.writes AND n.expected = 0 ORDER BY n.id
            ON CONFLICT (id) DO NOTHING RETURNING id
        ) SELECT coalesce(array_agg(id), '{}') INTO made FROM inserted;
    END IF;

    SELECT coalesce(array_agg(n.id), '{}') INTO lost_now
    FROM unnest(c_id, c_expected, c_writes) AS n (id, expected, writes) LEFT JOIN contexts c ON c.id = n.id
    WHERE CASE WHEN n.writes AND n.expected = 0 THEN n.id <> ALL (made)
               ELSE coalesce(c.version, 0) <> n.expected END;
    IF cardinality(a_key) > 0 THEN
        SELECT lost_now || coalesce(array_agg(DISTINCT a.context_id), '{}') INTO lost_now
        FROM unnest(a_context_id, a_key) AS a (context_id, key)
            JOIN sends s ON s.context_id = a.context_id AND s.key = a.key
        WHERE a.context_id <> ALL (lost_now);
    END IF;
    IF cardinality(lost_now) > 0 THEN
        UPDATE writers w SET lost = lost_now WHERE w.id = writer;
    END IF;

    IF any_old THEN
        UPDATE contexts c
            SET version = c.version + 1, title = n.title, updated_at = n.updated_at, last_offset = n.last_offset,
                held = n.held, cleared_at = n.cleared_at, answered_at = n.answered_at, archived = n.archived, pin = n.pin,
                labels = CASE WHEN n.told THEN n.labels::jsonb ELSE c.labels END, read_to = n.read_to, change = n.change
            FROM unnest(c_id, c_expected, c_writes, c_title, c_updated_at, c_last_offset, c_held, c_cleared_at,
                        c_answered_at, c_archived, c_pin, c_labels, c_read_to, c_change, c_told)
                AS n (id, expected, writes, title, updated_at, last_offset, held, cleared_at, answered_at, archived, pin,
                      labels, read_to, change, told)
            WHERE c.id = n.id AND n.writes AND n.expected > 0 AND n.id <> ALL (lost_now);
    END IF;
    IF cardinality(t_id) > 0 THEN
        INSERT INTO tasks (id, context_id, owner, agent, state, status_at, position, message_at, epoch, leased_by,
                           attempts, merged, place, cut_at, ended_at, since, due_at, waited_ms, worked_ms, asked_ms,
                           input_tokens, output_tokens, cost_micros)
        SELECT * FROM unnest(t_id, t_context_id, t_owner, t_agent, t_state, t_status_at, t_position, t_message_at,
                             t_epoch, t_leased_by, t_attempts, t_merged, t_place, t_cut_at, t_ended_at, t_since,
                             t_due_at, t_waited_ms, t_worked_ms, t_asked_ms, t_input_tokens, t_output_tokens,
                             t_cost_micros)
            AS n (id, context_id, owner, agent, state, status_at, position, message_at, epoch, leased_by, attempts,
                  merged, place, cut_at, ended_at, since, due_at, waited_ms, worked_ms, asked_ms, input_tokens,
                  output_tokens, cost_micros)
        WHERE n.context_id <> ALL (lost_now)
        ON CONFLICT (id) DO UPDATE SET state = excluded.state, status_at = excluded.status_at,
            position = excluded.position, message_at = excluded.message_at, epoch = excluded.epoch,
            leased_by = excluded.leased_by, attempts = excluded.attempts, merged = excluded.merged,
            place = excluded.place, cut_at = excluded.cut_at, ended_at = excluded.ended_at, due_at = excluded.due_at,
            waited_ms = excluded.waited_ms, worked_ms = excluded.worked_ms, asked_ms = excluded.asked_ms,
            input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
            cost_micros = excluded.cost_micros;
    END IF;
    IF cardinality(m_task_id) > 0 THEN
        DELETE FROM events e USING unnest(m_context_id, m_task_id, m_from) AS n (context_id, task_id, from_offset)
        WHERE e.context_id = n.context_id AND e."offset" >= n.from_offset AND e.task_id = n.task_id AND e.kind = 4
            AND n.context_id <> ALL (lost_now);
    END IF;
    IF cardinality(e_offset) > 0 THEN
        INSERT INTO events (context_id, "offset", task_id, kind, state, json)
        SELECT * FROM unnest(e_context_id, e_offset, e_task_id, e_kind, e_state, e_json)
            AS n (context_id, "offset", task_id, kind, state, json)
        WHERE n.context_id <> ALL (lost_now);
    END IF;
    IF cardinality(s_key) > 0 THEN
        INSERT INTO sends (context_id, key, print, task_id, offset_to, offset_from, state)
        SELECT * FROM unnest(s_context_id, s_key, s_print, s_task_id, s_to, s_from, s_state)
            AS n (context_id, key, print, task_id, offset_to, offset_from, state)
        WHERE n.context_id <> ALL (lost_now)
        ON CONFLICT (context_id, key) DO UPDATE SET print = excluded.print, task_id = excluded.task_id,
            offset_to = excluded.offset_to, offset_from = excluded.offset_from, state = excluded.state;
    END IF;
    IF cardinality(x_context_id) > 0 THEN
        INSERT INTO texts (context_id, task_id, words)
        SELECT n.context_id, n.task_id, array_to_tsvector(string_to_array(n.words, ' '))
        FROM unnest(x_context_id, x_task_id, x_words) AS n (context_id, task_id, words)
        WHERE n.context_id <> ALL (lost_now)
        ON CONFLICT (context_id, task_id) DO UPDATE SET words = excluded.words;
    END IF;

    IF true = ANY (c_told) THEN
        -- At the end, and in the order of the owners: what is waited for here, waits for nobody.
        PERFORM 1 FROM owners o
            WHERE o.owner IN (SELECT n.owner FROM unnest(c_id, c_owner, c_told) AS n (id, owner, told)
                              WHERE n.told AND n.id <> ALL (lost_now))
            ORDER BY o.owner FOR UPDATE;
        GET DIAGNOSTICS known = ROW_COUNT;
        IF known < cardinality(c_id) THEN
            -- Some may be new. (Or several changes are one owner's; then this finds nothing to do.)
            INSERT INTO owners (owner, revision)
                SELECT DISTINCT n.owner, 0 FROM unnest(c_id, c_owner, c_told) AS n (id, owner, told)
                WHERE n.told AND n.id <> ALL (lost_now) ORDER BY n.owner
            ON CONFLICT (owner) DO NOTHING;
            PERFORM 1 FROM owners o
                WHERE o.owner IN (SELECT n.owner FROM unnest(c_id, c_owner, c_told) AS n (id, owner, told)
                                  WHERE n.told AND n.id <> ALL (lost_now))
                ORDER BY o.owner FOR UPDATE;
        END IF;
        UPDATE contexts c SET revision = o.revision + n.number
            FROM (SELECT t.id, t.owner, row_number() OVER (PARTITION BY t.owner ORDER BY t.id) AS number
                  FROM unnest(c_id, c_owner, c_told) AS t (id, owner, told)
                  WHERE t.told AND t.id <> ALL (lost_now)) n
                JOIN owners o ON o.owner = n.owner
            WHERE c.id = n.id;
        UPDATE owners o SET revision = o.revision + n.changes
            FROM (SELECT t.owner, count(*) AS changes FROM unnest(c_id, c_owner, c_told) AS t (id, owner, told)
                  WHERE t.told AND t.id <> ALL (lost_now) GROUP BY t.owner) n
            WHERE o.owner = n.owner;
    END IF;
    IF true = ANY (c_forget) THEN
        SELECT coalesce(array_agg(n.id), '{}') INTO made
            FROM unnest(c_id, c_forget) AS n (id, forget) WHERE n.forget AND n.id <> ALL (lost_now);
        INSERT INTO forgotten (owner, revision, id, version)
            SELECT c.owner, c.revision, c.id, c.version FROM contexts c WHERE c.id = ANY (made);
        DELETE FROM texts WHERE context_id = ANY (made);
        DELETE FROM sends WHERE context_id = ANY (made);
        DELETE FROM events WHERE context_id = ANY (made);
        DELETE FROM tasks WHERE context_id = ANY (made);
        DELETE FROM contexts WHERE id = ANY (made);
    END IF;
    RETURN lost_now;
END
$$;
