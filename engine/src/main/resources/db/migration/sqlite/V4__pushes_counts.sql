-- Who wants a task's events pushed, and how far each was told. config: as the client gave it, in JSON; it may hold secrets.
-- Times are milliseconds since 1970; claimed_until is by this database's clock, 0 = nobody holds it.
CREATE TABLE push_subscriptions (
    task_id       TEXT NOT NULL,
    id            TEXT NOT NULL,
    context_id    TEXT NOT NULL,
    owner         TEXT NOT NULL,
    config        TEXT NOT NULL,
    delivered     INTEGER NOT NULL,
    attempts      INTEGER NOT NULL,
    failing_since INTEGER,
    next_at       INTEGER,
    problem       TEXT,
    ended         INTEGER NOT NULL,
    claimed_by    TEXT,
    claimed_until INTEGER NOT NULL,
    PRIMARY KEY (task_id, id)
) WITHOUT ROWID;

CREATE INDEX push_subscriptions_open ON push_subscriptions (claimed_until) WHERE ended = 0;
CREATE INDEX push_subscriptions_held ON push_subscriptions (claimed_by) WHERE ended = 0;

-- Events that their receivers never took, as they were to be sent.
CREATE TABLE push_dead_letters (
    id           TEXT PRIMARY KEY,
    owner        TEXT NOT NULL,
    task_id      TEXT NOT NULL,
    subscription TEXT NOT NULL,
    config       TEXT NOT NULL,
    "offset"     INTEGER NOT NULL,
    json         BLOB NOT NULL,
    attempts     INTEGER NOT NULL,
    problem      TEXT,
    buried_at    INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX push_dead_letters_by_owner ON push_dead_letters (owner, id);

-- How many tasks there are of each kind, so that a list knows its length without counting.
CREATE TABLE task_counts (
    owner TEXT    NOT NULL,
    agent TEXT    NOT NULL,
    state INTEGER NOT NULL,
    tasks INTEGER NOT NULL,
    PRIMARY KEY (owner, agent, state)
) WITHOUT ROWID;

INSERT INTO task_counts SELECT owner, agent, state, count(*) FROM tasks GROUP BY owner, agent, state;

CREATE TRIGGER task_counts_made AFTER INSERT ON tasks BEGIN
    INSERT INTO task_counts VALUES (new.owner, new.agent, new.state, 1)
        ON CONFLICT (owner, agent, state) DO UPDATE SET tasks = tasks + 1;
END;
CREATE TRIGGER task_counts_moved AFTER UPDATE OF state ON tasks WHEN old.state <> new.state BEGIN
    UPDATE task_counts SET tasks = tasks - 1 WHERE owner = old.owner AND agent = old.agent AND state = old.state;
    INSERT INTO task_counts VALUES (new.owner, new.agent, new.state, 1)
        ON CONFLICT (owner, agent, state) DO UPDATE SET tasks = tasks + 1;
END;
CREATE TRIGGER task_counts_gone AFTER DELETE ON tasks BEGIN
    UPDATE task_counts SET tasks = tasks - 1 WHERE owner = old.owner AND agent = old.agent AND state = old.state;
END;

-- With a task goes who wanted to be told of it, and what could not be told.
CREATE TRIGGER push_gone AFTER DELETE ON tasks BEGIN
    DELETE FROM push_subscriptions WHERE task_id = old.id;
    DELETE FROM push_dead_letters WHERE task_id = old.id;
END;
CREATE INDEX push_dead_letters_by_task ON push_dead_letters (task_id);
