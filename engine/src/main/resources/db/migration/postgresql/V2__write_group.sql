-- Writes the changes of many contexts in one transaction and one round trip. Each is a compare-and-set on the context's
-- version: one whose version is another by now has lost, which harms no other. Gives the ids of those that lost.
--
-- c_*: the contexts. expected: the version that was decided on; 0 = there was no such context. writes: false = nothing is
-- written, but what was decided rests on that version. a_*: keys of sends that were taken to be unknown.
-- t_*: tasks, m_*: tasks whose chunks are replaced, e_*: events, s_*: sends to remember.
CREATE FUNCTION write_group(
    writer TEXT, writer_incarnation BIGINT, writer_group BIGINT, durable BOOLEAN,
    c_id TEXT[], c_expected BIGINT[], c_writes BOOLEAN[], c_owner TEXT[], c_agent TEXT[], c_title TEXT[],
    c_concurrency INT[], c_created_at BIGINT[], c_updated_at BIGINT[], c_last_offset BIGINT[],
    a_context_id TEXT[], a_key TEXT[],
    t_id TEXT[], t_context_id TEXT[], t_owner TEXT[], t_agent TEXT[], t_state INT[], t_status_at BIGINT[],
    t_position BIGINT[], t_message_at BIGINT[], t_epoch BIGINT[], t_leased_by TEXT[], t_attempts INT[],
    t_merged BOOLEAN[],
    m_context_id TEXT[], m_task_id TEXT[], m_from BIGINT[],
    e_context_id TEXT[], e_offset BIGINT[], e_task_id TEXT[], e_kind INT[], e_state INT[], e_json BYTEA[],
    s_context_id TEXT[], s_key TEXT[], s_print TEXT[], s_task_id TEXT[], s_to BIGINT[], s_from BIGINT[], s_state INT[]
) RETURNS TEXT[] LANGUAGE plpgsql AS $$
DECLARE
    made TEXT[];
    lost_now TEXT[];
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
    PERFORM 1 FROM contexts c
        WHERE c.id IN (SELECT n.id FROM unnest(c_id, c_expected, c_writes) AS n (id, expected, writes)
                       WHERE n.writes AND n.expected > 0)
        ORDER BY c.id FOR UPDATE;
    WITH inserted AS (
        INSERT INTO contexts (id, version, owner, agent, title, concurrency, created_at, updated_at, last_offset)
        SELECT n.id, 1, n.owner, n.agent, n.title, n.concurrency, n.created_at, n.updated_at, n.last_offset
        FROM unnest(c_id, c_expected, c_writes, c_owner, c_agent, c_title, c_concurrency, c_created_at, c_updated_at,
                    c_last_offset)
            AS n (id, expected, writes, owner, agent, title, concurrency, created_at, updated_at, last_offset)
        WHERE n.writes AND n.expected = 0 ORDER BY n.id
        ON CONFLICT (id) DO NOTHING RETURNING id
    ) SELECT coalesce(array_agg(id), '{}') INTO made FROM inserted;

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

    UPDATE contexts c
        SET version = c.version + 1, title = n.title, updated_at = n.updated_at, last_offset = n.last_offset
        FROM unnest(c_id, c_expected, c_writes, c_title, c_updated_at, c_last_offset)
            AS n (id, expected, writes, title, updated_at, last_offset)
        WHERE c.id = n.id AND n.writes AND n.expected > 0 AND n.id <> ALL (lost_now);
    IF cardinality(t_id) > 0 THEN
        INSERT INTO tasks (id, context_id, owner, agent, state, status_at, position, message_at, epoch, leased_by,
                           attempts, merged)
        SELECT * FROM unnest(t_id, t_context_id, t_owner, t_agent, t_state, t_status_at, t_position, t_message_at,
                             t_epoch, t_leased_by, t_attempts, t_merged)
            AS n (id, context_id, owner, agent, state, status_at, position, message_at, epoch, leased_by, attempts,
                  merged)
        WHERE n.context_id <> ALL (lost_now)
        ON CONFLICT (id) DO UPDATE SET state = excluded.state, status_at = excluded.status_at,
            position = excluded.position, message_at = excluded.message_at, epoch = excluded.epoch,
            leased_by = excluded.leased_by, attempts = excluded.attempts, merged = excluded.merged;
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
        WHERE n.context_id <> ALL (lost_now);
    END IF;
    RETURN lost_now;
END
$$;
