-- Ids are compared byte by byte, as the other stores do. Times are milliseconds since 1970.
CREATE TABLE contexts (
    id          TEXT COLLATE "C" PRIMARY KEY,
    -- Grows with every write of anything in the context: what a decision rests on is known by it.
    version     BIGINT   NOT NULL,
    owner       TEXT COLLATE "C" NOT NULL,
    agent       TEXT COLLATE "C" NOT NULL,
    title       TEXT,
    concurrency SMALLINT NOT NULL,
    created_at  BIGINT   NOT NULL,
    updated_at  BIGINT   NOT NULL,
    last_offset BIGINT   NOT NULL
) WITH (fillfactor = 70);

CREATE INDEX contexts_by_activity ON contexts (owner, updated_at DESC, id DESC);

-- state: 1 SUBMITTED, 2 WORKING, ... as in the A2A specification's TaskState.
CREATE TABLE tasks (
    id         TEXT COLLATE "C" PRIMARY KEY,
    context_id TEXT COLLATE "C" NOT NULL,
    owner      TEXT COLLATE "C" NOT NULL,
    agent      TEXT COLLATE "C" NOT NULL,
    state      SMALLINT NOT NULL,
    status_at  BIGINT   NOT NULL,
    position   BIGINT   NOT NULL,
    message_at BIGINT   NOT NULL,
    epoch      BIGINT   NOT NULL,
    leased_by  TEXT COLLATE "C",
    attempts   INTEGER  NOT NULL,
    merged     BOOLEAN  NOT NULL
) WITH (fillfactor = 70);

CREATE UNIQUE INDEX tasks_by_position ON tasks (context_id, position);
-- What has not ended, so that a long chat's next message costs no more than its first.
CREATE INDEX tasks_open ON tasks (context_id, position) WHERE state NOT IN (3, 4, 5, 7);
CREATE INDEX tasks_by_status ON tasks (owner, status_at DESC, id DESC);
CREATE INDEX tasks_waiting ON tasks (status_at) WHERE state = 1;
CREATE INDEX tasks_leased ON tasks (leased_by) WHERE state = 2;
CREATE INDEX tasks_to_merge ON tasks (status_at) WHERE NOT merged AND state IN (3, 4, 5, 7);

-- The journal. kind: see Event.Kind; state: of the task from this event on, where the event says so.
CREATE TABLE events (
    context_id TEXT COLLATE "C" NOT NULL,
    "offset"   BIGINT   NOT NULL,
    task_id    TEXT COLLATE "C",
    kind       SMALLINT NOT NULL,
    state      SMALLINT,
    json       BYTEA    NOT NULL,
    PRIMARY KEY (context_id, "offset")
);

-- Sends that were accepted, so that the same one again gets the same answer.
CREATE TABLE sends (
    context_id  TEXT COLLATE "C" NOT NULL,
    key         TEXT COLLATE "C" NOT NULL,
    print       TEXT,
    task_id     TEXT COLLATE "C" NOT NULL,
    offset_to   BIGINT   NOT NULL,
    offset_from BIGINT   NOT NULL,
    state       SMALLINT NOT NULL,
    PRIMARY KEY (context_id, key)
);

-- The writers of all processes. Each group that one writes also moves its row here, in the same transaction: whoever
-- lost the connection while a group was under way learns from it whether that group was committed. A new incarnation
-- fences what the connection before may still have under way.
CREATE TABLE writers (
    id          TEXT COLLATE "C" PRIMARY KEY,
    incarnation BIGINT NOT NULL,
    last_group  BIGINT NOT NULL,
    lost        TEXT[] NOT NULL,
    seen_at     TIMESTAMPTZ NOT NULL
) WITH (fillfactor = 50);

-- The processes that share these tables. tasks.leased_by names one: its tasks are its own until expires_at, by the clock
-- of this server.
CREATE TABLE replicas (
    id         TEXT COLLATE "C" PRIMARY KEY,
    expires_at TIMESTAMPTZ NOT NULL
) WITH (fillfactor = 50);
