-- Who wants a task's events pushed, and how far each was told. config: as the client gave it, in JSON; it may hold secrets.
-- Times are milliseconds since 1970; claimed_until is by this database's clock, 0 = nobody holds it.
CREATE TABLE push_subscriptions (
    task_id       TEXT COLLATE "C" NOT NULL,
    id            TEXT COLLATE "C" NOT NULL,
    context_id    TEXT COLLATE "C" NOT NULL,
    owner         TEXT COLLATE "C" NOT NULL,
    config        TEXT NOT NULL,
    delivered     BIGINT NOT NULL,
    attempts      INTEGER NOT NULL,
    failing_since BIGINT,
    next_at       BIGINT,
    problem       TEXT,
    ended         SMALLINT NOT NULL,
    claimed_by    TEXT COLLATE "C",
    claimed_until BIGINT NOT NULL,
    PRIMARY KEY (task_id, id)
);

CREATE INDEX push_subscriptions_open ON push_subscriptions (claimed_until) WHERE ended = 0;
CREATE INDEX push_subscriptions_held ON push_subscriptions (claimed_by) WHERE ended = 0;

-- Events that their receivers never took, as they were to be sent.
CREATE TABLE push_dead_letters (
    id           TEXT COLLATE "C" PRIMARY KEY,
    owner        TEXT COLLATE "C" NOT NULL,
    task_id      TEXT COLLATE "C" NOT NULL,
    subscription TEXT COLLATE "C" NOT NULL,
    config       TEXT NOT NULL,
    "offset"     BIGINT NOT NULL,
    json         BYTEA NOT NULL,
    attempts     INTEGER NOT NULL,
    problem      TEXT,
    buried_at    BIGINT NOT NULL
);

CREATE INDEX push_dead_letters_by_owner ON push_dead_letters (owner, id);

CREATE INDEX push_dead_letters_by_task ON push_dead_letters (task_id);

-- How many tasks there are of each kind, so that a list knows its length without counting. A kind has several rows, one
-- of which each connection adds to (it may become negative): so writers seldom wait for each other. The sum counts.
CREATE TABLE task_counts (
    owner TEXT COLLATE "C" NOT NULL,
    agent TEXT COLLATE "C" NOT NULL,
    state SMALLINT NOT NULL,
    slot  SMALLINT NOT NULL,
    tasks BIGINT   NOT NULL,
    PRIMARY KEY (owner, agent, state, slot)
) WITH (fillfactor = 50);

INSERT INTO task_counts SELECT owner, agent, state, 0, count(*) FROM tasks GROUP BY owner, agent, state;

-- Once for each statement. In the order of the key, so that no two writers wait for each other in a circle.
CREATE FUNCTION count_tasks_made() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO task_counts AS c (owner, agent, state, slot, tasks)
    SELECT owner, agent, state, pg_backend_pid() % 16, count(*) FROM made GROUP BY owner, agent, state
        ORDER BY owner, agent, state
    ON CONFLICT (owner, agent, state, slot) DO UPDATE SET tasks = c.tasks + excluded.tasks;
    RETURN NULL;
END
$$;
CREATE FUNCTION count_tasks_moved() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO task_counts AS c (owner, agent, state, slot, tasks)
    SELECT owner, agent, state, pg_backend_pid() % 16, sum(n) FROM (
        SELECT owner, agent, state, 1 AS n FROM after_it UNION ALL
        SELECT owner, agent, state, -1 AS n FROM before_it) AS moves
        GROUP BY owner, agent, state HAVING sum(n) <> 0 ORDER BY owner, agent, state
    ON CONFLICT (owner, agent, state, slot) DO UPDATE SET tasks = c.tasks + excluded.tasks;
    RETURN NULL;
END
$$;
CREATE FUNCTION count_tasks_gone() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO task_counts AS c (owner, agent, state, slot, tasks)
    SELECT owner, agent, state, pg_backend_pid() % 16, -count(*) FROM gone GROUP BY owner, agent, state
        ORDER BY owner, agent, state
    ON CONFLICT (owner, agent, state, slot) DO UPDATE SET tasks = c.tasks + excluded.tasks;
    -- With a task goes who wanted to be told of it, and what could not be told.
    DELETE FROM push_subscriptions p USING gone WHERE p.task_id = gone.id;
    DELETE FROM push_dead_letters p USING gone WHERE p.task_id = gone.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER task_counts_made AFTER INSERT ON tasks
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION count_tasks_made();
CREATE TRIGGER task_counts_moved AFTER UPDATE ON tasks
    REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it FOR EACH STATEMENT EXECUTE FUNCTION count_tasks_moved();
CREATE TRIGGER task_counts_gone AFTER DELETE ON tasks
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION count_tasks_gone();
