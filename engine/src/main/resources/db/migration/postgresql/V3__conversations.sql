-- What an owner does with a conversation, and what a list of them shows. pin: not pinned = the largest number.
ALTER TABLE contexts
    ADD COLUMN parent_id   TEXT COLLATE "C",
    ADD COLUMN held        BOOLEAN  NOT NULL DEFAULT false,
    ADD COLUMN cleared_at  BIGINT   NOT NULL DEFAULT 0,
    ADD COLUMN answered_at BIGINT   NOT NULL DEFAULT 0,
    ADD COLUMN archived    BOOLEAN  NOT NULL DEFAULT false,
    ADD COLUMN pin         BIGINT   NOT NULL DEFAULT 9223372036854775807,
    ADD COLUMN labels      JSONB    NOT NULL DEFAULT '{}',
    ADD COLUMN read_to     BIGINT   NOT NULL DEFAULT 0,
    -- change: see Context.Change. revision: the number of that change among its owner's.
    ADD COLUMN change      SMALLINT NOT NULL DEFAULT 1,
    ADD COLUMN revision    BIGINT   NOT NULL DEFAULT 0;

-- What there was before nobody could mark as read: it counts as read.
UPDATE contexts c SET read_to = c.last_offset, revision = r.n
    FROM (SELECT id, row_number() OVER (PARTITION BY owner ORDER BY updated_at, id) AS n FROM contexts) r
    WHERE r.id = c.id;

DROP INDEX contexts_by_activity;
CREATE INDEX contexts_by_activity ON contexts (owner, pin, updated_at DESC, id DESC);
CREATE INDEX contexts_by_revision ON contexts (owner, revision);
CREATE INDEX contexts_by_parent ON contexts (parent_id) WHERE parent_id IS NOT NULL;

-- The newest revision of each owner. Who gives the next one holds the row until its commit, so that the numbers grow in
-- the order of the commits.
CREATE TABLE owners (
    owner    TEXT COLLATE "C" PRIMARY KEY,
    revision BIGINT NOT NULL
) WITH (fillfactor = 50);
INSERT INTO owners (owner, revision) SELECT owner, max(revision) FROM contexts GROUP BY owner;

-- Contexts that were deleted, so that who follows the list hears of it. version: so that another one of that id does not
-- look like it.
CREATE TABLE forgotten (
    owner    TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    id       TEXT COLLATE "C" NOT NULL,
    version  BIGINT NOT NULL,
    PRIMARY KEY (owner, revision)
);
CREATE INDEX forgotten_by_id ON forgotten (id);

-- place: the order of the conversation and of the queue; cut_at: from where a task is no longer part of it;
-- ended_at: the offset of its last event once it has ended; since: what its agent is not told. See TaskRecord.
ALTER TABLE tasks
    ADD COLUMN place    BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN cut_at   BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN ended_at BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN since    BIGINT NOT NULL DEFAULT 0;
UPDATE tasks SET place = position;
UPDATE tasks t SET ended_at = e.last
    FROM (SELECT task_id, max("offset") AS last FROM events GROUP BY task_id) e
    WHERE e.task_id = t.id AND t.state IN (3, 4, 5, 7);
CREATE INDEX tasks_by_place ON tasks (context_id, place, position);
DROP INDEX tasks_open;
CREATE INDEX tasks_open ON tasks (context_id, place) WHERE state NOT IN (3, 4, 5, 7);

-- The words by which contexts (task_id empty: their titles) and ended tasks are found.
CREATE TABLE texts (
    context_id TEXT COLLATE "C" NOT NULL,
    task_id    TEXT COLLATE "C" NOT NULL,
    words      TSVECTOR NOT NULL,
    PRIMARY KEY (context_id, task_id)
);
CREATE INDEX texts_by_word ON texts USING GIN (words);
-- So that what was said before is found, too: whoever merges, notes the words.
UPDATE tasks SET merged = false WHERE state IN (3, 4, 5, 7);
INSERT INTO texts (context_id, task_id, words)
    SELECT id, '', to_tsvector('simple', title) FROM contexts WHERE title <> '';

DO $$
BEGIN
    EXECUTE (SELECT 'DROP FUNCTION ' || oid::regprocedure FROM pg_proc WHERE oid = 'write_group'::regproc);
END
$$;

-- Writes the changes of many contexts in one transaction and one round trip. Each is a compare-and-set on the context's
-- version: one whose version is another by now has lost, which harms no other. Gives the ids of those that lost.
--
-- c_*: the contexts. expected: the version that was decided on; 0 = there was no such context. writes: false = nothing is
-- written, but what was decided rests on that version. a_*: keys of sends that were taken to be unknown.
-- c_told: the change gets its owner's next revision. c_forget: the context goes, with all that belongs to it.
-- x_*: the words that something is found by.
-- t_*: tasks, m_*: tasks whose chunks are replaced, e_*: events, s_*: sends to remember.
CREATE FUNCTION write_group(
    writer TEXT, writer_incarnation BIGINT, writer_group BIGINT, durable BOOLEAN,
    c_id TEXT[], c_expected BIGINT[], c_writes BOOLEAN[], c_owner TEXT[], c_agent TEXT[], c_title TEXT[],
    c_concurrency INT[], c_created_at BIGINT[], c_updated_at BIGINT[], c_last_offset BIGINT[],
    c_parent_id TEXT[], c_held BOOLEAN[], c_cleared_at BIGINT[], c_answered_at BIGINT[], c_archived BOOLEAN[],
    c_pin BIGINT[], c_labels TEXT[], c_read_to BIGINT[], c_change INT[], c_told BOOLEAN[], c_forget BOOLEAN[],
    a_context_id TEXT[], a_key TEXT[],
    t_id TEXT[], t_context_id TEXT[], t_owner TEXT[], t_agent TEXT[], t_state INT[], t_status_at BIGINT[],
    t_position BIGINT[], t_message_at BIGINT[], t_epoch BIGINT[], t_leased_by TEXT[], t_attempts INT[],
    t_merged BOOLEAN[], t_place BIGINT[], t_cut_at BIGINT[], t_ended_at BIGINT[], t_since BIGINT[],
    m_context_id TEXT[], m_task_id TEXT[], m_from BIGINT[],
    e_context_id TEXT[], e_offset BIGINT[], e_task_id TEXT[], e_kind INT[], e_state INT[], e_json BYTEA[],
    s_context_id TEXT[], s_key TEXT[], s_print TEXT[], s_task_id TEXT[], s_to BIGINT[], s_from BIGINT[], s_state INT[],
    x_context_id TEXT[], x_task_id TEXT[], x_words TEXT[]
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
        SET version = c.version + 1, title = n.title, updated_at = n.updated_at, last_offset = n.last_offset,
            held = n.held, cleared_at = n.cleared_at, answered_at = n.answered_at, archived = n.archived, pin = n.pin,
            labels = CASE WHEN n.told THEN n.labels::jsonb ELSE c.labels END, read_to = n.read_to, change = n.change
        FROM unnest(c_id, c_expected, c_writes, c_title, c_updated_at, c_last_offset, c_held, c_cleared_at,
                    c_answered_at, c_archived, c_pin, c_labels, c_read_to, c_change, c_told)
            AS n (id, expected, writes, title, updated_at, last_offset, held, cleared_at, answered_at, archived, pin,
                  labels, read_to, change, told)
        WHERE c.id = n.id AND n.writes AND n.expected > 0 AND n.id <> ALL (lost_now);
    IF cardinality(t_id) > 0 THEN
        INSERT INTO tasks (id, context_id, owner, agent, state, status_at, position, message_at, epoch, leased_by,
                           attempts, merged, place, cut_at, ended_at, since)
        SELECT * FROM unnest(t_id, t_context_id, t_owner, t_agent, t_state, t_status_at, t_position, t_message_at,
                             t_epoch, t_leased_by, t_attempts, t_merged, t_place, t_cut_at, t_ended_at, t_since)
            AS n (id, context_id, owner, agent, state, status_at, position, message_at, epoch, leased_by, attempts,
                  merged, place, cut_at, ended_at, since)
        WHERE n.context_id <> ALL (lost_now)
        ON CONFLICT (id) DO UPDATE SET state = excluded.state, status_at = excluded.status_at,
            position = excluded.position, message_at = excluded.message_at, epoch = excluded.epoch,
            leased_by = excluded.leased_by, attempts = excluded.attempts, merged = excluded.merged,
            place = excluded.place, cut_at = excluded.cut_at, ended_at = excluded.ended_at;
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
        INSERT INTO owners (owner, revision)
            SELECT DISTINCT n.owner, 0 FROM unnest(c_id, c_owner, c_told) AS n (id, owner, told)
            WHERE n.told AND n.id <> ALL (lost_now) ORDER BY n.owner
        ON CONFLICT (owner) DO NOTHING;
        PERFORM 1 FROM owners o
            WHERE o.owner IN (SELECT n.owner FROM unnest(c_id, c_owner, c_told) AS n (id, owner, told)
                              WHERE n.told AND n.id <> ALL (lost_now))
            ORDER BY o.owner FOR UPDATE;
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
