CREATE TABLE contexts (
    id          TEXT PRIMARY KEY,
    owner       TEXT    NOT NULL,
    agent       TEXT    NOT NULL,
    title       TEXT,
    concurrency INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    last_offset INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX contexts_by_activity ON contexts (owner, updated_at DESC, id DESC);

-- state: 1 SUBMITTED, 2 WORKING, ... as in the A2A specification's TaskState.
CREATE TABLE tasks (
    id         TEXT PRIMARY KEY,
    context_id TEXT    NOT NULL,
    owner      TEXT    NOT NULL,
    agent      TEXT    NOT NULL,
    state      INTEGER NOT NULL,
    status_at  INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    message_at INTEGER NOT NULL,
    epoch      INTEGER NOT NULL,
    leased_by  TEXT,
    attempts   INTEGER NOT NULL,
    merged     INTEGER NOT NULL
) WITHOUT ROWID;

CREATE UNIQUE INDEX tasks_by_position ON tasks (context_id, position);
-- What has not ended, so that a long chat's next message costs no more than its first.
CREATE INDEX tasks_open ON tasks (context_id, position) WHERE state NOT IN (3, 4, 5, 7);
CREATE INDEX tasks_by_status ON tasks (owner, status_at DESC, id DESC);
CREATE INDEX tasks_to_run ON tasks (state) WHERE state IN (1, 2);
CREATE INDEX tasks_to_merge ON tasks (merged) WHERE merged = 0;

-- The journal. kind: see Event.Kind; state: of the task from this event on, where the event says so.
CREATE TABLE events (
    context_id TEXT    NOT NULL,
    "offset"   INTEGER NOT NULL,
    task_id    TEXT,
    kind       INTEGER NOT NULL,
    state      INTEGER,
    json       BLOB    NOT NULL,
    PRIMARY KEY (context_id, "offset")
) WITHOUT ROWID;

-- Sends that were accepted, so that the same one again gets the same answer.
CREATE TABLE sends (
    context_id  TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    print       TEXT,
    task_id     TEXT    NOT NULL,
    offset_to   INTEGER NOT NULL,
    offset_from INTEGER NOT NULL,
    state       INTEGER NOT NULL,
    PRIMARY KEY (context_id, key)
) WITHOUT ROWID;
