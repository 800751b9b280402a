-- What an owner does with a conversation, and what a list of them shows. pin: not pinned = the largest number.
ALTER TABLE contexts ADD COLUMN parent_id TEXT;
ALTER TABLE contexts ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contexts ADD COLUMN cleared_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contexts ADD COLUMN answered_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contexts ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contexts ADD COLUMN pin INTEGER NOT NULL DEFAULT 9223372036854775807;
ALTER TABLE contexts ADD COLUMN labels TEXT NOT NULL DEFAULT '{}';
ALTER TABLE contexts ADD COLUMN read_to INTEGER NOT NULL DEFAULT 0;
-- change: see Context.Change. revision: the number of that change among its owner's.
ALTER TABLE contexts ADD COLUMN change INTEGER NOT NULL DEFAULT 1;
ALTER TABLE contexts ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;

-- What there was before nobody could mark as read: it counts as read.
UPDATE contexts SET read_to = last_offset;
UPDATE contexts SET revision = (
    SELECT n FROM (SELECT id, row_number() OVER (PARTITION BY owner ORDER BY updated_at, id) AS n FROM contexts) r
    WHERE r.id = contexts.id);

DROP INDEX contexts_by_activity;
CREATE INDEX contexts_by_activity ON contexts (owner, pin, updated_at DESC, id DESC);
CREATE INDEX contexts_by_revision ON contexts (owner, revision);
CREATE INDEX contexts_by_parent ON contexts (parent_id) WHERE parent_id IS NOT NULL;

-- Contexts that were deleted, so that who follows the list hears of it.
CREATE TABLE forgotten (
    owner    TEXT    NOT NULL,
    revision INTEGER NOT NULL,
    id       TEXT    NOT NULL,
    PRIMARY KEY (owner, revision)
) WITHOUT ROWID;

-- place: the order of the conversation and of the queue; cut_at: from where a task is no longer part of it;
-- ended_at: the offset of its last event once it has ended; since: what its agent is not told. See TaskRecord.
ALTER TABLE tasks ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN cut_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN ended_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
UPDATE tasks SET place = position;
UPDATE tasks SET ended_at = e.last
    FROM (SELECT task_id, max("offset") AS last FROM events GROUP BY task_id) e
    WHERE e.task_id = tasks.id AND tasks.state IN (3, 4, 5, 7);
CREATE INDEX tasks_by_place ON tasks (context_id, place, position);
DROP INDEX tasks_open;
CREATE INDEX tasks_open ON tasks (context_id, place) WHERE state NOT IN (3, 4, 5, 7);

-- What contexts (task_id empty: their titles) and ended tasks are found by.
CREATE TABLE texts (
    id         INTEGER PRIMARY KEY,
    context_id TEXT NOT NULL,
    task_id    TEXT NOT NULL,
    text       TEXT NOT NULL,
    UNIQUE (context_id, task_id)
);
CREATE VIRTUAL TABLE texts_index USING fts5(text, content='texts', content_rowid='id', tokenize='unicode61 remove_diacritics 2');
CREATE TRIGGER texts_added AFTER INSERT ON texts BEGIN
    INSERT INTO texts_index (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER texts_removed AFTER DELETE ON texts BEGIN
    INSERT INTO texts_index (texts_index, rowid, text) VALUES ('delete', old.id, old.text);
END;
CREATE TRIGGER texts_changed AFTER UPDATE ON texts BEGIN
    INSERT INTO texts_index (texts_index, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO texts_index (rowid, text) VALUES (new.id, new.text);
END;
INSERT INTO texts (context_id, task_id, text) SELECT id, '', title FROM contexts WHERE title <> '';
-- So that what was said before is found, too: whoever merges, notes the text.
UPDATE tasks SET merged = 0 WHERE state IN (3, 4, 5, 7);
